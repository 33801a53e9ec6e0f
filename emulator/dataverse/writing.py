"""What all writes share: preconditions, and the answer with or without a representation."""

from __future__ import annotations

from emulator.context import Reply
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import Duplicate, NotFound, StaleVersion
from emulator.dataverse.model import EntitySet
from emulator.dataverse.query import read_query
from emulator.dataverse.rows import etag, show
from emulator.store import Document


def check_preconditions(caller: Caller, entity: EntitySet, row: Document | None, id: str) -> None:
    """Honour If-Match and If-None-Match; *row* is None when there is none of that id.

    Source: powerapps-docs, webapi/perform-conditional-operations-using-web-api.
    """
    match, none_match = caller.call.header("if-match"), caller.call.header("if-none-match")
    if match and row is None:
        raise NotFound(f"{entity.logical} With Id = {id} Does Not Exist")
    if match and match != "*" and row is not None and match != etag(row):
        raise StaleVersion
    if none_match == "*" and row is not None:
        raise Duplicate


def written(caller: Caller, entity: EntitySet, row: Document, *, created: bool) -> Reply:
    """The answer to a write: 204 with the row's address, or the row where it was preferred."""
    headers = {"OData-EntityId": f"{caller.api}/{entity.name}({row[entity.key]})"}
    prefer = caller.call.header("prefer")
    if "return=representation" not in prefer:
        return Reply(204, None, headers)
    query = read_query(caller.call.query, "", None)
    body = {"@odata.context": caller.context(f"{entity.name}/$entity"), **show(caller, entity, row, query)}
    headers["Preference-Applied"] = "return=representation"
    return Reply(201 if created else 200, body, headers)
