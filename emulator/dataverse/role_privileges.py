"""The bound actions AddPrivilegesRole, ReplacePrivilegesRole and RemovePrivilegeRole.

Sources: powerapps-docs, reference/entities/role (messages) and bypass-custom-business-logic
(body); power-platform admin docs, prevent-elevation-security-role-privilege.
"""

from __future__ import annotations

from typing import Any

from emulator.context import Reply
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import BadArgument, BadBody
from emulator.dataverse.filters import is_guid
from emulator.dataverse.injected import SHAREPOINT_PRIVILEGES
from emulator.dataverse.model import ENTITY_SETS
from emulator.dataverse.roles import injected, refuse_protected
from emulator.dataverse.rows import find_row
from emulator.dataverse.security import Depth, Held
from emulator.store import Document

_ENTRY = (
    "PrivilegeId",
    "Depth",
    "BusinessUnitId",
    "PrivilegeName",
    "RecordFilterId",
    "RecordFilterUniqueName",
    "@odata.type",
)
_PRIVILEGE_TYPE = "Microsoft.Dynamics.CRM.privilege"


def add_privileges(caller: Caller) -> Reply:
    """AddPrivilegesRole: adds or raises, never lowers; the four SharePoint ones come back with it."""
    role = _editable(caller)
    granted = _granted(caller, role)
    held = {id: Depth[depth] for id, depth in role["privileges"].items()}
    for one in granted:
        held[one.privilege] = max(one.depth, held.get(one.privilege, Depth.Basic))
    privileges = {id: depth.name for id, depth in held.items()} | injected(caller, SHAREPOINT_PRIVILEGES)
    return _store(caller, role, privileges)


def replace_privileges(caller: Caller) -> Reply:
    """ReplacePrivilegesRole: exactly these, but for the SharePoint ones that the role has."""
    role = _editable(caller)
    granted = _granted(caller, role)
    left = {id: d for id, d in injected(caller, SHAREPOINT_PRIVILEGES).items() if id in role["privileges"]}
    return _store(caller, role, left | {one.privilege: one.depth.name for one in granted})


def remove_privilege(caller: Caller) -> Reply:
    """RemovePrivilegeRole: one privilege, given as an entity reference."""
    role = _editable(caller)
    body = caller.call.json()
    for name in body:
        if name not in ("Privilege", "@odata.type"):
            raise BadBody(
                f"The parameter '{name}' in the request payload is not a valid parameter for the operation "
                "'RemovePrivilegeRole'."
            )
    reference = body.get("Privilege")
    if (
        not isinstance(reference, dict)
        or str(reference.get("@odata.type", "")).lstrip("#") != _PRIVILEGE_TYPE
    ):
        raise BadBody(f"The parameter 'Privilege' must be an entity of type '{_PRIVILEGE_TYPE}'.")
    id = caller.privilege(str(reference.get("privilegeid", "")))["privilegeid"]
    return _store(caller, role, {key: depth for key, depth in role["privileges"].items() if key != id})


def _editable(caller: Caller) -> Document:
    role = find_row(caller, ENTITY_SETS["roles"], caller.call.params["id"])
    caller.demand("prvWriteRole", table="role")
    refuse_protected(role)
    return role


def _store(caller: Caller, role: Document, privileges: dict[str, str]) -> Reply:
    caller.before_permission_change()
    caller.store.put(caller.scope, "roles", role["roleid"], {**role, "privileges": privileges})
    return Reply(204)


def _granted(caller: Caller, role: Document) -> list[Held]:
    """The entries of the body, each known, at a depth it takes, and held by the caller."""
    entries = caller.call.json().get("Privileges")
    if not isinstance(entries, list):
        raise BadArgument("Required field 'Privileges' is missing.")
    granted = [_entry(caller, role, entry) for entry in entries]
    caller.demand_to_grant(granted)
    return granted


def _entry(caller: Caller, role: Document, entry: Any) -> Held:
    if not isinstance(entry, dict) or not set(entry) <= set(_ENTRY):
        raise BadBody(
            "The request payload has a property that Microsoft.Dynamics.CRM.RolePrivilege does not."
        )
    id = entry.get("PrivilegeId")
    if not is_guid(id):
        raise BadBody("Cannot convert the literal of 'PrivilegeId' to the expected type 'Edm.Guid'.")
    privilege, depth = caller.privilege(str(id)), _depth(entry.get("Depth"))
    if not privilege[f"canbe{depth.name.lower()}"]:
        raise BadArgument(f"The privilege {privilege['name']} cannot have the depth {depth.name}.")
    return Held(privilege["privilegeid"], depth, role["_businessunitid_value"])


def _depth(value: object) -> Depth:
    """PrivilegeDepth by member name or number."""
    text = str(value)
    if text in Depth.__members__:
        return Depth[text]
    if text in ("0", "1", "2", "3") and not isinstance(value, bool):
        return Depth(int(text))
    raise BadBody(
        f"Cannot convert the literal '{value}' to the expected type 'Microsoft.Dynamics.CRM.PrivilegeDepth'."
    )
