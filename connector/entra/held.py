"""What the tenant holds of a stack beside its application, found by the ids in the state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector import naming
from connector.entra.adoption import app_roles_of
from connector.entra.directory import Directory
from connector.entra.graph import Assignment, Principal
from connector.entra.objects import Federated
from connector.rounds import join, start
from connector.settings import Settings
from connector.stack_state import StackState


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
