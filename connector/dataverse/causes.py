"""What is wrong, by rank: causes out of live state, and out of what the application was seen to hold."""

from __future__ import annotations

from collections.abc import Iterator

from connector.dataverse.client import NO_USER
from connector.dataverse.evidence import NO_ROLES, Evidence, compare_evidence
from connector.dataverse.live import Live
from connector.dataverse.plan import Plan, solution_ok
from connector.dataverse.plan_lines import solution_text
from connector.dataverse.privileges import Comparison
from connector.dataverse.rows import UserRow
from connector.errors import ConnectError, RefusedError
from connector.report import Cause

#: Causes that no apply mends, so that they stand after one too.
STANDING = frozenset({"dataverse.solution", "dataverse.system_administrator"})
_SHOWN = 6


def live_causes(plan: Plan, live: Live, user: UserRow | None) -> list[Cause]:
    """What live state, read by the deployer, already shows to be wrong; the first is the reason."""
    return [*_user_causes(plan, user), *solution_causes(plan, live), *_role_causes(plan, user)]


def _user_causes(plan: Plan, user: UserRow | None) -> Iterator[Cause]:
    if user is None:
        application = plan.desired.application_id
        text = f"no application user stands for {application} in this environment; run apply"
        yield Cause("dataverse.user_missing", application, text)
        return
    name = user.name or user.id
    if user.disabled:
        text = f"the application user {name} is disabled; run apply"
        yield Cause("dataverse.user_disabled", user.id, text)
    for role in plan.extra:
        # Any other extra role shows by the rights that it adds; this one would show as all that there are.
        # What this plan takes away itself, or by moving the user, is no reason for anything.
        if role.is_administrator and role not in plan.strip and not plan.move:
            text = (
                f"the application user {name} has the role {role.name!r} (System Administrator) and may do "
                "everything; take it away, or run apply --strip-extra-roles --yes"
            )
            yield Cause("dataverse.system_administrator", role.name, text)


def solution_causes(plan: Plan, live: Live) -> Iterator[Cause]:
    """The managed solution that is missing or too old; without it some rights cannot exist."""
    needed = plan.desired.solution
    if needed is None or solution_ok(plan.desired, live):
        return
    text = (
        f"the solution {needed.unique_name} is {solution_text(live)} and "
        f"{needed.minimum_version} or later, managed, is needed; import it and run apply"
    )
    if plan.pending:
        text += f". Until then these rights cannot exist: {_listed(plan.pending)}"
    yield Cause("dataverse.solution", needed.unique_name, text)


def _role_causes(plan: Plan, user: UserRow | None) -> list[Cause]:
    name = plan.desired.role_name
    if plan.role is None:
        text = f"the security role {name!r} does not exist; run apply"
        return [Cause("dataverse.role_missing", name, text)]
    causes: list[Cause] = []
    # Without a user there is nobody to assign to, and that cause was given already.
    if user is not None and not plan.assigned:
        text = f"the security role {name!r} is not assigned to the application user; run apply"
        causes.append(Cause("dataverse.role_unassigned", name, text))
    return causes + privilege_causes(plan.comparison, f"the security role {name!r}")


def privilege_causes(comparison: Comparison, holder: str) -> list[Cause]:
    """Causes out of a comparison: what is missing first, then what is too much."""
    causes: list[Cause] = []
    missing, excess = comparison.missing_text(), comparison.excess_text()
    if missing:
        text = f"{holder} lacks {_listed(missing)}; run apply"
        causes.append(Cause("dataverse.privilege_missing", missing[0].split(" ")[0], text))
    if excess:
        text = f"{holder} has more than is wanted: {_listed(excess)}"
        causes.append(Cause("dataverse.privilege_excess", excess[0].split(" ")[0], text))
    return causes


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def evidence_causes(plan: Plan, evidence: Evidence, user: UserRow | None) -> list[Cause]:
    """What the application's own calls show to be wrong."""
    error: ConnectError | None = evidence.login or evidence.refused
    if error is not None:
        key = error.key or ""
        # One finding, one code, whether live state shows it or Dynamics says it to the application.
        if isinstance(error, RefusedError) and error.service_code == NO_USER:
            return [Cause("dataverse.user_missing", plan.desired.application_id, error.message)]
        if isinstance(error, RefusedError) and error.service_code == NO_ROLES:
            return [Cause("dataverse.role_unassigned", plan.desired.role_name, error.message)]
        code = "login.refused" if evidence.login else "dataverse.refused"
        return [Cause(code, key, error.message)]
    # The rights were read for `user`: of an application that acts as another they say nothing.
    if user is not None and evidence.user_id != user.id:
        text = f"the application acts as user {evidence.user_id} and not as {user.id}"
        return [Cause("dataverse.other_user", evidence.user_id, text)]
    comparison = compare_evidence(plan, evidence)
    # First, since it may do harm; what is missing only keeps something from working.
    barred = _forbidden_causes(plan, evidence)
    return [*barred, *privilege_causes(comparison, f"the application{_source(comparison, evidence)}")]


def _forbidden_causes(plan: Plan, evidence: Evidence) -> Iterator[Cause]:
    """The negative control: rights that the profile forbids, asked for by privilege and never tried."""
    held = [right for id, right in plan.resolution.forbidden.items() if id in evidence.held]
    if held:
        text = f"the application may do what the profile forbids: {_listed(tuple(held))}; take it away"
        yield Cause("dataverse.forbidden_held", held[0], text)


def _source(comparison: Comparison, evidence: Evidence) -> str:
    teams = evidence.teams or {}
    through = [one for one in comparison.excess if one.id in teams]
    # Only where teams give all of the excess: otherwise the user's own roles have a part in it.
    return " (through a team)" if through and len(through) == len(comparison.excess) else ""
