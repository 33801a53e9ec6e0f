"""Rows of ordinary tables (accounts, contacts, …): just enough to prove a right by using it."""

from __future__ import annotations

import uuid
from typing import Any

from emulator.context import Reply
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import BadArgument, Duplicate, NotEmulated, UnknownSegment, WrongMethod
from emulator.dataverse.filters import is_guid
from emulator.dataverse.model import ENTITY_SETS, EntitySet, definition_of_set, entity_set, right
from emulator.dataverse.rows import find_row
from emulator.dataverse.writing import check_preconditions, written
from emulator.store import Document


def create_record(caller: Caller) -> Reply:
    """POST a row."""
    entity, definition = _table(caller)
    _demand(caller, entity, definition, "Create")
    body = caller.call.json()
    id = str(body.get(entity.key) or uuid.uuid4()).lower()
    return _create(caller, entity, body, id)


def _create(caller: Caller, entity: EntitySet, body: dict[str, Any], id: str) -> Reply:
    _check_columns(entity, body)
    if not is_guid(id):
        raise BadArgument(f"'{id}' is not of the type 'Edm.Guid'.")
    if caller.store.get(caller.scope, entity.name, id):
        raise Duplicate
    row = {**body, entity.key: id, "_ownerid_value": caller.user["systemuserid"], "statecode": 0}
    caller.store.put(caller.scope, entity.name, id, row)
    return written(caller, entity, row, created=True)


def update_record(caller: Caller) -> Reply:
    """PATCH a row; without If-Match an unknown id makes a new one (upsert)."""
    entity, definition = _table(caller)
    id, body = caller.call.params["id"].lower(), caller.call.json()
    row = caller.store.get(caller.scope, entity.name, id)
    check_preconditions(caller, entity, row, id)
    _demand(caller, entity, definition, "Create" if row is None else "Write")
    if row is None:
        return _create(caller, entity, body, id)
    _check_columns(entity, body)
    changed = {**row, **body, entity.key: id}
    caller.store.put(caller.scope, entity.name, id, changed)
    return written(caller, entity, changed, created=False)


def delete_record(caller: Caller) -> Reply:
    """DELETE a row."""
    entity, definition = _table(caller)
    row = find_row(caller, entity, caller.call.params["id"])
    check_preconditions(caller, entity, row, row[entity.key])
    _demand(caller, entity, definition, "Delete")
    caller.store.delete(caller.scope, entity.name, row[entity.key])
    return Reply(204)


def _table(caller: Caller) -> tuple[EntitySet, Document]:
    name = caller.call.params["set"]
    if name in ENTITY_SETS:
        raise WrongMethod(f"The HTTP method is not emulated on '{name}'.")
    definition = definition_of_set(caller, name)
    if definition is None:
        raise UnknownSegment(f"Resource not found for the segment '{name}'.")
    return entity_set(caller, name), definition


def _demand(caller: Caller, entity: EntitySet, definition: Document, kind: str) -> None:
    name = right(definition, kind)
    if name is None:
        raise NotEmulated(f"Writing {entity.logical} is not emulated.")
    caller.demand(name, table=entity.logical)


def _check_columns(entity: EntitySet, body: dict[str, Any]) -> None:
    """The emulator knows a few columns of each table; it refuses the others rather than guess."""
    unknown = [name for name in body if name not in entity.columns and not name.startswith("@odata.")]
    if unknown:
        raise NotEmulated(f"The column '{unknown[0]}' of {entity.logical} is not emulated.")
