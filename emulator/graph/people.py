"""Users, groups, the organization and the tenant's policies: read only."""

from __future__ import annotations

from emulator.context import Call, Reply
from emulator.graph.answers import Kind, check_options, entity, page
from emulator.graph.default_policy import DEFAULT_APP_POLICY, new_policy
from emulator.graph.errors import MeWithoutUser, NotFound
from emulator.graph.kinds import DIRECTORY_OBJECT, GROUP, ORGANIZATION, USER
from emulator.graph.objects import by_id
from emulator.store import Document


def list_users(call: Call) -> Reply:
    """GET /users."""
    return page(call, USER, call.store.all(call.scope, "users"))


def _user(call: Call) -> Document:
    name = call.params["id"]
    for user in call.store.all(call.scope, "users"):
        if name.lower() in (user["id"], user["userPrincipalName"].lower()):
            return user
    raise NotFound(name)


def get_user(call: Call) -> Reply:
    """GET /users/{id or userPrincipalName}."""
    return entity(call, USER, _user(call))


def get_manager(call: Call) -> Reply:
    """GET /users/{id}/manager: nobody has one."""
    _user(call)
    raise NotFound("manager")


def list_groups(call: Call) -> Reply:
    """GET /groups."""
    return page(call, GROUP, call.store.all(call.scope, "groups"))


def get_group(call: Call) -> Reply:
    """GET /groups/{id}."""
    return entity(call, GROUP, by_id(call, "groups", call.params["id"]))


def list_none(call: Call) -> Reply:
    """GET /groups/{id}/members, owners, transitiveMembers: the seed's groups have none."""
    by_id(call, "groups", call.params["id"])
    return page(call, DIRECTORY_OBJECT, [])


def get_directory_object(call: Call) -> Reply:
    """GET /directoryObjects/{id}."""
    for kind, type_name in (
        ("users", "user"),
        ("groups", "group"),
        ("servicePrincipals", "servicePrincipal"),
    ):
        document = call.store.get(call.scope, kind, call.params["id"])
        if document:
            reply = entity(call, Kind(kind, type_name, frozenset()), document)
            return Reply(body={"@odata.type": f"#microsoft.graph.{type_name}"} | reply.body)
    raise NotFound(call.params["id"])


def list_organization(call: Call) -> Reply:
    """GET /organization: the caller's tenant."""
    return page(call, ORGANIZATION, call.store.all(call.scope, "tenants"))


def default_app_management_policy(call: Call) -> Reply:
    """GET /policies/defaultAppManagementPolicy."""
    check_options(call, {"$select"})
    policy = call.store.get(call.scope, "policies", DEFAULT_APP_POLICY) or new_policy()
    context = f"{call.ctx.graph}/v1.0/$metadata#policies/defaultAppManagementPolicy/$entity"
    return Reply(body={"@odata.context": context} | policy)


def me(_: Call) -> Reply:
    """GET /me: an application has no user. Raises MeWithoutUser."""
    raise MeWithoutUser
