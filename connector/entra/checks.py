"""What the directory must say for the connection to work: consent, assignments, service principal."""

from __future__ import annotations

from collections.abc import Iterator

from connector.entra.consent import consent_link
from connector.entra.graph import Assignment, Grant, Graph, Principal
from connector.report import Cause
from connector.settings import ApiPermission, ConsentMode, PermissionKind, Settings
from connector.settings.checks import GUID
from connector.stack.outputs import StackOutputs
from connector.wire.rounds import join, start
from connector.wire.session import Session


async def directory_causes(settings: Settings, outputs: StackOutputs, session: Session) -> list[Cause]:
    """Read Graph side by side, and say what is wrong, the gravest first; empty when all is well."""
    graph = Graph(session)
    own_id = outputs.service_principal_object_id
    own = start(graph.principal(own_id))
    grants = start(graph.grants(own_id))
    people = start(graph.assigned_to(own_id))
    roles = start(_own_roles(graph, settings, own_id))
    apis = start(_apis(graph, settings))
    users = start(_user_ids(graph, settings))
    await join(own, grants, people, roles, apis, users)
    principal = own.result()
    if principal is None:
        text = f"the service principal {own_id} does not exist; run deploy"
        return [Cause("entra.service_principal_missing", own_id, text)]
    causes = [
        *_principal_causes(settings, principal),
        *_grant_causes(settings, apis.result(), grants.result()),
        *_role_causes(settings, apis.result(), roles.result()),
        *_assignment_causes(settings, users.result(), people.result()),
    ]
    if settings.consent is not ConsentMode.LINK:
        return causes
    return _pending(causes, consent_link(session.endpoints.login, settings.tenant_id, outputs.client_id))


def _pending(causes: list[Cause], link: str) -> list[Cause]:
    """With `consent: link`, what is not granted awaits a person and is no fault; named last."""
    missing = [cause.key for cause in causes if cause.code == "entra.grant_missing"]
    others = [cause for cause in causes if cause.code != "entra.grant_missing"]
    if missing:
        text = f"admin consent is pending for {', '.join(missing)}: somebody who may consent opens {link}"
        others.append(Cause("entra.consent_pending", link, text, person=True))
    return others


async def _own_roles(graph: Graph, settings: Settings, id: str) -> list[Assignment]:
    if any(p.kind is PermissionKind.APPLICATION for p in settings.permissions):
        return await graph.assignments_of(id)
    return []


async def _apis(graph: Graph, settings: Settings) -> dict[str, Principal | None]:
    names = {p.api: p.client_id for p in settings.permissions}
    found = {one.app_id: one for one in await graph.principals_of_apps(names.values())}
    return {api: found.get(app_id) for api, app_id in names.items()}


async def _user_ids(graph: Graph, settings: Settings) -> dict[str, str | None]:
    names = [user for user in settings.assignments.users if not GUID.fullmatch(user)]
    branches = {name: start(graph.user_id(name)) for name in names}
    await join(*branches.values())
    found: dict[str, str | None] = {name: branch.result() for name, branch in branches.items()}
    return found | {user: user for user in settings.assignments.users if user not in found}


def _principal_causes(settings: Settings, principal: Principal) -> Iterator[Cause]:
    if not principal.enabled:
        text = f"the service principal of {principal.app_id} is disabled; enable it"
        yield Cause("entra.service_principal_disabled", principal.id, text)
    if principal.assignment_required != settings.assignments.required:
        wanted = "" if settings.assignments.required else "not "
        text = f"assignment should {wanted}be required on the service principal; run deploy"
        yield Cause("entra.assignment_required", principal.id, text)


def _grant_causes(
    settings: Settings, apis: dict[str, Principal | None], grants: list[Grant]
) -> Iterator[Cause]:
    by_resource: dict[str, list[Grant]] = {}
    for grant in grants:
        by_resource.setdefault(grant.resource_id, []).append(grant)
    for api, principal in apis.items():
        wanted = _names(settings.permissions, api, PermissionKind.DELEGATED)
        held = by_resource.pop(principal.id, []) if principal else []
        yield from _api_causes(api, wanted, held)
    for resource, extra in by_resource.items():
        scopes = ", ".join(sorted(scope for grant in extra for scope in grant.scopes))
        text = f"a grant for API {resource} that the settings do not ask for: {scopes}"
        yield Cause("entra.grant_excess", resource, text)


def _api_causes(api: str, wanted: frozenset[str], held: list[Grant]) -> Iterator[Cause]:
    scopes = frozenset(scope for grant in held for scope in grant.scopes)
    missing = ", ".join(f"{api}/{name}" for name in sorted(wanted - scopes))
    excess = ", ".join(f"{api}/{name}" for name in sorted(scopes - wanted))
    if missing:
        text = f"admin consent is missing for {missing}; run deploy, or consent by the link"
        yield Cause("entra.grant_missing", missing.split(", ")[0], text)
    if excess:
        text = f"consent was given for more than is asked: {excess}; ask for it or take it back"
        yield Cause("entra.grant_excess", excess.split(", ")[0], text)
    if len(held) > 1:
        text = f"{len(held)} grants exist for {api} where one is expected"
        yield Cause("entra.grant_doubled", api, text)


def _role_causes(
    settings: Settings, apis: dict[str, Principal | None], roles: list[Assignment]
) -> Iterator[Cause]:
    for api, principal in apis.items():
        wanted = _names(settings.permissions, api, PermissionKind.APPLICATION)
        if not wanted or principal is None:
            continue
        names = dict(principal.app_roles)
        mine = [role for role in roles if role.resource_id == principal.id]
        held = {names.get(role.role_id, role.role_id) for role in mine}
        for name in sorted(wanted - held):
            text = f"the application permission {api}/{name} is not granted; run deploy"
            yield Cause("entra.grant_missing", f"{api}/{name}", text)


def _names(permissions: tuple[ApiPermission, ...], api: str, kind: PermissionKind) -> frozenset[str]:
    return frozenset(p.name for p in permissions if p.api == api and p.kind is kind)


def _assignment_causes(
    settings: Settings, users: dict[str, str | None], people: list[Assignment]
) -> Iterator[Cause]:
    ids = {one.principal_id for one in people}
    # Graph finds a group whatever the case of its name.
    groups = {one.principal_name.casefold() for one in people if one.principal_type == "Group"}
    for user, found in users.items():
        if found is None or found.lower() not in ids:
            yield _unassigned("user", user)
    for group in settings.assignments.groups:
        if group.lower() not in ids and group.casefold() not in groups:
            yield _unassigned("group", group)


def _unassigned(kind: str, name: str) -> Cause:
    text = f"{kind} {name} is not assigned to the application; run deploy"
    return Cause("entra.assignment_missing", name, text)
