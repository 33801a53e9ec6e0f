"""What services, tenants, files and Git say, as text: no terminal's escape, no pipeline's command, no markup.

A pipeline's service looks for its commands in every line of a log. Azure Pipelines finds `##vso[`
anywhere in a line (Command.cs of microsoft/azure-pipelines-agent); GitHub finds `##[` anywhere and `::`
where a line begins, blanks aside (ActionCommand.cs of actions/runner).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import IO, Any

_BIDI = "\u202a-\u202e\u2066-\u2069"
# Half a pair of UTF-16 can be read from JSON and written to no file.
_HALVES = "\ud800-\udfff"
_UNSEEN = re.compile(f"[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u2028\u2029{_BIDI}{_HALVES}]")
_COMMAND = re.compile(r"#(?=#\w*\[)|^[^\S\n]*:(?=:)", re.MULTILINE)
_IN_JSON = re.compile(r"#(?=#\w*\[)")
_PICTURES, _DELETE = 0x2400, 0x7F

# In the order of trial: what a sign becomes is the first group's that matched.
_MARKUP = re.compile(
    r"""
    (?P<html><) | (?P<amp>&(?=\#?\w+;)) | (?P<pipe>\|)
    | (?P<split>(?<![A-Za-z0-9_])@(?=[A-Za-z0-9]) | [#!](?=\d) | \b[Gg][Hh]-(?=\d)
        | /(?=(?:issues|pulls?|discussions|commit|_workitems)/))
    | (?P<sign>` | \\(?=[!-/:-@\[-`{-~]|\Z) | [*~$](?=\S) | (?<=\S)[*~$]
        | (?<![^\W_])_ | _(?![^\W_]) | \](?=[(\[]))
    """,
    re.VERBOSE,
)
# Signs that make a block where a line begins with them.
_LEADING = re.compile(r"\A(?:(?P<number>\d+)(?P<dot>[.)])|(?P<sign>[#>+\-=:\[*_~]))")


def printable(text: str) -> str:
    """The text with a picture for each sign that would be acted upon and not seen; lines stay lines."""
    return _UNSEEN.sub(_picture, text.replace("\r\n", "\n"))


def without_commands(text: str) -> str:
    """The text with a blank inside of whatever a pipeline's service would take for its command."""
    return _COMMAND.sub(r"\g<0> ", text)


def plain(text: str) -> str:
    """The text for a terminal and a pipeline's log."""
    return without_commands(printable(text))


def one_line(text: str) -> str:
    """The text where one line is meant: a name or a value makes no line of its own."""
    return re.sub(r"\s*\n\s*", " ", printable(text))


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON for a log: the same value, in ASCII, and no command inside of a string."""
    return _IN_JSON.sub(r"\\u0023", json.dumps(value, indent=indent))


def markdown(text: str) -> str:
    """A value inside of a line of Markdown: no markup, no HTML, nobody is mentioned, nothing is referred to.

    Character references stand for signs and never for structure (CommonMark, "Entity and numeric
    character references"). A mention is found in the text that was rendered, so it is split by U+200B.
    An address stays one, and shows where it leads.
    """
    return _MARKUP.sub(_escaped, without_commands(one_line(text)))


def markdown_paragraph(text: str) -> str:
    """The same for a value that begins a line, where it would make a heading, a list or a definition."""
    stripped = text.strip()
    begins = _LEADING.match(stripped)
    if begins is None:
        return markdown(stripped)
    number = begins["number"] or ""
    return f"{number}{_reference(begins['dot'] or begins['sign'])}{markdown(stripped[begins.end() :])}"


def fenced(text: str) -> str:
    """Lines as they are, in a block of code that none of them closes."""
    # Azure Repos looks for `@<id>` in the source, code or not.
    body = plain(text).replace("@<", "@ <")
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{body}\n{fence}"


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < ord(" "):
        return chr(_PICTURES + code)
    return "\u2421" if code == _DELETE else "\ufffd"


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    known = {"html": "&lt;", "amp": "&amp;", "pipe": r"\|", "split": f"{sign}&#8203;"}
    return known.get(found.lastgroup or "") or _reference(sign)


def _reference(sign: str) -> str:
    return f"&#{ord(sign)};"


class TextStream:
    """A stream that makes text of whatever is written to it; all else is the stream's own."""

    def __init__(self, stream: IO[str], made: Callable[[str], str] = plain) -> None:
        """*made* makes it of each piece, which is taken to begin a line."""
        self.stream, self._made = stream, made

    def write(self, text: str) -> int:
        """Write it as text."""
        self.stream.write(self._made(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each as text."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def guard_streams() -> None:
    """Make text of all that this process prints, a traceback and a library's warning among it."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        # Closed by whoever started us (`>&-`).
        if stream is not None and not isinstance(stream, TextStream):
            setattr(sys, name, TextStream(stream))


def print_command(command: str) -> None:
    """Print a pipeline's command of our own, the one text that is meant to be one."""
    print(command, file=unguarded(sys.stdout))


def unguarded(stream: IO[str]) -> IO[str]:
    """The stream itself, for whoever sees to its text before."""
    return stream.stream if isinstance(stream, TextStream) else stream
