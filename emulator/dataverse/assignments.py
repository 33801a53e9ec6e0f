"""Assigning a security role to a user or a team, and taking it away ($ref).

Sources: powerapps-docs, webapi/associate-disassociate-entities-using-web-api; power-platform
admin docs, assign-security-roles and prevent-elevation-security-role-privilege.
"""

from __future__ import annotations

from emulator.context import Reply
from emulator.dataverse.arguments import reference_id
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import BadArgument, BadBody, Duplicate, NotFound, UnknownSegment
from emulator.dataverse.model import EntitySet, entity_set
from emulator.dataverse.rows import find_row
from emulator.dataverse.security import privileges_of_role
from emulator.store import Document

_ASSIGNABLE = {"systemusers": "systemuserroles_association", "teams": "teamroles_association"}


def assign_role(caller: Caller) -> Reply:
    """POST …/$ref with an absolute @odata.id; assigning again changes nothing."""
    entity, holder = _holder(caller)
    body = caller.call.json()
    if "@odata.id" not in body:
        raise BadBody("The request payload has no '@odata.id'.")
    role = _role(caller, reference_id(caller, body["@odata.id"], "roles"))
    caller.demand("prvAssignRole", table="role")
    _refuse_disabled(caller, holder)
    _refuse_other_unit(caller, holder, role)
    caller.demand_to_grant(privileges_of_role(caller.store, caller.scope, role))
    held = holder.get("roles", [])
    if role["roleid"] not in held:
        _store(caller, entity, {**holder, "roles": [*held, role["roleid"]]})
    elif caller.organization.get("refusesAssigningAgain"):
        raise Duplicate
    return Reply(204)


def unassign_role(caller: Caller) -> Reply:
    """DELETE …/$ref?$id=URL or …(ROLEID)/$ref."""
    entity, holder = _holder(caller)
    given = caller.call.params.get("other")
    role = _role(caller, given or reference_id(caller, caller.call.query.get("$id"), "roles"))
    caller.demand("prvAssignRole", table="role")
    kept = [id for id in holder.get("roles", []) if id != role["roleid"]]
    _store(caller, entity, {**holder, "roles": kept})
    return Reply(204)


def _holder(caller: Caller) -> tuple[EntitySet, Document]:
    name, navigation = caller.call.params["set"], caller.call.params["navigation"]
    if _ASSIGNABLE.get(name) != navigation:
        raise UnknownSegment(f"Resource not found for the segment '{navigation}'.")
    entity = entity_set(caller, name)
    return entity, find_row(caller, entity, caller.call.params["id"])


def _role(caller: Caller, id: str) -> Document:
    role = caller.store.get(caller.scope, "roles", id)
    if role is None:
        raise NotFound(f"role With Id = {id} Does Not Exist")
    return role


def _refuse_disabled(caller: Caller, holder: Document) -> None:
    """Roles go to enabled users only (that this code comes with it is not verified)."""
    if holder.get("isdisabled") and not caller.organization.get("allowRoleAssignmentOnDisabledUsers"):
        raise BadArgument("A security role cannot be assigned to a disabled user.")


def _refuse_other_unit(caller: Caller, holder: Document, role: Document) -> None:
    """Without ownership across business units a role must be of the holder's (code not verified)."""
    if caller.organization.get("EnableOwnershipAcrossBusinessUnits"):
        return
    if role["_businessunitid_value"] != holder["_businessunitid_value"]:
        raise BadArgument(
            f"The role {role['roleid']} belongs to the business unit {role['_businessunitid_value']}, "
            f"not to {holder['_businessunitid_value']}."
        )


def _store(caller: Caller, entity: EntitySet, holder: Document) -> None:
    caller.before_permission_change()
    caller.store.put(caller.scope, entity.name, holder[entity.key], holder)
