"""Graph's routes: path, rule, and the roles that the call needs (graph docs, Permissions of each API)."""

from __future__ import annotations

from emulator.context import Call, Reply
from emulator.graph import (
    applications,
    assignments,
    federated,
    grants,
    owners,
    people,
    recycle,
    reports,
    secrets,
)
from emulator.graph import service_principals as principals
from emulator.graph.access import Needs, Rule, authenticate, guarded, needs
from emulator.graph.errors import UnknownSegment

_READ_DIRECTORY = "Directory.Read.All Directory.ReadWrite.All"
_READ_APPS = needs(
    f"Application.Read.All Application.ReadWrite.OwnedBy Application.ReadWrite.All {_READ_DIRECTORY}"
)
_WRITE_APPS = needs("Application.ReadWrite.All", owned=True)
_READ_GRANTS = needs(
    f"DelegatedPermissionGrant.Read.All DelegatedPermissionGrant.ReadWrite.All {_READ_DIRECTORY}"
)
_WRITE_GRANTS = needs("DelegatedPermissionGrant.ReadWrite.All")
_READ_ASSIGNMENTS = needs(
    f"Application.Read.All Application.ReadWrite.All AppRoleAssignment.ReadWrite.All {_READ_DIRECTORY}"
)
_WRITE_ASSIGNMENTS = needs(
    "AppRoleAssignment.ReadWrite.All",
    f"Application.Read.All Application.ReadWrite.OwnedBy Application.ReadWrite.All {_READ_DIRECTORY}",
)
_READ_USERS = needs(f"User.Read.All User.ReadBasic.All User.ReadWrite.All {_READ_DIRECTORY}")
_READ_GROUPS = needs(f"Group.Read.All GroupMember.Read.All Group.ReadWrite.All {_READ_DIRECTORY}")
_READ_TENANT = needs(f"Organization.Read.All {_READ_DIRECTORY}")
_READ_REPORTS = needs(f"AuditLog.Read.All {_READ_DIRECTORY}")
_READ_POLICIES = needs("Policy.Read.All Policy.ReadWrite.ApplicationConfiguration")

Row = tuple[str, str, Rule, Needs]


def _of_each(kind: str, rows: list[tuple[str, str, Rule, Needs]]) -> list[Row]:
    """Repeat rows for both ways of naming one object: /{kind}/{id} and /{kind}(appId='…')."""
    paths = (f"/{kind}/{{id}}", f"/{kind}(appId='{{app_id}}')")
    return [(method, path + rest, rule, need) for path in paths for method, rest, rule, need in rows]


def _owner_rows(kind: str) -> list[Row]:
    return [
        ("GET", "/owners", owners.list_owners(kind), _READ_APPS),
        ("POST", "/owners/$ref", owners.add_owner(kind), _WRITE_APPS),
        ("DELETE", "/owners/{owner}/$ref", owners.remove_owner(kind), _WRITE_APPS),
    ]


def _application_rows() -> list[Row]:
    one = [
        ("GET", "", applications.get_application, _READ_APPS),
        ("PATCH", "", applications.update_application, _WRITE_APPS),
        ("DELETE", "", applications.delete_application, _WRITE_APPS),
        ("POST", "/addPassword", secrets.add_password, _WRITE_APPS),
        ("POST", "/removePassword", secrets.remove_password, _WRITE_APPS),
    ]
    named = f"/{federated.KIND}/{{credential}}"
    one += [
        ("GET", f"/{federated.KIND}", federated.list_federated_credentials, _READ_APPS),
        ("POST", f"/{federated.KIND}", federated.create_federated_credential, _WRITE_APPS),
        ("GET", named, federated.get_federated_credential, _READ_APPS),
        ("PATCH", named, federated.update_federated_credential, _WRITE_APPS),
        ("DELETE", named, federated.delete_federated_credential, _WRITE_APPS),
    ]
    return [
        ("GET", "/applications", applications.list_applications, _READ_APPS),
        ("POST", "/applications", applications.create_application, _WRITE_APPS),
        ("GET", "/applications/$count", applications.count_applications, _READ_APPS),
        *_of_each("applications", one + _owner_rows("applications")),
    ]


def _principal_rows() -> list[Row]:
    one = [
        ("GET", "", principals.get_service_principal, _READ_APPS),
        ("PATCH", "", principals.update_service_principal, _WRITE_APPS),
        ("DELETE", "", principals.delete_service_principal, _WRITE_APPS),
        ("GET", "/oauth2PermissionGrants", grants.list_grants_of_client, _READ_GRANTS),
        ("GET", "/appRoleAssignedTo", assignments.list_assigned_to, _READ_ASSIGNMENTS),
        ("POST", "/appRoleAssignedTo", assignments.create_assignment, _WRITE_ASSIGNMENTS),
        ("GET", "/appRoleAssignedTo/{assignment}", assignments.get_assignment, _READ_ASSIGNMENTS),
        ("DELETE", "/appRoleAssignedTo/{assignment}", assignments.delete_assignment, _WRITE_ASSIGNMENTS),
        ("GET", "/appRoleAssignments", assignments.list_assignments_of, _READ_ASSIGNMENTS),
        ("POST", "/appRoleAssignments", assignments.create_assignment, _WRITE_ASSIGNMENTS),
        ("DELETE", "/appRoleAssignments/{assignment}", assignments.delete_assignment, _WRITE_ASSIGNMENTS),
    ]
    return [
        ("GET", "/servicePrincipals", principals.list_service_principals, _READ_APPS),
        ("POST", "/servicePrincipals", principals.create_service_principal, _WRITE_APPS),
        ("GET", "/servicePrincipals/$count", principals.count_service_principals, _READ_APPS),
        *_of_each("servicePrincipals", one + _owner_rows("servicePrincipals")),
    ]


def _other_rows() -> list[Row]:
    return [
        ("GET", "/oauth2PermissionGrants", grants.list_grants, _READ_GRANTS),
        ("POST", "/oauth2PermissionGrants", grants.create_grant, _WRITE_GRANTS),
        ("GET", "/oauth2PermissionGrants/{id}", grants.get_grant, _READ_GRANTS),
        ("PATCH", "/oauth2PermissionGrants/{id}", grants.update_grant, _WRITE_GRANTS),
        ("DELETE", "/oauth2PermissionGrants/{id}", grants.delete_grant, _WRITE_GRANTS),
        ("GET", "/users", people.list_users, _READ_USERS),
        ("GET", "/users/{id}", people.get_user, _READ_USERS),
        ("GET", "/users/{id}/manager", people.get_manager, _READ_USERS),
        ("GET", "/groups", people.list_groups, _READ_GROUPS),
        ("GET", "/groups/{id}", people.get_group, _READ_GROUPS),
        ("GET", "/groups/{id}/members", people.list_none, _READ_GROUPS),
        ("GET", "/groups/{id}/owners", people.list_none, _READ_GROUPS),
        ("GET", "/groups/{id}/transitiveMembers", people.list_none, _READ_GROUPS),
        ("GET", "/directoryObjects/{id}", people.get_directory_object, needs(_READ_DIRECTORY)),
        ("GET", "/directory/deletedItems/microsoft.graph.{type}", recycle.list_deleted, _READ_APPS),
        ("GET", "/directory/deletedItems/graph.{type}", recycle.list_deleted, _READ_APPS),
        ("GET", "/directory/deletedItems/{id}", recycle.get_deleted, _READ_APPS),
        ("POST", "/directory/deletedItems/{id}/restore", recycle.restore, _WRITE_APPS),
        ("DELETE", "/directory/deletedItems/{id}", recycle.purge, _WRITE_APPS),
        ("GET", "/organization", people.list_organization, _READ_TENANT),
        ("GET", "/policies/defaultAppManagementPolicy", people.default_app_management_policy, _READ_POLICIES),
        ("GET", "/reports/appCredentialSignInActivities", reports.list_sign_in_activities, _READ_REPORTS),
        ("GET", "/me", people.me, needs()),
    ]


def graph_routes() -> list[tuple[str, str, Rule]]:
    """Return (method, path template, rule) of everything Graph serves, in v1.0 and beta alike."""
    rows = _application_rows() + _principal_rows() + _other_rows()
    return [(method, "/{version}" + path, guarded(rule, need)) for method, path, rule, need in rows]


def unknown_graph_route(call: Call) -> Reply:
    """Refuse a path that is not emulated as Graph refuses a segment it does not know."""
    authenticate(call)
    segments = [s for s in call.request.url.path.split("/")[2:] if s] or [""]
    known = segments[0] in {path.split("/")[2].partition("(")[0] for _, path, _ in graph_routes()}
    raise UnknownSegment(segments[-1] if known else segments[0])
