"""Routes of the Dataverse Web API (thin: each names a rule)."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.routing import compile_path

from emulator.context import Call, Reply
from emulator.dataverse import assignments, functions, metadata, records, role_privileges, roles, rows, users
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import UnknownSegment, WrongMethod
from emulator.dataverse.serving import CallerRule, secured

Rule = Callable[[Call], Reply]

_API = "/api/data/{version}"
_BOUND = "Microsoft.Dynamics.CRM."
_USER = "/systemusers({id})/" + _BOUND
_ROLE = "/roles({id})/" + _BOUND
_REF = "/{set}({id})/{navigation}"

# The order counts: the first template that fits wins, so the general ones come last.
_RULES: tuple[tuple[str, str, CallerRule], ...] = (
    ("GET", "/WhoAmI", functions.who_am_i),
    ("GET", "/WhoAmI()", functions.who_am_i),
    ("GET", "/RetrieveCurrentOrganization({arguments})", functions.retrieve_current_organization),
    ("GET", "/RetrieveRolePrivilegesRole({arguments})", functions.retrieve_role_privileges),
    ("GET", _USER + "RetrieveUserPrivileges", functions.retrieve_user_privileges),
    ("GET", _USER + "RetrieveUserPrivileges()", functions.retrieve_user_privileges),
    ("GET", _USER + "RetrieveUsersPrivilegesThroughTeams", functions.retrieve_team_privileges),
    ("GET", _USER + "RetrieveUsersPrivilegesThroughTeams()", functions.retrieve_team_privileges),
    ("GET", _USER + "RetrieveUsersPrivilegesThroughTeams({arguments})", functions.retrieve_team_privileges),
    ("GET", _USER + "RetrieveUserSetOfPrivilegesByNames({arguments})", functions.retrieve_privilege_set),
    (
        "GET",
        _USER + "RetrieveUserPrivilegeByPrivilegeName({arguments})",
        functions.retrieve_privilege_by_name,
    ),
    ("POST", _ROLE + "AddPrivilegesRole", role_privileges.add_privileges),
    ("POST", _ROLE + "ReplacePrivilegesRole", role_privileges.replace_privileges),
    ("POST", _ROLE + "RemovePrivilegeRole", role_privileges.remove_privilege),
    ("GET", "/EntityDefinitions", metadata.read_definitions),
    ("GET", "/EntityDefinitions({key})", metadata.read_definition),
    (
        "GET",
        "/EntityDefinitions({key})/Attributes/" + _BOUND + "PicklistAttributeMetadata",
        metadata.read_choice_columns,
    ),
    ("POST", "/roles", roles.create_role),
    ("PATCH", "/roles({id})", roles.update_role),
    ("DELETE", "/roles({id})", roles.delete_role),
    ("POST", "/systemusers", users.create_user),
    ("PATCH", "/systemusers({id})", users.update_user),
    ("DELETE", "/systemusers({id})", users.delete_user),
    ("GET", _REF + "/$ref", rows.read_references),
    ("POST", _REF + "/$ref", assignments.assign_role),
    ("DELETE", _REF + "({other})/$ref", assignments.unassign_role),
    ("DELETE", _REF + "/$ref", assignments.unassign_role),
    ("GET", "/{set}({id})", rows.read_one),
    ("PATCH", "/{set}({id})", records.update_record),
    ("DELETE", "/{set}({id})", records.delete_record),
    ("GET", _REF, rows.read_associated),
    ("GET", "/{set}", rows.read_many),
    ("POST", "/{set}", records.create_record),
)


def dataverse_routes() -> list[tuple[str, str, Rule]]:
    """Return (method, path template, rule) for every emulated route."""
    return [(method, _API + path, secured(rule)) for method, path, rule in _RULES]


def unknown_dataverse_route(call: Call) -> Reply:
    """Refuse a route that is not emulated as the service refuses an unknown segment or a wrong method.

    A path without a version, or without a token, is answered as any other.
    """
    return secured(_unknown)(call)


def _unknown(caller: Caller) -> Reply:
    path, method = caller.call.request.url.path, caller.call.request.method
    caller.call.request.scope["emulator"]["emulated"] = False
    if any(_template(template).fullmatch(path) for _, template, _ in _RULES):
        raise WrongMethod(f"The requested resource does not support http method '{method}'.")
    raise UnknownSegment(f"Resource not found for the segment '{path.rsplit('/', 1)[-1]}'.")


def _template(template: str) -> re.Pattern[str]:
    return compile_path(_API + template)[0]
