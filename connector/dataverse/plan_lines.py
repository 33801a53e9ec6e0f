"""The lines of a plan: each object with what happens to it, from what, to what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connector.dataverse.desired import NO_OPT_IN, NOTHING_KNOWN, Desired, Known, OptIn
from connector.dataverse.live import Live
from connector.dataverse.plan import Plan, draft_plan, solution_ok
from connector.dataverse.resolution import Resolution
from connector.dataverse.rows import RoleRow
from connector.report import Action, Change

ROLE, USER, PRIVILEGE = "security role", "application user", "privilege"
ASSIGNMENT, TABLE, SOLUTION = "role assignment", "table", "solution"
_ADMINISTRATOR = "System Administrator: it may do everything"


def plan_with_lines(
    desired: Desired,
    live: Live,
    known: Known = NOTHING_KNOWN,
    opt_in: OptIn = NO_OPT_IN,
    resolution: Resolution | None = None,
) -> Plan:
    """The plan with a line for everything that it does, leaves or waits for.

    Raises what `draft_plan` raises.
    """
    return with_lines(draft_plan(desired, live, known, opt_in, resolution), live)


def with_lines(plan: Plan, live: Live) -> Plan:
    """A plan with its lines for people."""
    lines = (
        *_solution(plan, live),
        *_role(plan),
        *_privileges(plan),
        *_user(plan),
        *_assignments(plan, live),
    )
    return replace(plan, changes=lines)


def _solution(plan: Plan, live: Live) -> Iterator[Change]:
    needed = plan.desired.solution
    if needed is not None and not solution_ok(plan.desired, live):
        found = solution_text(live)
        detail = f"needs {needed.minimum_version} or later, managed, and is {found}"
        yield Change(Action.PENDING, SOLUTION, needed.unique_name, detail)
    for right in plan.resolution.pending:
        yield Change(Action.PENDING, PRIVILEGE, right, "exists once the solution is imported")
    for table, why in plan.resolution.skipped.items():
        yield Change(Action.KEPT, TABLE, table, why)


def solution_text(live: Live) -> str:
    """The solution as it was found, for people."""
    if live.solution is None:
        return "not imported"
    return live.solution.version if live.solution.managed else f"{live.solution.version}, unmanaged"


def _role(plan: Plan) -> Iterator[Change]:
    role, name = plan.role, plan.desired.role_name
    if role is None:
        detail = f"{len(plan.resolution.wanted)} privileges, in the root business unit"
        yield Change(Action.ADDED, ROLE, name, detail)
    elif not plan.role_is_ours:
        yield Change(Action.FOREIGN, ROLE, role.name, "not made by this stack; never changed")
    elif role.name != name:
        yield Change(Action.CHANGED, ROLE, name, f"renamed from {role.name}", role.name, name)
    else:
        yield Change(Action.KEPT, ROLE, role.name)


def _privileges(plan: Plan) -> Iterator[Change]:
    """The privileges of a role that is ours change; another's are only looked at."""
    compared = plan.comparison
    for injected in compared.injected:
        yield Change(Action.KEPT, PRIVILEGE, injected.name, "added by the platform itself")
    if not plan.role_is_ours:
        for text in (*compared.missing_text(), *compared.excess_text()):
            yield Change(Action.FOREIGN, PRIVILEGE, text, "differs on a role that is not ours")
        return
    for lacking in compared.lacking:
        yield Change(Action.ADDED, PRIVILEGE, lacking.name, lacking.depth, "", lacking.depth)
    for wanted, held in (*compared.narrow, *compared.wide):
        detail = f"{held.depth} → {wanted.depth}"
        yield Change(Action.CHANGED, PRIVILEGE, wanted.name, detail, held.depth, wanted.depth)
    for excess in compared.excess:
        yield Change(Action.REMOVED, PRIVILEGE, excess.name or excess.id, excess.depth, excess.depth)


def _user(plan: Plan) -> Iterator[Change]:
    for ghost in plan.ghosts:
        yield Change(Action.REMOVED, USER, ghost.id, "soft-deleted row that blocks the application")
    user, wanted = plan.user, plan.desired.business_unit or "the root business unit"
    if user is None:
        name = plan.desired.application_id or "application id pending"
        yield Change(Action.ADDED, USER, name, f"in {wanted}")
        return
    name, unit = user.name or user.id, user.business_unit_name or user.business_unit_id
    if user.disabled:
        yield Change(Action.CHANGED, USER, name, "enabled", "disabled", "enabled")
    if plan.move:
        detail = f"moved from {unit} to {wanted}; this drops every role that it has"
        yield Change(Action.CHANGED, USER, name, detail, unit, wanted)
    elif plan.wrong_unit:
        detail = f"is in {unit} and not in {wanted}; --move-business-unit moves it and drops its roles"
        yield Change(Action.FOREIGN, USER, name, detail)
    elif not user.disabled:
        yield Change(Action.KEPT, USER, name, "" if plan.user_is_ours else "adopted as found")


def _assignments(plan: Plan, live: Live) -> Iterator[Change]:
    name = plan.desired.role_name
    yield Change(Action.KEPT if plan.assigned else Action.ADDED, ASSIGNMENT, name)
    for role in plan.extra:
        if plan.move:
            yield Change(Action.REMOVED, ASSIGNMENT, role.name, "lost by the move", role.name)
        elif role in plan.strip:
            yield Change(Action.REMOVED, ASSIGNMENT, role.name, _extra(role, "taken away"), role.name)
        else:
            yield Change(Action.FOREIGN, ASSIGNMENT, role.name or role.id, _extra(role, "left"))
    for team, role in live.team_roles:
        detail = _extra(role, "left") + f"; through team {team}"
        yield Change(Action.FOREIGN, ASSIGNMENT, role.name or role.id, detail)


def _extra(role: RoleRow, fate: str) -> str:
    return f"{_ADMINISTRATOR}; {fate}" if role.is_administrator else f"extra role; {fate}"
