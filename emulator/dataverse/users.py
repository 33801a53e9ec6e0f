"""Application users: made for a service principal, disabled, moved, deleted twice.

Sources: powerapps-docs, use-single-tenant-server-server-authentication; power-platform admin
docs, create-users, manage-application-users and delete-users; terraform-provider-power-platform.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from emulator.context import Reply
from emulator.dataverse.arguments import bound_id, refuse_unknown
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import (
    BadArgument,
    BadBody,
    DeleteRace,
    DirectoryRefused,
    Duplicate,
    NoBusinessUnit,
    NotEmulated,
    NotFound,
    OwnsRecords,
)
from emulator.dataverse.filters import is_guid
from emulator.dataverse.model import ENTITY_SETS
from emulator.dataverse.rows import find_row
from emulator.dataverse.writing import check_preconditions, written
from emulator.errors import ServiceError
from emulator.store import Document

_USERS = ENTITY_SETS["systemusers"]
_BIND = "businessunitid@odata.bind"
_WRITABLE = ("applicationid", "accessmode", "isdisabled", _BIND)
_CREATABLE = (*_WRITABLE, "systemuserid")


def create_user(caller: Caller) -> Reply:
    """POST systemusers: an application user for a service principal of the organization's tenant."""
    body = caller.call.json()
    caller.demand("prvCreateUser", table="systemuser")
    return _create(caller, body, str(body.get("systemuserid") or uuid.uuid4()).lower())


def _create(caller: Caller, body: dict[str, Any], id: str) -> Reply:
    refuse_unknown(body, _CREATABLE, "systemuser")
    _check_types(body)
    app_id = body.get("applicationid")
    if app_id is None:
        raise NotEmulated("Only application users can be made here: 'applicationid' is missing.")
    if not is_guid(app_id) or not is_guid(id):
        raise BadArgument("'applicationid' and 'systemuserid' must be of the type 'Edm.Guid'.")
    if _BIND not in body:
        raise NoBusinessUnit("Cannot retrieve attribute businessunitid of entity systemuser: it is missing.")
    unit = _unit(caller, body[_BIND])
    _refuse_duplicate(caller, id, app_id)
    if caller.organization.get("directoryLagPosts", 0) > 0:
        return _not_seen_yet(caller, app_id)
    user = _new_user(caller, id, body, unit, _principal(caller, app_id))
    caller.store.put(caller.scope, "systemusers", id, user)
    return written(caller, _USERS, user, created=True)


def _check_types(body: dict[str, Any]) -> None:
    for name, kind in (("isdisabled", bool), ("accessmode", int)):
        if name in body and type(body[name]) is not kind:
            raise BadBody(f"Cannot convert the literal '{body[name]}' of '{name}' to the expected type.")


def _refuse_duplicate(caller: Caller, id: str, app_id: str) -> None:
    """One row per application, the soft-deleted ones counted."""
    for user in caller.store.all(caller.scope, "systemusers"):
        if user["systemuserid"] == id or str(user.get("applicationid")).lower() == app_id.lower():
            raise Duplicate


def _unit(caller: Caller, bind: object) -> str:
    id = bound_id(caller, bind, "businessunits")
    if caller.store.get(caller.scope, "businessunits", id) is None:
        raise NotFound(f"businessunit With Id = {id} Does Not Exist")
    return id


def _principal(caller: Caller, app_id: str) -> Document:
    """The service principal in the organization's own tenant; an application alone is not enough."""
    for principal in caller.store.all(caller.organization["tenant"], "servicePrincipals"):
        if str(principal.get("appId", "")).lower() == app_id.lower():
            return principal
    raise _unknown_principal(caller, app_id)


def _unknown_principal(caller: Caller, app_id: str) -> DirectoryRefused:
    tenant = caller.organization["tenant"]
    return DirectoryRefused(f"The application {app_id} has no service principal in the tenant {tenant}.")


def _not_seen_yet(caller: Caller, app_id: str) -> Reply:
    """Right after consent: the service principal is there, and Dataverse does not see it yet."""
    _count_down(caller, "directoryLagPosts")
    return _refusal(_unknown_principal(caller, app_id))


def _refusal(error: ServiceError) -> Reply:
    """A refusal that keeps what was written before it."""
    return Reply(error.status, error.body(), error.headers)


def _new_user(caller: Caller, id: str, body: dict[str, Any], unit: str, principal: Document) -> Document:
    """What the service fills in by itself comes from the service principal."""
    name, tenant = principal.get("displayName") or "", caller.organization["tenant"]
    app_id = body["applicationid"].lower()
    addresses = [n for n in principal.get("servicePrincipalNames", []) if "://" in n]
    return {
        "systemuserid": id,
        "applicationid": app_id,
        "applicationiduri": addresses[0] if addresses else app_id,
        "azureactivedirectoryobjectid": principal["id"],
        "fullname": f"# {name}",
        "firstname": "#",
        "lastname": name,
        "domainname": f"{name.replace(' ', '')}+{app_id}@{tenant}.com",
        "internalemailaddress": f"{app_id}@{tenant}.com",
        "accessmode": body.get("accessmode", 4),
        "isdisabled": bool(body.get("isdisabled", False)),
        "deletedstate": 0,
        "_businessunitid_value": unit,
        "_createdby_value": caller.user["systemuserid"],
        "createdon": datetime.fromtimestamp(caller.call.ctx.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "roles": [],
    }


def update_user(caller: Caller) -> Reply:
    """PATCH a user; without If-Match an unknown id makes a new one (upsert)."""
    id, body = caller.call.params["id"].lower(), caller.call.json()
    user = caller.store.get(caller.scope, "systemusers", id)
    check_preconditions(caller, _USERS, user, id)
    if user is None:
        caller.demand("prvCreateUser", table="systemuser")
        return _create(caller, body, id)
    caller.demand("prvWriteUser", table="systemuser")
    refuse_unknown(body, _WRITABLE, "systemuser")
    _check_types(body)
    changed = {**user, **{key: value for key, value in body.items() if key in ("accessmode", "isdisabled")}}
    if changed["isdisabled"] != user["isdisabled"]:
        caller.demand("prvDisableUser", table="systemuser")
    if str(body.get("applicationid", user["applicationid"])).lower() != user["applicationid"]:
        raise BadArgument("The application id of an application user cannot be changed.")
    if _BIND in body:
        _move(caller, changed, _unit(caller, body[_BIND]))
    caller.store.put(caller.scope, "systemusers", id, changed)
    return written(caller, _USERS, changed, created=False)


def _move(caller: Caller, user: Document, unit: str) -> None:
    """Another business unit: the user loses its roles."""
    if unit == user["_businessunitid_value"]:
        return
    caller.demand("prvReparentUser", table="systemuser")
    caller.before_permission_change()
    user["_businessunitid_value"], user["roles"] = unit, []


def delete_user(caller: Caller) -> Reply:
    """DELETE a disabled user: first it only becomes a ghost (deletedstate 1), then it goes."""
    user = find_row(caller, _USERS, caller.call.params["id"])
    id = user["systemuserid"]
    check_preconditions(caller, _USERS, user, id)
    caller.demand("prvDeleteUser", table="systemuser")
    if not user["isdisabled"]:
        raise BadArgument(f"The user {id} is enabled; only a disabled user can be deleted.")
    early = bool(caller.organization.get("ownersStayAtFirstDelete"))
    if (early or user["deletedstate"]) and (owned := _owned_records(caller, id)):
        raise OwnsRecords(f"Can't delete a user which owns records. The user {id} owns {owned}.")
    if user["deletedstate"] == 0:
        caller.store.put(caller.scope, "systemusers", id, {**user, "deletedstate": 1})
        return Reply(204)
    if caller.organization.get("deleteRaces", 0) > 0:
        return _lost_race(caller)
    caller.store.delete(caller.scope, "systemusers", id)
    return Reply(204)


def _owned_records(caller: Caller, id: str) -> int:
    """How many rows the user owns; with any it cannot go (power-platform admin docs, delete-users)."""
    sets = {table["EntitySetName"] for table in caller.store.all(caller.scope, "tables")} - set(ENTITY_SETS)
    return sum(len(caller.store.find(caller.scope, name, _ownerid_value=id)) for name in sets)


def _lost_race(caller: Caller) -> Reply:
    _count_down(caller, "deleteRaces")
    return _refusal(DeleteRace("The object is associated with a usersettings row and cannot be deleted."))


def _count_down(caller: Caller, knob: str) -> None:
    organization = {**caller.organization, knob: caller.organization[knob] - 1}
    caller.store.put(caller.scope, "organizations", caller.scope, organization)
