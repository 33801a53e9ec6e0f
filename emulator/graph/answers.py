"""How Graph answers: one object or a page of them, with $select, $filter, $top, $count and nextLink."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from emulator.context import Call, Reply
from emulator.graph.errors import BadRequest, UnknownProperty, UnsupportedQuery
from emulator.graph.filters import compile_filter
from emulator.store import Document

_LIST_OPTIONS = {"$filter", "$select", "$top", "$skiptoken", "$count", "$search", "$orderby", "$format"}
_ENTITY_OPTIONS = {"$select", "$format"}
DEFAULT_PAGE, LARGEST_PAGE = 100, 999


def names(text: str) -> frozenset[str]:
    """Property names parted by blanks, as a set."""
    return frozenset(text.split())


@dataclass(frozen=True)
class Kind:
    """A type of directory object: its collection, its type's name, what can be filtered and shown.

    `hidden` properties are shown only when selected; `beta` ones only on /beta; `selectable` may be
    asked for although the stored document lacks them (they are then null).
    """

    collection: str
    type_name: str
    filterable: frozenset[str]
    hidden: frozenset[str] = frozenset()
    beta: frozenset[str] = frozenset()
    selectable: frozenset[str] = frozenset()


def not_emulated(call: Call) -> None:
    """Mark the request in the log as one that the service might answer and this stand-in does not."""
    call.request.scope["emulator"]["emulated"] = False


def check_options(call: Call, known: Iterable[str]) -> None:
    """Refuse a query option that is not served. Raises UnsupportedQuery, marked as not emulated."""
    for name in call.query:
        if name not in known:
            not_emulated(call)
            raise UnsupportedQuery(f"The query option '{name}' is not supported here.")


def show(call: Call, kind: Kind, document: Document) -> Document:
    """Return what a caller sees of a stored document. Raises UnknownProperty for a foreign $select."""
    beta = call.params.get("version") == "beta"
    seen = {k: v for k, v in document.items() if not k.startswith("_") and (beta or k not in kind.beta)}
    chosen = call.query.get("$select")
    if seen.get("keyCredentials") and "keyCredentials" not in (chosen or ""):
        seen["keyCredentials"] = [credential | {"key": None} for credential in seen["keyCredentials"]]
    if not chosen:
        return {k: v for k, v in seen.items() if k not in kind.hidden}
    wanted = [name.strip() for name in chosen.split(",")]
    for name in wanted:
        if name not in seen and name not in kind.selectable:
            not_emulated(call)
            raise UnknownProperty(name, kind.type_name)
    return {"id": document["id"]} | {name: seen.get(name) for name in wanted}


def entity(call: Call, kind: Kind, document: Document, status: int = 200) -> Reply:
    """Answer with one object."""
    check_options(call, _ENTITY_OPTIONS)
    context = f"{_root(call)}/$metadata#{kind.collection}/$entity"
    return Reply(status, {"@odata.context": context} | show(call, kind, document))


def page(call: Call, kind: Kind, documents: list[Document], *, typed: bool = False) -> Reply:
    """Answer with a page of a list; *typed* adds each object's @odata.type (directoryObject collections)."""
    check_options(call, _LIST_OPTIONS)
    found = _ordered(call, _searched(call, _filtered(call, kind, documents)))
    start, size = _skip(call), _size(call)
    body: Document = {"@odata.context": f"{_root(call)}/$metadata#{kind.collection}"}
    if call.query.get("$count", "").lower() == "true" and start == 0:
        body["@odata.count"] = len(found)
    if start + size < len(found):
        body["@odata.nextLink"] = _next_link(call, start + size)
    body["value"] = [_member(call, kind, document, typed) for document in found[start : start + size]]
    return Reply(body=body)


def count(call: Call, documents: list[Document], kind: Kind) -> Reply:
    """Answer GET …/$count, an advanced query."""
    if call.header("consistencylevel").lower() != "eventual":
        raise BadRequest("$count is not currently supported without the header ConsistencyLevel: eventual.")
    found = _filtered(call, kind, documents)
    return Reply(body=str(len(found)), media_type="text/plain")


def _member(call: Call, kind: Kind, document: Document, typed: bool) -> Document:
    shown = show(call, kind, document)
    type_name = document.get("_type")
    return {"@odata.type": f"#microsoft.graph.{type_name or kind.type_name}"} | shown if typed else shown


def _root(call: Call) -> str:
    return f"{call.ctx.graph}/{call.params.get('version', 'v1.0')}"


def _advanced(call: Call) -> bool:
    counted = call.query.get("$count", "").lower() == "true" or call.request.url.path.endswith("/$count")
    return counted and call.header("consistencylevel").lower() == "eventual"


def _filtered(call: Call, kind: Kind, documents: list[Document]) -> list[Document]:
    text = call.query.get("$filter")
    if not text:
        return documents
    try:
        predicate = compile_filter(text, kind.filterable, advanced=_advanced(call))
    except UnsupportedQuery:
        not_emulated(call)
        raise
    return [document for document in documents if predicate(document)]


def _searched(call: Call, documents: list[Document]) -> list[Document]:
    text = call.query.get("$search")
    if text is None:
        return documents
    if call.header("consistencylevel").lower() != "eventual":
        raise UnsupportedQuery(
            "Request with $search query parameter only works through MSGraph with a special request header: "
            "'ConsistencyLevel: eventual'"
        )
    found = re.fullmatch(r'"(\w+):([^"]*)"', text)
    if not found or found[1] not in ("displayName", "description"):
        not_emulated(call)
        raise UnsupportedQuery(f"$search={text} is not supported here.")
    words = found[2].casefold().split()
    return [d for d in documents if all(w in str(d.get(found[1]) or "").casefold() for w in words)]


def _ordered(call: Call, documents: list[Document]) -> list[Document]:
    text = call.query.get("$orderby")
    if text is None:
        return documents
    name, _, direction = text.partition(" ")
    if name != "displayName" or direction not in ("", "asc", "desc"):
        not_emulated(call)
        raise UnsupportedQuery(f"$orderby={text} is not supported here.")
    return sorted(documents, key=lambda d: str(d[name] or "").casefold(), reverse=direction == "desc")


def _size(call: Call) -> int:
    text = call.query.get("$top", str(DEFAULT_PAGE))
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        raise BadRequest(
            f"Invalid page size specified: '{text}'. Must be between 1 and {LARGEST_PAGE} inclusive."
        )
    return min(int(text), call.ctx.page_size or LARGEST_PAGE)


def _skip(call: Call) -> int:
    text = call.query.get("$skiptoken", "0")
    if not text.isdigit():
        raise BadRequest("Skip token is null or malformed.")
    return int(text)


def _next_link(call: Call, start: int) -> str:
    """The same question with a skip token; clients follow it as it is."""
    options = [f"{quote(k)}={quote(v)}" for k, v in call.query.items() if k != "$skiptoken"]
    query = "&".join([*options, f"$skiptoken={start}"])
    return f"{call.ctx.graph}{quote(call.request.url.path)}?{query}"
