"""The entity sets that can be read, their columns and their navigation properties."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import BadQuery, UnknownSegment
from emulator.dataverse.security import privileges_of_role, roles_by_id, teams_of
from emulator.store import Document


@dataclass(frozen=True)
class EntitySet:
    """One entity set: where its rows are, what they have, what reading needs.

    `lookups` maps a single-valued navigation property to its target set; its column is
    `_NAME_value`. `collections` maps a collection-valued one to its target set.
    """

    name: str
    logical: str
    key: str
    columns: tuple[str, ...]
    read: str | None
    lookups: dict[str, str] = field(default_factory=dict)
    collections: dict[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """The column that a name in $select or $filter means. Raises BadQuery for an unknown one."""
        if name in self.columns:
            return name
        if name in self.lookups:
            return f"_{name}_value"
        raise BadQuery(
            f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{self.logical}'."
        )


_ROLE_COLUMNS = (
    "roleid",
    "name",
    "isinherited",
    "ismanaged",
    "iscustomizable",
    "canbedeleted",
    "roleidunique",
    "_roletemplateid_value",
    "_businessunitid_value",
    "_parentroleid_value",
    "_parentrootroleid_value",
)
_USER_COLUMNS = (
    "systemuserid",
    "applicationid",
    "applicationiduri",
    "azureactivedirectoryobjectid",
    "fullname",
    "firstname",
    "lastname",
    "domainname",
    "internalemailaddress",
    "accessmode",
    "isdisabled",
    "deletedstate",
    "_businessunitid_value",
    "_createdby_value",
    "createdon",
    "modifiedon",
)
_PRIVILEGE_COLUMNS = (
    "privilegeid",
    "name",
    "accessright",
    "canbebasic",
    "canbelocal",
    "canbedeep",
    "canbeglobal",
)
_SOLUTION_COLUMNS = ("solutionid", "uniquename", "friendlyname", "version", "ismanaged", "isvisible")
_UNIT_COLUMNS = (
    "businessunitid",
    "name",
    "isdisabled",
    "_parentbusinessunitid_value",
    "_organizationid_value",
)
_TEAM_COLUMNS = ("teamid", "name", "isdefault", "teamtype", "_businessunitid_value")

_SETS = (
    EntitySet(
        "roles",
        "role",
        "roleid",
        _ROLE_COLUMNS,
        "prvReadRole",
        {"businessunitid": "businessunits", "parentroleid": "roles", "parentrootroleid": "roles"},
        {
            "roleprivileges_association": "privileges",
            "systemuserroles_association": "systemusers",
            "teamroles_association": "teams",
        },
    ),
    EntitySet(
        "systemusers",
        "systemuser",
        "systemuserid",
        _USER_COLUMNS,
        "prvReadUser",
        {"businessunitid": "businessunits"},
        {"systemuserroles_association": "roles", "teammembership_association": "teams"},
    ),
    EntitySet(
        "businessunits",
        "businessunit",
        "businessunitid",
        _UNIT_COLUMNS,
        "prvReadBusinessUnit",
        {"parentbusinessunitid": "businessunits"},
    ),
    EntitySet(
        "teams",
        "team",
        "teamid",
        _TEAM_COLUMNS,
        "prvReadTeam",
        {"businessunitid": "businessunits"},
        {"teamroles_association": "roles"},
    ),
    # Every user may read the names of the privileges there are.
    EntitySet("privileges", "privilege", "privilegeid", _PRIVILEGE_COLUMNS, None),
    EntitySet("solutions", "solution", "solutionid", _SOLUTION_COLUMNS, "prvReadSolution"),
    EntitySet(
        "organizations", "organization", "organizationid", ("organizationid", "name"), "prvReadOrganization"
    ),
)
ENTITY_SETS = {entity_set.name: entity_set for entity_set in _SETS}


def entity_set(caller: Caller, name: str) -> EntitySet:
    """The entity set of a name. Raises UnknownSegment when the organization has none."""
    if name in ENTITY_SETS:
        return ENTITY_SETS[name]
    definition = definition_of_set(caller, name)
    if definition is None:
        raise UnknownSegment(f"Resource not found for the segment '{name}'.")
    key = definition["PrimaryIdAttribute"]
    return EntitySet(
        name, definition["LogicalName"], key, (key, *definition["_columns"]), right(definition, "Read")
    )


def definition_of_set(caller: Caller, name: str) -> Document | None:
    """The table behind an entity set of plain rows."""
    row = caller.store.db.execute(
        "SELECT body FROM objects WHERE scope=? AND kind='tables'"
        " AND json_extract(body, '$.EntitySetName')=?",
        (caller.store.source(caller.scope, "tables"), name),
    ).fetchone()
    return json.loads(row["body"]) if row else None


def right(definition: dict[str, Any], kind: str) -> str | None:
    """The name of the privilege that a right on a table needs; a covered table's is another one's."""
    names: Iterable[str] = (p["Name"] for p in definition["Privileges"] if p["PrivilegeType"] == kind)
    covered: str | None = definition["_read"]
    return next(iter(names), covered)


def associated(caller: Caller, entity: EntitySet, row: Document, navigation: str) -> list[Document]:
    """The rows at the other end of a collection-valued navigation property."""
    store, scope, id = caller.store, caller.scope, row[entity.key]
    if navigation == "teammembership_association":
        return teams_of(store, scope, row)
    if navigation == "roleprivileges_association":
        return [caller.privilege(held.privilege) for held in privileges_of_role(store, scope, row)]
    if entity.name == "roles":
        holders = entity.collections[navigation]
        return [holder for holder in store.all(scope, holders) if id in holder.get("roles", [])]
    return roles_by_id(store, scope, row.get("roles", []))
