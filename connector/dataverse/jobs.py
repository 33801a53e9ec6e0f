"""The jobs of the Dataverse half, as the verbs call them: plan, apply, prove, both, remove."""

from __future__ import annotations

from dataclasses import replace

from connector.dataverse import apply as applying
from connector.dataverse.apply import Progress
from connector.dataverse.job import Job, ids_of
from connector.dataverse.plan import Plan
from connector.dataverse.proof import MoreChecks, Proof
from connector.dataverse.remove import remove_all
from connector.dataverse.reports import (
    ApplyReport,
    PlanReport,
    PrivilegeCount,
    ProofReport,
    RemoveReport,
)
from connector.session import Session
from connector.settings import Settings
from connector.stack_outputs import StackOutputs

__all__ = ["MoreChecks", "apply", "apply_and_prove", "plan", "prove", "remove"]


def _quiet(_: str) -> None:
    return None


async def plan(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    *,
    recorded_role_id: str | None = None,
) -> PlanReport:
    """What apply would do, without doing it."""
    job = Job(settings, outputs, session, recorded_role_id)
    _, made = await job.read()
    result = "changes" if made.writes else "unchanged"
    return PlanReport("plan", settings.stack, result, made.changes, _count(made), job.effort(), ids_of(made))


async def apply(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    progress: Progress = _quiet,
    *,
    recorded_role_id: str | None = None,
) -> ApplyReport:
    """Make application user, security role and assignment as wanted."""
    job = Job(settings, outputs, session, recorded_role_id)
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
    job = Job(settings, outputs, session, recorded_role_id)
    proof = Proof(job, more, fresh)
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
    job = Job(settings, outputs, session, recorded_role_id)
    proof = Proof(job, more, fresh)
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
    job = Job(settings, outputs, session, recorded_role_id)
    changes = await remove_all(
        job.client,
        job.desired,
        progress,
        adopted_user=adopted_user,
        recorded_role_id=recorded_role_id,
    )
    report = RemoveReport("remove", settings.stack, "nothing", tuple(changes), effort=job.effort())
    return replace(report, result="removed") if report.changed else report


def _count(made: Plan) -> PrivilegeCount:
    comparison = made.comparison
    wanted = len(made.resolution.wanted)
    held = wanted - len(comparison.lacking)
    return PrivilegeCount(wanted, held, comparison.missing_text(), comparison.excess_text())


def _apply_report(job: Job, made: Plan, applied: applying.Applied) -> ApplyReport:
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
