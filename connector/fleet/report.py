"""`fleet status --report`: one HTML page for people, with nothing that it would have to fetch.

What needs a person stands first. The page is whole without JavaScript; with it, the table sorts and
filters. Every value is escaped: names and owners are other people's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from connector.fleet.columns import to_json
from connector.fleet.rows import StackStatus, StatusRow, counts

_TEMPLATE = Path(__file__).with_name("report.html")
_SLOT = re.compile(r"\{\{([a-z]+)\}\}")
_MARKED = re.compile(r"`([^`]+)`|(https://[^\s<>\"'`]+[^\s<>\"'`.,;:)])")
_NAMES = {
    StackStatus.ATTENTION: ("Needs attention", "bad"),
    StackStatus.UNKNOWN: ("Unknown", "bad"),
    StackStatus.DRIFT: ("Drift", "warn"),
    StackStatus.NOT_DEPLOYED: ("Not deployed", "soft"),
    StackStatus.IN_ORDER: ("In order", "good"),
}
_SAID = 3
_WARN_DAYS = 60


def report_page(fleet: str, rows: Sequence[StatusRow], now: datetime | None = None) -> str:
    """The page of a fleet's rows, in their order; *now* is when they were read."""
    moment = now or datetime.now(UTC)
    many = f"{len(rows):,} stack{'' if len(rows) == 1 else 's'}"
    parts = {
        "title": f"Fleet {escape(fleet)}: status",
        "heading": f"Fleet {escape(fleet)}",
        "subtitle": f"Status of {many}, read on {moment:%Y-%m-%d} at {moment:%H:%M} UTC",
        "counts": _counts(rows),
        "people": _people([row for row in rows if row.needs]),
        "states": _options(name for name, _ in _NAMES.values()),
        "rings": _options(row.stack.ring for row in rows),
        "owners": _options(sorted({row.stack.owner for row in rows})),
        "rows": "\n".join(_rows(rows)),
    }
    template = _TEMPLATE.read_text(encoding="utf-8")
    return _SLOT.sub(lambda found: parts[found[1]], template)


def _counts(rows: Sequence[StatusRow]) -> str:
    found = counts(rows)
    parts: list[str] = []
    for state, (name, tone) in _NAMES.items():
        number = found[state.value]
        parts.append(f'<div><dt>{name}</dt><dd class="{tone if number else "soft"}">{number:,}</dd></div>')
    return "".join(parts)


def _people(rows: Sequence[StatusRow]) -> str:
    if not rows:
        return "<p>Nobody is needed.</p>"
    return f'<ul class="people">\n{"".join(_person(row) for row in rows)}</ul>'


def _person(row: StatusRow) -> str:
    body = to_json(row)
    owner = f"{escape(body['owner'])}, " if body["owner"] else ""
    said = "".join(f"<p>{_linked(need['message'])}</p>" for need in body["needs"])
    return (
        f"<li><div><h3>{escape(body['stack'])}</h3>"
        f'<span class="soft">{owner}ring {escape(body["ring"])}</span></div><div>{said}</div></li>\n'
    )


def _rows(rows: Sequence[StatusRow]) -> Iterable[str]:
    longest = max((row.days_left or 0 for row in rows), default=0) or 1
    for row in rows:
        body = to_json(row)
        name, tone = _NAMES[row.state]
        marks = f'data-state="{name}" data-ring="{escape(body["ring"])}" data-owner="{escape(body["owner"])}"'
        rank = list(StackStatus).index(row.state)
        yield (
            f'<tr {marks}><th scope="row">{escape(body["stack"])}'
            f'<span class="small">{escape(body["dynamicsUrl"].removeprefix("https://"))}</span></th>'
            f'<td data-v="{rank}" class="nowrap {tone}">{name}</td>'
            f"{_days(row, longest)}{_proof(body['lastProof'])}"
            f"<td>{escape(body['ring'])}</td><td>{escape(body['owner'])}</td>"
            f'<td class="what">{_said(row.messages)}</td></tr>'
        )


def _days(row: StatusRow, longest: int) -> str:
    days = row.days_left
    if days is None:
        return '<td data-v="" class="days soft">not known</td>'
    ends = any(need.code == "status.ends_soon" for need in row.needs)
    tone = "bad" if ends or days < 0 else "warn" if days <= _WARN_DAYS else ""
    width = round(100 * max(days, 0) / longest)
    text = f"ended {-days} days ago" if days < 0 else str(days)
    bar = f'<span class="bar" aria-hidden="true"><i class="{tone}" style="width:{width}%"></i></span>'
    return f'<td data-v="{days}" class="days {tone}">{text}{bar}</td>'


def _proof(proof: dict[str, Any] | None) -> str:
    if proof is None:
        return '<td data-v="" class="soft">none</td>'
    tone = "" if proof["verdict"] == "proved" else "bad"
    day, verdict = escape(proof["at"][:10]), escape(proof["verdict"])
    shown = f'{verdict}<span class="small">{day}</span>'
    return f'<td data-v="{escape(proof["at"])}" class="nowrap {tone}">{shown}</td>'


def _said(messages: Sequence[str]) -> str:
    lines = [_linked(" ".join(message.split())) for message in messages[:_SAID]]
    if len(messages) > _SAID:
        lines.append(f"and {len(messages) - _SAID} more")
    return "".join(f"<p>{line}</p>" for line in lines)


def _linked(text: str) -> str:
    """Text with its https addresses as links and its commands as code, all of it escaped."""
    parts: list[str] = []
    end = 0
    for found in _MARKED.finditer(text):
        command, link = (escape(part or "") for part in found.groups())
        marked = f"<code>{command}</code>" if command else f'<a href="{link}" rel="noreferrer">{link}</a>'
        parts += [escape(text[end : found.start()]), marked]
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def _options(values: Iterable[str]) -> str:
    return "".join(f"<option>{escape(value)}</option>" for value in dict.fromkeys(values) if value)
