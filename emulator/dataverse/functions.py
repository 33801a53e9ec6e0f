"""Functions: who am I, which organization is this, who holds which privilege."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from emulator.context import Reply
from emulator.dataverse.arguments import function_arguments, guid_argument, list_argument, text_argument
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import BadArgument, NotFound
from emulator.dataverse.model import ENTITY_SETS
from emulator.dataverse.rows import find_row
from emulator.dataverse.security import Held, privileges_of_role
from emulator.store import Document

_CRM = "Microsoft.Dynamics.CRM"
_ACCESS_TYPE = re.compile(r"(?:Microsoft\.Dynamics\.CRM\.EndpointAccessType')?(Default|Internet|Intranet)")
_NO_FILTER = "00000000-0000-0000-0000-000000000000"


def who_am_i(caller: Caller) -> Reply:
    """WhoAmI: the caller's user, business unit and organization."""
    body = {
        "@odata.context": caller.context(f"{_CRM}.WhoAmIResponse"),
        "BusinessUnitId": caller.user["_businessunitid_value"],
        "UserId": caller.user["systemuserid"],
        "OrganizationId": caller.scope,
    }
    return Reply(200, body)


def retrieve_current_organization(caller: Caller) -> Reply:
    """RetrieveCurrentOrganization(AccessType=…): ids that tell this organization from every other."""
    access = text_argument(_arguments(caller), "AccessType")
    if _ACCESS_TYPE.fullmatch(access) is None:
        raise BadArgument(f"The value '{access}' is not a member of EndpointAccessType.")
    organization = caller.organization
    addresses = {"WebApplication": f"{caller.url}/", "OrganizationService": f"{caller.url}/XRMServices/2011/"}
    detail = {
        "OrganizationId": caller.scope,
        "FriendlyName": organization["name"],
        "OrganizationVersion": organization["version"],
        "EnvironmentId": organization["environmentid"],
        "TenantId": organization["tenant"],
        "Geo": "EMEA",
        "UrlName": organization["name"],
        "UniqueName": f"unq{organization['id'].replace('-', '')[:12]}",
        "State": "Enabled",
        "Endpoints": {"Count": 2, "Keys": list(addresses), "Values": list(addresses.values())},
    }
    context = caller.context(f"{_CRM}.RetrieveCurrentOrganizationResponse")
    return Reply(200, {"@odata.context": context, "Detail": detail})


def retrieve_role_privileges(caller: Caller) -> Reply:
    """RetrieveRolePrivilegesRole(RoleId=…): a role's privileges with depth, in one answer."""
    caller.demand("prvReadRole", table="role")
    role_id = guid_argument(_arguments(caller), "RoleId")
    role = caller.store.get(caller.scope, "roles", role_id)
    if role is None:
        raise NotFound(f"role With Id = {role_id} Does Not Exist")
    held = privileges_of_role(caller.store, caller.scope, role)
    return _privileges(caller, "RetrieveRolePrivilegesRoleResponse", held)


def retrieve_user_privileges(caller: Caller) -> Reply:
    """RetrieveUserPrivileges: what the user's own roles give, without its teams'."""
    direct, _ = caller.permissions_of(_subject(caller))
    return _privileges(caller, "RetrieveUserPrivilegesResponse", direct)


def retrieve_team_privileges(caller: Caller) -> Reply:
    """RetrieveUsersPrivilegesThroughTeams: what the user's teams give."""
    _, teams = caller.permissions_of(_subject(caller))
    return _privileges(caller, "RetrieveUsersPrivilegesThroughTeamsResponse", teams)


def retrieve_privilege_set(caller: Caller) -> Reply:
    """RetrieveUserSetOfPrivilegesByNames: the held ones among the names, teams' included."""
    names = list_argument(_arguments(caller), "PrivilegeNames")
    return _held_among(caller, names, "RetrieveUserSetOfPrivilegesByNamesResponse")


def retrieve_privilege_by_name(caller: Caller) -> Reply:
    """RetrieveUserPrivilegeByPrivilegeName: empty when the user does not hold it."""
    name = text_argument(_arguments(caller), "PrivilegeName")
    return _held_among(caller, [name], "RetrieveUserPrivilegeByPrivilegeNameResponse")


def _held_among(caller: Caller, names: list[str], response: str) -> Reply:
    wanted = {caller.privilege_named(name)["privilegeid"] for name in names}
    direct, teams = caller.permissions_of(_subject(caller))
    return _privileges(caller, response, [held for held in (*direct, *teams) if held.privilege in wanted])


def _arguments(caller: Caller) -> dict[str, str]:
    return function_arguments(caller.call.params.get("arguments", ""), caller.call.query)


def _subject(caller: Caller) -> Document:
    """The user that the function is bound to. Everybody may ask about itself."""
    entity = ENTITY_SETS["systemusers"]
    if caller.call.params["id"].lower() != caller.user["systemuserid"]:
        caller.demand("prvReadUser", table="systemuser")
    return find_row(caller, entity, caller.call.params["id"])


def _privileges(caller: Caller, response: str, held: Iterable[Held]) -> Reply:
    names = {p["privilegeid"]: p["name"] for p in caller.store.all(caller.scope, "privileges")}
    rows = [_role_privilege(one, names) for one in held]
    return Reply(200, {"@odata.context": caller.context(f"{_CRM}.{response}"), "RolePrivileges": rows})


def _role_privilege(held: Held, names: dict[str, str]) -> dict[str, Any]:
    """One RolePrivilege; Depth is the name of the enum's member."""
    return {
        "Depth": held.depth.name,
        "PrivilegeId": held.privilege,
        "BusinessUnitId": held.unit,
        "PrivilegeName": names.get(held.privilege, ""),
        "RecordFilterId": _NO_FILTER,
        "RecordFilterUniqueName": "",
    }
