"""Security roles: made in a business unit, copied to its children, renamed, deleted.

Sources: powerapps-docs, reference/entities/role; power-platform admin docs, security roles.
"""

from __future__ import annotations

import uuid
from typing import Any

from emulator.context import Reply
from emulator.dataverse.arguments import bound_id, refuse_unknown
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import BadArgument, Duplicate, NotFound, TooLong
from emulator.dataverse.filters import is_guid
from emulator.dataverse.injected import SDK_PRIVILEGES, SHAREPOINT_PRIVILEGES
from emulator.dataverse.model import ENTITY_SETS
from emulator.dataverse.role_copies import copies_of, new_role
from emulator.dataverse.rows import find_row
from emulator.dataverse.writing import check_preconditions, written
from emulator.store import Document

_ROLES = ENTITY_SETS["roles"]
_WRITABLE = ("name", "isinherited", "iscustomizable", "canbedeleted")
_CREATABLE = (*_WRITABLE, "roleid", "businessunitid@odata.bind")
_LONGEST_NAME = 100


def create_role(caller: Caller) -> Reply:
    """POST roles: the role, its copies in child business units, and privileges nobody asked for."""
    body = caller.call.json()
    caller.demand("prvCreateRole", table="role")
    chosen = None if caller.organization.get("picksRoleIds") else body.get("roleid")
    role = _create(caller, body, str(chosen or uuid.uuid4()).lower())
    return written(caller, _ROLES, role, created=True)


def _create(caller: Caller, body: dict[str, Any], id: str) -> Document:
    refuse_unknown(body, _CREATABLE, "role")
    if not is_guid(id):
        raise BadArgument(f"The role id {id} is not a GUID.")
    name, unit = _name(body), _unit(caller, body)
    if caller.store.get(caller.scope, "roles", id):
        raise Duplicate
    more = {key: body[key] for key in _WRITABLE if key in body and key != "name"}
    role = new_role(id, name, unit["businessunitid"], injected(caller, SDK_PRIVILEGES), **more)
    role["privileges"].update(injected(caller, SHAREPOINT_PRIVILEGES))
    for one in (role, *_copies(caller, role, unit)):
        caller.store.put(caller.scope, "roles", one["roleid"], one)
    return role


def injected(caller: Caller, names: tuple[str, ...]) -> dict[str, str]:
    """Privileges that the platform adds by itself, for the whole organization."""
    return {caller.privilege_named(name)["privilegeid"]: "Global" for name in names}


def _name(body: dict[str, Any]) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise BadArgument("Required field 'name' is missing.")
    if len(name) > _LONGEST_NAME:
        raise TooLong(
            "A validation error occurred. The length of the 'name' attribute of the 'role' entity "
            f"exceeded the maximum allowed length of '{_LONGEST_NAME}'."
        )
    return name


def _unit(caller: Caller, body: dict[str, Any]) -> Document:
    if "businessunitid@odata.bind" not in body:
        raise BadArgument("Required field 'businessunitid' is missing.")
    id = bound_id(caller, body["businessunitid@odata.bind"], "businessunits")
    unit = caller.store.get(caller.scope, "businessunits", id)
    if unit is None:
        raise NotFound(f"businessunit With Id = {id} Does Not Exist")
    return unit


def _copies(caller: Caller, role: Document, unit: Document) -> list[Document]:
    """A root role's copies; a role made in a child business unit exists only there."""
    if unit["_parentbusinessunitid_value"] is not None:
        return []
    return copies_of(role, caller.store.all(caller.scope, "businessunits"))


def update_role(caller: Caller) -> Reply:
    """PATCH a role; without If-Match an unknown id makes a new role (upsert)."""
    id, body = caller.call.params["id"].lower(), caller.call.json()
    role = caller.store.get(caller.scope, "roles", id)
    check_preconditions(caller, _ROLES, role, id)
    if role is None:
        caller.demand("prvCreateRole", table="role")
        return written(caller, _ROLES, _create(caller, body, id), created=True)
    caller.demand("prvWriteRole", table="role")
    refuse_unknown(body, _WRITABLE, "role")
    refuse_protected(role)
    if "name" in body:
        _name(body)
    for one in family(caller, role):
        caller.store.put(caller.scope, "roles", one["roleid"], {**one, **body})
    return written(caller, _ROLES, {**role, **body}, created=False)


def delete_role(caller: Caller) -> Reply:
    """DELETE a root role: its copies go with it, and so do its assignments."""
    role = find_row(caller, _ROLES, caller.call.params["id"])
    check_preconditions(caller, _ROLES, role, role["roleid"])
    caller.demand("prvDeleteRole", table="role")
    refuse_protected(role)
    caller.before_permission_change()
    gone = [one["roleid"] for one in family(caller, role)]
    for id in gone:
        caller.store.delete(caller.scope, "roles", id)
    for kind, key in (("systemusers", "systemuserid"), ("teams", "teamid")):
        for holder in caller.store.all(caller.scope, kind):
            _drop_roles(caller, kind, key, holder, gone)
    return Reply(204)


def _drop_roles(caller: Caller, kind: str, key: str, holder: Document, gone: list[str]) -> None:
    kept = [id for id in holder.get("roles", []) if id not in gone]
    if len(kept) != len(holder.get("roles", [])):
        caller.store.put(caller.scope, kind, holder[key], {**holder, "roles": kept})


def family(caller: Caller, root: Document) -> list[Document]:
    """A root role with its copies."""
    return caller.store.find(caller.scope, "roles", _parentrootroleid_value=root["roleid"])


def refuse_protected(role: Document) -> None:
    """Refuse to edit a managed or built-in role, or a copy (that this code comes with it is not verified)."""
    if role["ismanaged"] or role.get("_roletemplateid_value"):
        raise BadArgument(f"The role '{role['name']}' is managed by the system and cannot be changed.")
    if role["_parentrootroleid_value"] != role["roleid"]:
        raise BadArgument("Inherited roles cannot be modified; edit the role in its root business unit.")
