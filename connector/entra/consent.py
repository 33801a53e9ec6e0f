"""Admin consent that differs from the settings: which grants, from which scopes to which.

Graph changes the scopes of a grant in place (oauth2permissiongrant-update). The azuread provider
cannot: its update sends an empty clientId along, which Graph refuses (terraform-provider-azuread
issues 1511 and 1536, open), so the program replaces a grant, and consent is missing in between.
`deploy` therefore changes grants itself before `up`, and the engine then has nothing left to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from connector import naming
from connector.entra.graph import Grant, Principal
from connector.entra.import_ids import Attachable, granted
from connector.entra.objects import Attached
from connector.report import Action, Change
from connector.settings import ApiPermission, PermissionKind, Settings
from connector.stack.state import StackState


@dataclass(frozen=True)
class ConsentChange:
    """One grant: the engine's name and URN, Graph's id, scopes as they are and as they are wanted."""

    name: str
    urn: str
    grant_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def gone(self) -> bool:
        """Whether the grant is not in the tenant any more: it has to be made anew."""
        return not self.before

    def to_change(self) -> Change:
        """The line that people read."""
        before, after = " ".join(self.before) or "taken back", " ".join(self.after)
        return Change(Action.CHANGED, "admin consent", self.name, f"{before} → {after}", before, after)


def wanted_scopes(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The scopes that the stack consents to, by the engine's name of the grant."""
    found: dict[str, tuple[str, ...]] = {}
    for permission in _delegated(settings):
        name = naming.grant_resource(settings.profile.name, permission.api)
        found[name] = (*found.get(name, ()), permission.name)
    return found


def _delegated(settings: Settings) -> Iterator[ApiPermission]:
    return (one for one in granted(settings) if one.kind is PermissionKind.DELEGATED)


def consent_changes(
    settings: Settings, state: StackState, live: Iterable[Grant]
) -> tuple[ConsentChange, ...]:
    """The grants of the state that are not as wanted: in the settings, in the tenant, or gone from it."""
    changes = []
    held = {grant.id: grant.scopes for grant in live}
    for name, wanted in wanted_scopes(settings).items():
        known = state.resources.get(name)
        if known is None:
            continue
        grant_id = state.object_id(name) or ""
        scopes = held.get(grant_id, frozenset())
        if not frozenset(known.scopes) == frozenset(wanted) == scopes:
            changes.append(ConsentChange(name, known.urn, grant_id, tuple(sorted(scopes)), wanted))
    return tuple(changes)


def differing_grants(settings: Settings, found: Attachable) -> Mapping[str, Change]:
    """Live grants that `adopt` leaves to `deploy`, by the engine's name, with what to decide."""
    live = {grant.resource_id: grant.scopes for grant in found.attached.grants}
    apis = {p.api: found.apis[p.client_id].id for p in _delegated(settings) if p.client_id in found.apis}
    changes: dict[str, Change] = {}
    for api, resource in apis.items():
        name = naming.grant_resource(settings.profile.name, api)
        wanted = wanted_scopes(settings)[name]
        held = live.get(resource)
        if held is not None and held != frozenset(wanted):
            changes[name] = _undecided(api, name, held, wanted)
    return changes


def _undecided(api: str, name: str, held: frozenset[str], wanted: tuple[str, ...]) -> Change:
    before, after = " ".join(sorted(held)), " ".join(wanted)
    extra = ", ".join(f"{api}/{scope}" for scope in sorted(held.difference(wanted)))
    keep = f"; to keep {extra}, add it to permissions first" if extra else ""
    text = f"{before} → {after}: the next deploy changes it in place and takes it over{keep}"
    return Change(Action.PENDING, "admin consent", name, text, before, after)


def missing_consent(
    permissions: Iterable[ApiPermission], apis: Mapping[str, Principal], attached: Attached
) -> list[str]:
    """The permissions without consent, as `api/name`; `apis` are service principals by application id.

    A scope counts on its own API alone, and an application permission by its app role assignment.
    """
    given = {(grant.resource_id, scope) for grant in attached.grants for scope in grant.scopes}
    held = {(role.resource_id, role.role_id) for role in attached.roles}
    missing = (one for one in permissions if not _is_given(one, apis.get(one.client_id), given, held))
    return [f"{one.api}/{one.name}" for one in missing]


def _is_given(
    permission: ApiPermission,
    api: Principal | None,
    given: set[tuple[str, str]],
    held: set[tuple[str, str]],
) -> bool:
    if api is None:
        return False
    if permission.kind is PermissionKind.DELEGATED:
        return (api.id, permission.name) in given
    ids = {name: id for id, name in api.app_roles}
    return (api.id, ids.get(permission.name, "")) in held


def consent_link(login: str, tenant_id: str, client_id: str) -> str:
    """The address to open; *login* is the cloud's login host as a URL."""
    return f"{login.rstrip('/')}/{quote(tenant_id)}/adminconsent?client_id={quote(client_id)}"
