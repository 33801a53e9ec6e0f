"""App role assignments: who may use an application, and what a client may do on an API."""

from __future__ import annotations

from emulator.context import Call, Reply
from emulator.graph.answers import entity, page
from emulator.graph.errors import AssignmentExists, BadRequest, NotAValidReference, NotFound
from emulator.graph.kinds import ASSIGNMENT
from emulator.graph.objects import by_id, declared, plain, principal, save, target
from emulator.graph.shapes import new_assignment
from emulator.store import Document

# The default role: legal only where the application declares none (graph docs, appRoleAssignment).
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
_KNOWN: Document = dict.fromkeys(("appRoleId", "principalId", "resourceId"))
_MEMBER_TYPES = {"User": "User", "Group": "User", "ServicePrincipal": "Application"}


def list_assigned_to(call: Call) -> Reply:
    """GET /servicePrincipals/{id}/appRoleAssignedTo: who is assigned to this resource."""
    resource = target(call, "servicePrincipals")
    return page(
        call, ASSIGNMENT, call.store.find(call.scope, "appRoleAssignments", resourceId=resource["id"])
    )


def list_assignments_of(call: Call) -> Reply:
    """GET /servicePrincipals/{id}/appRoleAssignments: what this principal is assigned to."""
    held = call.store.find(
        call.scope, "appRoleAssignments", principalId=target(call, "servicePrincipals")["id"]
    )
    return page(call, ASSIGNMENT, held)


def _assignment(call: Call) -> Document:
    owner = target(call, "servicePrincipals")
    found = by_id(call, "appRoleAssignments", call.params["assignment"])
    if owner["id"] not in (found["resourceId"], found["principalId"]):
        raise NotFound(call.params["assignment"])
    return found


def get_assignment(call: Call) -> Reply:
    """GET /servicePrincipals/{id}/appRoleAssignedTo/{assignment}."""
    return entity(call, ASSIGNMENT, _assignment(call))


def create_assignment(call: Call) -> Reply:
    """POST /servicePrincipals/{id}/appRoleAssignedTo (or appRoleAssignments): 201.

    Raises AssignmentExists, NotAValidReference.
    """
    owner = target(call, "servicePrincipals")
    body = _KNOWN | declared(plain(call.json()), _KNOWN, frozenset(), frozenset())
    end = "principalId" if call.request.url.path.endswith("appRoleAssignments") else "resourceId"
    if body[end] != owner["id"]:
        raise BadRequest(f"Invalid value specified for property '{end}' of resource 'AppRoleAssignment'.")
    found = principal(call, str(body["principalId"]))
    resource = call.store.get(call.scope, "servicePrincipals", str(body["resourceId"]))
    if found is None or resource is None:
        raise NotAValidReference
    _check_role(resource, str(body["appRoleId"]), found[1])
    if call.store.find(call.scope, "appRoleAssignments", **body):
        raise AssignmentExists
    assignment = new_assignment(call.ctx.now(), str(body["appRoleId"]), *found, resource)
    save(call, "appRoleAssignments", assignment)
    return entity(call, ASSIGNMENT, assignment, 201)


def _check_role(resource: Document, role_id: str, type_name: str) -> None:
    declared_roles = {role["id"]: role for role in resource["appRoles"]}
    if role_id == DEFAULT_ROLE and not declared_roles:
        return
    role = declared_roles.get(role_id)
    if role is None or _MEMBER_TYPES[type_name] not in role.get("allowedMemberTypes", ()):
        raise NotAValidReference


def delete_assignment(call: Call) -> Reply:
    """DELETE /servicePrincipals/{id}/appRoleAssignedTo/{assignment}: 204."""
    call.store.delete(call.scope, "appRoleAssignments", _assignment(call)["id"])
    return Reply(204)
