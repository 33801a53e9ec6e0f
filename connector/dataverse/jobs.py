"""The jobs of the Dataverse half, as the verbs call them: plan, apply, prove, both, remove."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connector.dataverse import apply as applying
from connector.dataverse import verify
from connector.dataverse.apply import Progress
from connector.dataverse.client import DataverseClient
from connector.dataverse.desired import Desired, Resolution, desired_of
from connector.dataverse.live import Live, UserRow, read_live, table_names
from connector.dataverse.plan import Plan, make_plan
from connector.dataverse.remove import remove_all
from connector.dataverse.reports import (
    ApplyReport,
    Cause,
    Effort,
    PlanReport,
    PrivilegeCount,
    ProofReport,
    RemoveReport,
    Verdict,
)
from connector.errors import Problem, SettingsError
from connector.rounds import Started, cancel, join, start
from connector.session import Session
from connector.settings import Settings
from connector.settings.problems import nearest
from connector.stack_outputs import StackOutputs

#: More causes from elsewhere (the directory), read beside the Dataverse proof.
MoreChecks = Callable[[], Awaitable[list[Cause]]]
NOBODY = "00000000-0000-0000-0000-000000000000"
_FRESH = timedelta(minutes=15)


def _quiet(_: str) -> None:
    return None


@dataclass
class _Job:
    """One job under way: who asks, what is wanted, and since when."""

    settings: Settings
    outputs: StackOutputs
    session: Session
    recorded_role_id: str | None

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self.desired: Desired = desired_of(self.settings, self.outputs.client_id)
        self.client = DataverseClient(self.session, self.session.deployer)

    async def read(self) -> tuple[Live, Plan]:
        """Live state and the plan for it; raises SettingsError for lines that cannot be met."""
        live = await read_live(self.client, self.desired)
        plan = make_plan(self.desired, live, recorded_role_id=self.recorded_role_id)
        await _check_lines(self.client, plan.resolution, self.settings)
        return live, plan

    def effort(self) -> Effort:
        """What the organization's host has seen so far in this session."""
        counter, host = self.session.counter, self.settings.dynamics_host
        seconds = time.monotonic() - self.began
        return Effort(counter.requests[host], counter.rounds.get(host, 0), counter.tokens, seconds)


async def plan(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    *,
    recorded_role_id: str | None = None,
) -> PlanReport:
    """What apply would do, without doing it."""
    job = _Job(settings, outputs, session, recorded_role_id)
    _, made = await job.read()
    result = "changes" if made.writes else "unchanged"
    return PlanReport("plan", settings.stack, result, made.changes, _count(made), job.effort(), _ids(made))


async def apply(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    progress: Progress = _quiet,
    *,
    recorded_role_id: str | None = None,
) -> ApplyReport:
    """Make application user, security role and assignment as wanted."""
    job = _Job(settings, outputs, session, recorded_role_id)
    live, made = await job.read()
    applied = await applying.carry_out(job.client, made, live.caller_id, progress)
    return _apply_report(job, made, applied)


async def prove(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    *,
    more: MoreChecks | None = None,
    recorded_role_id: str | None = None,
    fresh: bool | None = None,
) -> ProofReport:
    """Log in as the application and compare what it holds with what is wanted.

    `more` is read beside (the directory's checks). `fresh` says that the secret was just made;
    by default its end date and lifetime tell.
    """
    job = _Job(settings, outputs, session, recorded_role_id)
    proof = _Proof(job, more, fresh)
    try:
        live, made = await job.read()
        return await proof.finish(live, made, made.user)
    finally:
        await proof.close()


async def apply_and_prove(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    progress: Progress = _quiet,
    *,
    more: MoreChecks | None = None,
    recorded_role_id: str | None = None,
    fresh: bool | None = None,
) -> tuple[ApplyReport, ProofReport]:
    """Apply, then prove with what apply has read: the fewest requests for both."""
    job = _Job(settings, outputs, session, recorded_role_id)
    proof = _Proof(job, more, fresh)
    try:
        live, made = await job.read()
        applied = await applying.carry_out(job.client, made, live.caller_id, progress)
        report = _apply_report(job, made, applied)
        progress("proving the connection as the application")
        return report, await proof.finish(live, made, applied.user, applied=True)
    finally:
        await proof.close()


async def remove(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    progress: Progress = _quiet,
    *,
    adopted_user: bool = False,
    recorded_role_id: str | None = None,
) -> RemoveReport:
    """Take away application user and role where they are ours; the Entra half is the engine's."""
    job = _Job(settings, outputs, session, recorded_role_id)
    changes = await remove_all(
        job.client,
        job.desired,
        progress,
        adopted_user=adopted_user,
        recorded_role_id=recorded_role_id,
    )
    report = RemoveReport("remove", settings.stack, "nothing", tuple(changes), effort=job.effort())
    return replace(report, result="removed") if report.changed else report


class _Proof:
    """A proof whose login and directory reads run beside the deployer's work from the start."""

    def __init__(self, job: _Job, more: MoreChecks | None, fresh: bool | None) -> None:
        self.job = job
        identity = job.session.application(job.outputs)
        self.app = DataverseClient(job.session, identity)
        patience = job.session.patience
        is_fresh = _is_fresh(job.settings, job.outputs) if fresh is None else fresh
        deadline = patience.until(patience.fresh_secret)
        self.token: Started[str] = start(verify.log_in(identity, self.app.scope, deadline, fresh=is_fresh))
        self.more: Started[list[Cause]] = start(_more(more))

    async def finish(
        self, live: Live, made: Plan, user: UserRow | None, *, applied: bool = False
    ) -> ProofReport:
        """The verdict; `applied` says that live state has been mended since it was read."""
        causes = [] if applied else verify.live_causes(made, live, user)
        if applied and made.pending:
            causes = [c for c in verify.live_causes(made, live, user) if c.code == _SOLUTION]
        mendable = user is not None and not causes
        evidence = await self._evidence(made, user, mendable=mendable, taken_away=applied and made.replace)
        own = verify.evidence_causes(made, evidence, user)
        await join(self.more)
        found = _ranked(causes, own, evidence)
        report = self._report(made, user, evidence, [*found, *self.more.result()])
        return replace(report, changes=()) if applied else report

    async def _evidence(
        self, made: Plan, user: UserRow | None, *, mendable: bool, taken_away: bool
    ) -> verify.Evidence:
        user_id = user.id if user else NOBODY
        prober = verify.Prober(self.app, self.job.client, user_id)
        evidence = await prober.gather(self.token)
        if mendable:
            evidence = await prober.settle(made, evidence, taken_away=taken_away)
        return evidence

    def _report(
        self, made: Plan, user: UserRow | None, evidence: verify.Evidence, causes: list[Cause]
    ) -> ProofReport:
        first = causes[0] if causes else None
        verdict = Verdict.PROVED if first is None else Verdict.FAILED
        if first is not None and first.key == verify.CONDITIONAL_ACCESS:
            verdict = Verdict.INCONCLUSIVE
        ids = _ids(made) | {"organizationId": evidence.organization_id}
        if user is not None:
            ids["userId"] = user.id
        return ProofReport(
            "verify",
            self.job.settings.stack,
            verdict.value,
            made.changes,
            _held_count(made, evidence),
            self.job.effort(),
            ids,
            verdict=verdict,
            cause=first,
            others=tuple(causes[1:]),
        )

    async def close(self) -> None:
        """Stop what still runs."""
        await cancel(self.token, self.more)


_SOLUTION = "dataverse.solution"


def _ranked(causes: list[Cause], own: list[Cause], evidence: verify.Evidence) -> list[Cause]:
    """A login refused is the reason for all else; otherwise live state explains the evidence."""
    if evidence.login is not None:
        return [*own, *causes]
    return causes if causes else own


async def _more(checks: MoreChecks | None) -> list[Cause]:
    return await checks() if checks else []


def _is_fresh(settings: Settings, outputs: StackOutputs) -> bool:
    """Whether the secret was made minutes ago: its end date less its lifetime says when."""
    end = outputs.client_secret_end_date
    if end is None:
        return True
    moment = end if end.tzinfo else end.replace(tzinfo=UTC)
    made = moment - timedelta(days=settings.secret.lifetime_days)
    return abs(datetime.now(UTC) - made) < _FRESH


async def _check_lines(client: DataverseClient, resolution: Resolution, settings: Settings) -> None:
    problems = list(resolution.problems)
    if resolution.unknown:
        known = await table_names(client)
        for table in resolution.unknown:
            near = nearest(table, known)
            hint = f"; did you mean {near!r}?" if near else ""
            message = f"the environment has no such table{hint} (or mark the line optional)"
            problems.append(Problem("dataverse.table", table, "", message))
    if problems:
        where = f"the security role of profile {settings.profile.name}"
        raise SettingsError(problems, where=where)


def _count(made: Plan) -> PrivilegeCount:
    comparison = made.comparison
    wanted = len(made.resolution.wanted)
    held = wanted - len(comparison.lacking)
    return PrivilegeCount(wanted, held, comparison.missing_text(), comparison.excess_text())


def _held_count(made: Plan, evidence: verify.Evidence) -> PrivilegeCount:
    comparison = verify.compare_evidence(made, evidence)
    wanted = len(made.resolution.wanted)
    held = wanted - len(comparison.lacking) - len(comparison.narrow)
    return PrivilegeCount(wanted, held, comparison.missing_text(), comparison.excess_text())


def _ids(made: Plan) -> dict[str, str]:
    ids = {"applicationId": made.desired.application_id}
    ids["roleId"] = made.role.id if made.role is not None else made.desired.role_id
    if made.user is not None:
        ids["userId"] = made.user.id
    return ids


def _apply_report(job: _Job, made: Plan, applied: applying.Applied) -> ApplyReport:
    result = "changed" if made.writes else "unchanged"
    if made.pending:
        result = "pending"
    role = "foreignRoleId" if not made.role_is_ours else "roleId"
    ids = {
        "applicationId": made.desired.application_id,
        role: applied.role.id,
        "userId": applied.user.id,
        "applicationIdUri": applied.user.application_id_uri,
    }
    if applied.adopted:
        ids["adopted"] = "role"
    wanted = len(made.resolution.wanted)
    count = PrivilegeCount(wanted=wanted, held=wanted)
    return ApplyReport("apply", job.settings.stack, result, made.changes, count, job.effort(), ids)
