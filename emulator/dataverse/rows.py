"""Reading rows: one by its key, many by a query, with expanded navigation properties and pages."""

from __future__ import annotations

import json
import zlib
from typing import Any
from urllib.parse import parse_qsl, quote

from emulator.context import Reply
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import BadQuery, NotFound, UnknownSegment
from emulator.dataverse.filters import is_guid, parse_filter
from emulator.dataverse.model import ENTITY_SETS, EntitySet, associated, entity_set
from emulator.dataverse.query import Expand, Query, read_query, skip_token
from emulator.store import Document


def etag(row: Document) -> str:
    """The weak ETag of a row: it changes with every edit, also one behind the service's back."""
    return f'W/"{zlib.crc32(json.dumps(row, sort_keys=True).encode())}"'


def demand_read(caller: Caller, entity: EntitySet) -> None:
    """Refuse a caller that may not read the entity set."""
    if entity.read is not None:
        caller.demand(entity.read, table=entity.logical)


def find_row(caller: Caller, entity: EntitySet, key: str) -> Document:
    """The row of a key: a GUID, or the one alternate key that is emulated.

    Raises NotFound when there is none, BadQuery when the key is no GUID.
    """
    name, _, value = key.rpartition("=")
    if not is_guid(value):
        raise BadQuery(f"Unrecognized 'Edm.Guid' literal '{value}' at '0' in '{value}'.")
    if name == "azureactivedirectoryobjectid" and entity.name == "systemusers":
        found = caller.store.find(caller.scope, entity.name, azureactivedirectoryobjectid=value.lower())
        row = found[0] if found else None
    elif name in ("", entity.key):
        row = caller.store.get(caller.scope, entity.name, value)
    else:
        raise BadQuery(f"The key '{name}' is not an alternate key of {entity.logical}.")
    if row is None:
        raise NotFound(f"{entity.logical} With Id = {value} Does Not Exist")
    return row


def read_one(caller: Caller) -> Reply:
    """GET a row by its key."""
    entity = entity_set(caller, caller.call.params["set"])
    demand_read(caller, entity)
    row = find_row(caller, entity, caller.call.params["id"])
    query = _query(caller)
    body = {"@odata.context": caller.context(f"{entity.name}/$entity"), **show(caller, entity, row, query)}
    return Reply(200, body)


def read_many(caller: Caller) -> Reply:
    """GET the rows of an entity set."""
    entity = entity_set(caller, caller.call.params["set"])
    demand_read(caller, entity)
    rows = caller.store.all(caller.scope, entity.name)
    return list_reply(caller, entity, rows)


def read_associated(caller: Caller) -> Reply:
    """GET the rows at the other end of a collection-valued navigation property."""
    target, rows = _other_end(caller)
    demand_read(caller, target)
    return list_reply(caller, target, rows)


def read_references(caller: Caller) -> Reply:
    """GET …/NAVIGATION/$ref: the addresses of the rows at the other end."""
    target, rows = _other_end(caller)
    demand_read(caller, target)
    query = _query(caller)
    page = rows[query.start : query.start + query.page]
    links = [{"@odata.id": f"{caller.api}/{target.name}({row[target.key]})"} for row in page]
    body: dict[str, Any] = {"@odata.context": caller.context("Collection($ref)"), "value": links}
    if len(rows) > query.start + query.page:
        body["@odata.nextLink"] = _next_link(caller, query.start + query.page)
    return Reply(200, body)


def _other_end(caller: Caller) -> tuple[EntitySet, list[Document]]:
    params = caller.call.params
    entity = entity_set(caller, params["set"])
    target = entity.collections.get(params["navigation"])
    if target is None:
        raise UnknownSegment(f"Resource not found for the segment '{params['navigation']}'.")
    demand_read(caller, entity)
    row = find_row(caller, entity, params["id"])
    return ENTITY_SETS[target], associated(caller, entity, row, params["navigation"])


def list_reply(caller: Caller, entity: EntitySet, rows: list[Document]) -> Reply:
    """The answer to a list: filtered, sorted, cut to pages with a next link."""
    query = _query(caller)
    found = _sorted(entity, _filtered(entity, rows, query.filter), query.order_by)
    total = len(found)
    if query.top is not None and not query.own_pages:
        found = found[: query.top]
    page = found[query.start : query.start + query.page]
    body: dict[str, Any] = {"@odata.context": caller.context(entity.name)}
    if query.count:
        body["@odata.count"] = min(total, 5000)
    body["value"] = [show(caller, entity, row, query) for row in page]
    if len(found) > query.start + query.page:
        body["@odata.nextLink"] = _next_link(caller, query.start + query.page)
    headers = {"Preference-Applied": f"odata.maxpagesize={query.page}"} if query.own_pages else {}
    return Reply(200, body, headers)


def _query(caller: Caller) -> Query:
    call = caller.call
    return read_query(call.query, call.header("prefer"), call.ctx.page_size)


def _filtered(entity: EntitySet, rows: list[Document], text: str | None) -> list[Document]:
    if text is None:
        return rows
    predicate = parse_filter(text, entity.column)
    return [row for row in rows if predicate(row)]


def _sorted(entity: EntitySet, rows: list[Document], order_by: str | None) -> list[Document]:
    for part in reversed((order_by or "").split(",")):
        name, _, direction = part.strip().partition(" ")
        if name:
            column = entity.column(name)
            rows = sorted(rows, key=lambda row: _rank(row.get(column)), reverse=direction.strip() == "desc")
    return rows


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, value.casefold() if isinstance(value, str) else value or 0)


def show(caller: Caller, entity: EntitySet, row: Document, query: Query) -> dict[str, Any]:
    """One row as the service shows it: ETag, key, selected columns, expanded properties."""
    wanted = [entity.column(name) for name in query.select] if query.select else list(entity.columns)
    columns = dict.fromkeys((*wanted, entity.key))
    shown: dict[str, Any] = {"@odata.etag": etag(row)}
    shown.update({column: row.get(column) for column in columns})
    for expand in query.expand:
        shown.update(_expanded(caller, entity, row, expand, query.page))
    return shown


def _expanded(caller: Caller, entity: EntitySet, row: Document, expand: Expand, page: int) -> dict[str, Any]:
    name = expand.navigation
    inner = Query(select=expand.select)
    if name in entity.lookups:
        target = ENTITY_SETS[entity.lookups[name]]
        other = caller.store.get(caller.scope, target.name, row.get(f"_{name}_value") or "")
        return {name: show(caller, target, other, inner) if other else None}
    if name not in entity.collections:
        raise BadQuery(
            f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{entity.logical}'."
        )
    target = ENTITY_SETS[entity.collections[name]]
    demand_read(caller, target)
    rows = associated(caller, entity, row, name)
    shown: dict[str, Any] = {name: [show(caller, target, other, inner) for other in rows[:page]]}
    if len(rows) > page:
        address = f"{caller.api}/{entity.name}({row[entity.key]})/{name}"
        select = f"$select={','.join(expand.select)}&" if expand.select else ""
        shown[f"{name}@odata.nextLink"] = f"{address}?{select}$skiptoken={skip_token(page)}"
    return shown


def _next_link(caller: Caller, start: int) -> str:
    request = caller.call.request
    kept = [(k, v) for k, v in parse_qsl(request.url.query, keep_blank_values=True) if k != "$skiptoken"]
    options = [f"{quote(k, safe='$@')}={quote(v, safe=chr(39) + '$(),')}" for k, v in kept]
    return f"{caller.url}{request.url.path}?{'&'.join([*options, f'$skiptoken={skip_token(start)}'])}"
