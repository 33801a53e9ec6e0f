"""The text of a pull request's comment: pages joined, marked as ours, and cut where the service ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_HEADING = re.compile(r"#{1,6} ")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")


def marker(title: str) -> str:
    """The hidden first line by which a later run knows the comment; one for each title."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "comment"
    return f"<!-- dynamics-connect:{name} -->"


def joined(title: str, pages: Sequence[str]) -> str:
    """All pages under one title, with a blank line between; without a trailing newline."""
    texts = [page.strip("\n") for page in pages if page.strip()]
    return "\n\n".join([f"# {title}", *texts])


def comment(title: str, pages: Sequence[str], *, limit: int, link: str = "") -> str:
    """The comment, no longer than *limit* characters as the services count (UTF-16 units).

    What does not fit is left out from a heading on; a note says how much, and *link* is where to
    find the run with the whole page.
    """
    head, text = marker(title) + "\n", joined(title, pages)
    if _length(head + text) <= limit:
        return head + text
    parts = list(sections(text))
    room = limit - _length(head) - _length(_note(len(parts), link))
    kept = _fitting(parts, room)
    if kept:
        return head + "".join(parts[:kept]).rstrip("\n") + _note(len(parts) - kept, link)
    return head + _lines_that_fit(parts[0], room) + _note(0, link)


def sections(text: str) -> Iterator[str]:
    """The text in parts that each begin with a heading; a `#` inside a code block is none."""
    part: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        if not fence and part and _HEADING.match(line):
            yield "".join(part)
            part = []
        fence = _fence_after(fence, line)
        part.append(line)
    if part:
        yield "".join(part)


def _fence_after(fence: str, line: str) -> str:
    """The code block that is open after a line: what closes it, or an empty string."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    if not fence:
        return found[1]
    return "" if found[1].startswith(fence) else fence


def _fitting(parts: Sequence[str], room: int) -> int:
    count = 0
    for part in parts:
        room -= _length(part)
        if room < 0:
            break
        count += 1
    return count


def _lines_that_fit(text: str, room: int) -> str:
    """Whole lines of one section that is too long by itself; an open code block is closed."""
    kept: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        after = _fence_after(fence, line)
        if _length("".join([*kept, line])) + len(after) + 1 > room:
            break
        kept.append(line)
        fence = after
    return "".join(kept).rstrip("\n") + (f"\n{fence}" if fence else "")


def _note(count: int, link: str) -> str:
    left = {0: "the rest is", 1: "1 section is"}.get(count, f"{count} sections are")
    where = f"[this run's artefacts]({link})" if link else "this run's artefacts"
    return f"\n\n---\n\n**Cut here:** a comment cannot be longer; {left} left out. All of it is in {where}."


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
