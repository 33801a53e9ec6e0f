"""What the tenant holds of a stack beside its application, found by the ids in the state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector import naming
from connector.entra.directory import Directory
from connector.entra.graph import Assignment, Principal
from connector.entra.import_ids import app_roles_of, people_of
from connector.entra.objects import Federated, LiveApplication
from connector.settings import Settings
from connector.stack.state import StackState
from connector.wire.rounds import join, start


@dataclass(frozen=True)
class Held:
    """The service principal, who is assigned to it, the app roles that it holds, whose tokens count."""

    principal: Principal | None = None
    assigned: Sequence[Assignment] = ()
    roles: Sequence[Assignment] = ()
    federated: Sequence[Federated] = ()


async def read_held(directory: Directory, settings: Settings, state: StackState) -> Held:
    """Read it side by side, and only what the state knows. Raises RefusedError, UnreachableError."""
    base = settings.profile.name
    own = state.object_id(naming.service_principal_resource(base))
    application = state.object_id(naming.application_resource(base))
    trusts = naming.federated_resource(base) in state.resources
    principal = start(directory.principal(own) if own else _none())
    assigned = start(directory.assigned_to(own) if own else _nothing())
    roles = start(directory.assignments_of(own) if own and app_roles_of(settings) else _nothing())
    federated = start(directory.federated(application) if application and trusts else _nothing())
    await join(principal, assigned, roles, federated)
    return Held(principal.result(), assigned.result(), roles.result(), federated.result())


async def _none() -> None:
    return None


async def _nothing() -> Sequence[Any]:
    return ()


#: Properties of an application by Graph's names, and where the provider keeps them.
_LISTS = {
    "web.redirectUris": "web.redirectUris",
    "publicClient.redirectUris": "publicClient.redirectUris",
    "spa.redirectUris": "singlePageApplication.redirectUris",
}
_VALUES = ("displayName", "signInAudience")


@dataclass(frozen=True)
class Drift:
    """One resource of the state that is not as the last run left it, and in what."""

    urn: str
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.name} ({self.what})"


def drifts(settings: Settings, state: StackState, live: LiveApplication, held: Held) -> tuple[Drift, ...]:
    """The resources that differ; none of an application that the state does not know."""
    base = settings.profile.name
    found = [*_application(state, naming.application_resource(base), live)]
    found += _federated(state, naming.federated_resource(base), held.federated)
    if held.principal is not None:
        found += _principal(state, naming.service_principal_resource(base), held.principal)
        names = (naming.assignment_resource(base, kind, who) for kind, who in people_of(settings))
        found += _missing(state, names, held.assigned)
        found += _missing(state, app_roles_of(settings), held.roles)
    return tuple(found)


def _application(state: StackState, name: str, live: LiveApplication) -> Iterator[Drift]:
    known = state.resources.get(name)
    if known is None or state.object_id(name) != live.id:
        return
    differs = [key for key in _VALUES if known.facts.get(key) != live.raw.get(key)]
    differs += [key for key, kept in _LISTS.items() if _set(live.raw, key) != _set(known.facts, kept)]
    if _asked(live.raw, "requiredResourceAccess", "resourceAccess") != _asked(
        known.facts, "requiredResourceAccesses", "resourceAccesses"
    ):
        differs.append("requiredResourceAccess")
    if differs:
        yield Drift(known.urn, name, ", ".join(differs))


def _principal(state: StackState, name: str, live: Principal) -> Iterator[Drift]:
    known = state.resources.get(name)
    if known and bool(known.facts.get("appRoleAssignmentRequired")) != live.assignment_required:
        yield Drift(known.urn, name, "appRoleAssignmentRequired")


def _federated(state: StackState, name: str, live: Iterable[Federated]) -> Iterator[Drift]:
    known = state.resources.get(name)
    if known is None:
        return
    held = next((one for one in live if one.id == state.object_id(name)), None)
    if held is None:
        if not known.is_young:
            yield Drift(known.urn, name, "is gone")
        return
    now = {"issuer": held.issuer, "subject": held.subject, "audiences": list(held.audiences)}
    differs = [key for key, value in now.items() if known.facts.get(key) != value]
    if differs:
        yield Drift(known.urn, name, ", ".join(differs))


def _missing(state: StackState, names: Iterable[str], live: Iterable[Assignment]) -> Iterator[Drift]:
    held = {one.id for one in live}
    for name in names:
        known = state.resources.get(name)
        # A new one may be unknown to some replicas for minutes.
        if known and not known.is_young and state.object_id(name) not in held:
            yield Drift(known.urn, name, "is gone")


def _set(document: Mapping[str, Any], path: str) -> frozenset[str]:
    outer, inner = path.split(".")
    return frozenset((document.get(outer) or {}).get(inner) or ())


def _asked(document: Mapping[str, Any], outer: str, inner: str) -> frozenset[tuple[str, str]]:
    rows = document.get(outer) or ()
    return frozenset((str(row["resourceAppId"]), str(one["id"])) for row in rows for one in row[inner])
