"""What is planned for one identity in the directory, and a line for everything that it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.bootstrap.model import Service, Trust, Wanted
from connector.entra.graph import Assignment, Principal
from connector.entra.objects import Federated, LiveApplication
from connector.report import WRITES, Action, Change

APPLICATION, PRINCIPAL = "application", "service principal"
TRUST, PERMISSION = "federated credential", "Graph permission"


@dataclass(frozen=True)
class LiveIdentity:
    """What the directory holds of an identity."""

    application: LiveApplication | None = None
    principal: Principal | None = None
    federated: tuple[Federated, ...] = ()
    held: tuple[Assignment, ...] = ()


@dataclass(frozen=True)
class IdentityPlan:
    """What is to be done for one identity; `graph` is Microsoft Graph's service principal.

    `change` holds the application's properties to set, `add` and `update` its federated
    credentials, `drop` those that they replace, `give` names of app roles, `take` those it holds
    and is not to.
    """

    wanted: Wanted
    live: LiveIdentity
    graph: Principal
    change: Mapping[str, Any] = field(default_factory=dict)
    add: tuple[Trust, ...] = ()
    update: tuple[tuple[Federated, Trust], ...] = ()
    drop: tuple[Federated, ...] = ()
    give: tuple[str, ...] = ()
    take: tuple[Assignment, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return any(change.action in WRITES for change in self.changes)


def lines_of(plan: IdentityPlan, held: Mapping[str, Assignment]) -> Iterator[Change]:
    """A line for everything that a plan does or leaves; *held* is what it holds on Graph, by name."""
    wanted, live = plan.wanted, plan.live
    name, application = wanted.who.display_name, live.application
    if application is None:
        yield Change(Action.ADDED, APPLICATION, name, "for this tenant alone, without any secret")
    elif plan.change:
        yield Change(Action.CHANGED, APPLICATION, application.display_name, ", ".join(sorted(plan.change)))
    else:
        yield Change(Action.KEPT, APPLICATION, application.display_name, application.app_id)
    if live.principal is None:
        yield Change(Action.ADDED, PRINCIPAL, name)
    elif not live.principal.enabled:
        yield Change(Action.FOREIGN, PRINCIPAL, name, "was disabled by somebody; left as it is")
    yield from _trust_lines(plan)
    yield from _right_lines(plan, held)


def _right_lines(plan: IdentityPlan, held: Mapping[str, Assignment]) -> Iterator[Change]:
    wanted, taken = plan.wanted, {one.id for one in plan.take}
    for right in wanted.names(Service.GRAPH):
        yield Change(Action.ADDED if right in plan.give else Action.KEPT, PERMISSION, right)
    for right, assignment in held.items():
        if assignment.id in taken:
            yield Change(Action.REMOVED, PERMISSION, right, "not needed by this stack")
        elif right not in wanted.names(Service.GRAPH):
            yield Change(Action.FOREIGN, PERMISSION, right, "given by somebody else; left")


def _trust_lines(plan: IdentityPlan) -> Iterator[Change]:
    changed = {trust.name: before for before, trust in plan.update}
    for trust in plan.wanted.trusts:
        before = changed.get(trust.name)
        if before is not None:
            yield Change(
                Action.CHANGED,
                TRUST,
                trust.name,
                f"{before.subject} → {trust.subject}",
                before.subject,
                trust.subject,
            )
        elif trust in plan.add:
            yield Change(Action.ADDED, TRUST, trust.name, trust.subject, "", trust.subject)
        else:
            yield Change(Action.KEPT, TRUST, trust.name, trust.subject)
    for one in plan.drop:
        detail = f"{one.subject}: trusted without an approval until now"
        yield Change(Action.REMOVED, TRUST, one.name, detail, one.subject, "")
    told = {one.id for one in (*(before for before, _ in plan.update), *plan.drop)}
    for one in plan.live.federated:
        if one.id not in told and not any(one.is_as(trust) for trust in plan.wanted.trusts):
            detail = f"{one.subject}: from an earlier run; still trusted, delete it when it is not meant"
            yield Change(Action.FOREIGN, TRUST, one.name, detail)
