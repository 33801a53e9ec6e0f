"""`fleet status --report`: one HTML page for people, with nothing that it would have to fetch.

What needs a person stands first. The page is whole without JavaScript; with it, the table sorts and
filters. Names, owners and messages are other people's text: report.html escapes every value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connector.fleet.columns import STATES, page_columns
from connector.fleet.rows import StatusRow, counts
from connector.text import printable

_MARKED = re.compile(r"`([^`]+)`|(https://[^\s<>\"'`]+[^\s<>\"'`.,;:)])")


def report_page(fleet: str, rows: Sequence[StatusRow], now: datetime | None = None) -> str:
    """The page of a fleet's rows, in their order; *now* is when they were read."""
    columns = page_columns()
    return printable(
        _templates()
        .get_template("report.html")
        .render(
            fleet=fleet,
            rows=rows,
            now=now or datetime.now(UTC),
            counts=counts(rows),
            states=STATES,
            people=[row for row in rows if row.needs],
            columns=columns,
            filters=[column for column in columns if column.choices],
            longest=max((row.days_left or 0 for row in rows), default=0) or 1,
        )
    )


def _templates() -> Environment:
    """Where a name that is not there is an error, and no value is ever HTML."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["marked"] = _marked
    return found


def _marked(message: str) -> list[tuple[str | None, str | None, str | None]]:
    """A message in pieces: text, and the command or https address that follows it."""
    pieces = [*_MARKED.split(message), None, None]
    return list(zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True))
