"""Query options of a list: $select, $filter, $expand, $orderby, $top, $count, paging.

Source: powerapps-docs, webapi/query (page-results, count-rows, select-columns).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from emulator.dataverse.errors import BadQuery, NotEmulated

_OPTIONS = {"$select", "$filter", "$expand", "$orderby", "$top", "$count", "$skiptoken"}
_MAX_PAGE = 5000
_EXPAND = re.compile(r"(\w+)(?:\(\$select=([\w,\s]+)\))?\Z")
_COOKIE = re.compile(r'<cookie pagenumber="(\d+)" pagingcookie="([^"]*)" istracking="False" />\Z')


@dataclass(frozen=True)
class Expand:
    """One navigation property to expand, with the columns to show (None: all)."""

    navigation: str
    select: tuple[str, ...] | None


@dataclass(frozen=True)
class Query:
    """The query options of one request."""

    select: tuple[str, ...] | None = None
    filter: str | None = None
    expand: tuple[Expand, ...] = ()
    order_by: str | None = None
    top: int | None = None
    count: bool = False
    start: int = 0
    page: int = _MAX_PAGE
    # True when the client asked for pages of its own size: then $top does not count.
    own_pages: bool = False


def read_query(options: Mapping[str, str], prefer: str, largest: int | None) -> Query:
    """Parse query options and `Prefer: odata.maxpagesize`; *largest* is the emulator's page size.

    Raises BadQuery for $skip and for what cannot be read, NotEmulated for other options.
    """
    _refuse_others(options)
    asked = re.search(r"odata\.maxpagesize=(\d+)", prefer)
    sizes = [_MAX_PAGE, int(asked.group(1)) if asked else 0, largest or 0]
    return Query(
        select=_names(options.get("$select")),
        filter=options.get("$filter"),
        expand=tuple(_expands(options.get("$expand", ""))),
        order_by=options.get("$orderby"),
        top=_number("$top", options["$top"]) if "$top" in options else None,
        count=options.get("$count", "false").lower() == "true",
        start=_start(options.get("$skiptoken")),
        page=max(1, min(size for size in sizes if size)),
        own_pages=asked is not None,
    )


def _refuse_others(options: Mapping[str, str]) -> None:
    if "$skip" in options:
        raise BadQuery("The query option $skip is not supported.")
    for name in options:
        if name not in _OPTIONS and not name.startswith("@"):
            raise NotEmulated(f"The query parameter {name} is not supported.")


def _names(text: str | None) -> tuple[str, ...] | None:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if text else None


def _number(option: str, text: str) -> int:
    if not text.isdigit():
        raise BadQuery(f"Invalid value '{text}' for {option} query option found.")
    return int(text)


def _expands(text: str) -> list[Expand]:
    found = []
    for part in re.split(r",(?![^()]*\))", text):
        if not part.strip():
            continue
        match = _EXPAND.match(part.strip())
        if match is None:
            raise NotEmulated(f"The expand option '{part}' is not emulated.")
        found.append(Expand(match.group(1), _names(match.group(2))))
    return found


def _start(token: str | None) -> int:
    """The row to start at: a token that was altered on the way is refused, as a paging cookie is."""
    if token is None:
        return 0
    match = _COOKIE.match(token)
    inner = unquote(unquote(match.group(2))) if match else ""
    row = re.fullmatch(r'<cookie page="\d+"><row last="(\d+)" /></cookie>', inner)
    if row is None or skip_token(int(row.group(1))) != quote(token, safe=""):
        raise BadQuery("Malformed XML in the Paging Cookie.")
    return int(row.group(1))


def skip_token(start: int) -> str:
    """The $skiptoken value of a next link, encoded as it stands in the link."""
    inner = f'<cookie page="1"><row last="{start}" /></cookie>'
    cookie = quote(quote(inner, safe=""), safe="")
    return quote(f'<cookie pagenumber="2" pagingcookie="{cookie}" istracking="False" />', safe="")
