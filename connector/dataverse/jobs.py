"""The jobs of the Dataverse half, as the verbs call them: plan, apply, prove, both, remove."""

from __future__ import annotations

from dataclasses import replace

from connector.dataverse import apply as applying
from connector.dataverse.caller import check_caller, read_lacking
from connector.dataverse.causes import solution_causes
from connector.dataverse.context import Job, ids_of
from connector.dataverse.desired import NO_OPT_IN, NOTHING_KNOWN, Known, OptIn
from connector.dataverse.plan import Plan
from connector.dataverse.plan_file import PlanFile, read_hash, wanted_hash
from connector.dataverse.proof import MoreChecks, Proof
from connector.dataverse.remove import remove_all
from connector.dataverse.reports import ApplyReport, PlanReport, ProofReport, RemoveReport
from connector.report import Cause, PrivilegeCount, Progress, quiet
from connector.settings import Settings
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session

__all__ = ["MoreChecks", "apply", "apply_and_prove", "plan", "prove", "remove"]


async def plan(
    settings: Settings,
    outputs: StackOutputs | None,
    session: Session,
    *,
    known: Known = NOTHING_KNOWN,
    opt_in: OptIn = NO_OPT_IN,
    hashed: bool = True,
) -> PlanReport:
    """What apply would do, without doing it; without outputs (before `pulumi up`) the user is pending.

    The hashes tell a later `apply --plan` what was reviewed; `hashed=False` saves them where nobody applies.
    """
    job = Job(settings, outputs, session, known, opt_in)
    live, made = await job.read(teams=True)
    result = "refused" if made.refusal else "changes" if made.writes else "unchanged"
    lacking = await read_lacking(job.client, made, live.caller_id) if made.writes else []
    return PlanReport(
        "plan",
        settings.stack,
        result,
        made.changes,
        _count(made),
        job.effort(),
        ids_of(made),
        matrix=made.matrix,
        forbidden=tuple(made.resolution.forbidden.values()),
        caller_lacks=tuple(lacking),
        wanted_hash=wanted_hash(made.desired) if hashed else "",
        read_hash=read_hash(live) if hashed else "",
        refusal=made.refusal,
    )


async def apply(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    progress: Progress = quiet,
    *,
    known: Known = NOTHING_KNOWN,
    opt_in: OptIn = NO_OPT_IN,
    reviewed: PlanFile | None = None,
) -> ApplyReport:
    """Make application user, security role and assignment as wanted.

    With `reviewed` only what that plan says is done: DriftError when the stack wants, or the
    organization holds, something else by now.
    """
    job = Job(settings, outputs, session, known, reviewed.opt_in if reviewed else opt_in)
    if reviewed:
        reviewed.check_wanted(made_for=job.desired, stack=settings.stack, url=settings.dynamics_url)
    live, made = await job.read()
    if reviewed:
        reviewed.check_read(live, made.changes)
    applied = await applying.carry_out(job.client, made, live.caller_id, progress)
    return _apply_report(job, made, applied)


async def prove(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    *,
    more: MoreChecks | None = None,
    known: Known = NOTHING_KNOWN,
    fresh: bool | None = None,
) -> ProofReport:
    """Log in as the application and compare what it holds with what is wanted.

    `more` is read beside (the directory's checks). `fresh` says that the secret was just made;
    by default its end date and lifetime tell.
    """
    job = Job(settings, outputs, session, known)
    proof = Proof(job, outputs, more, fresh)
    try:
        live, made = await job.read()
        return await proof.finish(live, made, made.user)
    finally:
        await proof.close()


async def apply_and_prove(
    settings: Settings,
    outputs: StackOutputs,
    session: Session,
    progress: Progress = quiet,
    *,
    more: MoreChecks | None = None,
    known: Known = NOTHING_KNOWN,
    fresh: bool | None = None,
) -> tuple[ApplyReport, ProofReport]:
    """Apply, then prove with what apply has read: the fewest requests for both."""
    job = Job(settings, outputs, session, known)
    proof = Proof(job, outputs, more, fresh)
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
    progress: Progress = quiet,
    *,
    known: Known = NOTHING_KNOWN,
    include_adopted: bool = False,
) -> RemoveReport:
    """Take away application user and role where they are ours; the Entra half is the engine's."""
    job = Job(settings, outputs, session, known)
    changes = await remove_all(job.client, job.desired, known, progress, include_adopted=include_adopted)
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
    ids = {
        "applicationId": made.desired.application_id,
        "adoptedRoleId" if applied.role_adopted else "roleId": applied.role.id,
        "userId": applied.user.id,
        "applicationIdUri": applied.user.application_id_uri,
    }
    adopted = ("role",) * applied.role_adopted + ("user",) * applied.user_adopted
    if adopted:
        ids["adopted"] = " ".join(adopted)
    wanted = len(made.resolution.wanted)
    return ApplyReport(
        "apply",
        job.settings.stack,
        result,
        made.changes,
        PrivilegeCount(wanted=wanted, held=wanted),
        job.effort(),
        ids,
        by=job.session.deployer.name,
        matrix=made.matrix,
    )


async def check_apply(
    session: Session, application: tuple[str, str] | None, known: Known
) -> tuple[Cause, ...]:
    """Plan the Dataverse half and raise what `apply` would raise before its first write.

    What is returned stops no write, and the proof that follows: the managed solution that is not there.

    *application* is the stack's client id and object id, None where there is none yet: the user is then
    to be made. Raises RefusedError (a privilege that the caller lacks, somebody else's role),
    SettingsError (tables, business unit), UnreachableError.
    """
    job = Job(session.settings, _outputs(session, application), session, known)
    live, made = await job.read()
    if made.refusal is not None:
        raise made.refusal
    if made.writes:
        await check_caller(job.client, made, live.caller_id)
    return tuple(solution_causes(made, live))


def _outputs(session: Session, application: tuple[str, str] | None) -> StackOutputs | None:
    if application is None:
        return None
    client_id, object_id = application
    return StackOutputs(
        tenant_id=session.settings.tenant_id,
        client_id=client_id,
        application_object_id=object_id,
        service_principal_object_id="",
    )
