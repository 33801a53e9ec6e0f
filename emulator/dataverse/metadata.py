"""EntityDefinitions: table metadata with the privileges that each table has.

Sources: powerapps-docs, webapi/query-metadata-web-api. Metadata queries do not page.
"""

from __future__ import annotations

from typing import Any

from emulator.context import Reply
from emulator.dataverse.arguments import function_arguments, text_argument
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import BadQuery, NotEmulated, UnknownDefinition
from emulator.dataverse.filters import is_guid, parse_filter
from emulator.dataverse.query import Query, read_query
from emulator.store import Document

_TYPE = "Microsoft.Dynamics.CRM.EntityMetadata"
_PROPERTIES = (
    "MetadataId",
    "LogicalName",
    "SchemaName",
    "EntitySetName",
    "LogicalCollectionName",
    "ObjectTypeCode",
    "PrimaryIdAttribute",
    "PrimaryNameAttribute",
    "OwnershipType",
    "IsPrivate",
    "IsActivity",
    "IsCustomEntity",
    "IsManaged",
    "Privileges",
)


def read_definitions(caller: Caller) -> Reply:
    """GET EntityDefinitions with $select and $filter; $top is accepted and ignored."""
    caller.demand("prvReadEntity", table="entity")
    query = _query(caller)
    tables = caller.store.all(caller.scope, "tables")
    if query.filter is not None:
        predicate = parse_filter(query.filter, _property)
        tables = [table for table in tables if predicate(table)]
    body = {"@odata.context": caller.context("EntityDefinitions"), "value": [_show(t, query) for t in tables]}
    return Reply(200, body)


def read_definition(caller: Caller) -> Reply:
    """GET EntityDefinitions(LogicalName='x') or (MetadataId)."""
    caller.demand("prvReadEntity", table="entity")
    table, query = _found(caller), _query(caller)
    context = caller.context("EntityDefinitions/$entity")
    return Reply(200, {"@odata.context": context, **_show(table, query)})


def read_choice_columns(caller: Caller) -> Reply:
    """GET …/Attributes/…PicklistAttributeMetadata: none, for no column that is emulated is a choice."""
    caller.demand("prvReadAttribute", table="attribute")
    _found(caller)
    return Reply(200, {"@odata.context": caller.context("PicklistAttributeMetadata"), "value": []})


def _found(caller: Caller) -> Document:
    key = caller.call.params["key"]
    name, value = ("MetadataId", key) if is_guid(key) else ("LogicalName", _logical_name(key))
    found = caller.store.find(caller.scope, "tables", **{name: value})
    if not found:
        raise UnknownDefinition(f"Could not find an entity with the specified {name}: '{value}'.")
    return found[0]


def _logical_name(key: str) -> str:
    return text_argument(function_arguments(key, {}), "LogicalName")


def _query(caller: Caller) -> Query:
    query = read_query(caller.call.query, "", None)
    if query.expand or query.order_by:
        raise NotEmulated("EntityDefinitions are emulated with $select and $filter only.")
    return query


def _property(name: str) -> str:
    if name not in _PROPERTIES:
        raise BadQuery(f"Could not find a property named '{name}' on type '{_TYPE}'.")
    return name


def _show(table: Document, query: Query) -> dict[str, Any]:
    names = [_property(name) for name in query.select] if query.select else list(_PROPERTIES)
    return {name: table[name] for name in dict.fromkeys((*names, "MetadataId"))}
