"""`status`: one stack at a glance: secrets, consent, assignments, role drift, last proof; it only reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from connector.cli.open_stack import OpenStack, directory_checks
from connector.cli.options import Json, Records, Stack
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.verbs.rotate import hand_made
from connector.dataverse import jobs
from connector.dataverse.reports import PlanReport
from connector.errors import ConnectError
from connector.records.record import ProofRecord
from connector.records.standing import (
    Standing,
    drift_of,
    ending_soon,
    finding,
    needs_of,
    slot_findings,
    slot_table,
    slot_words,
)
from connector.report import Cause
from connector.settings import CredentialKind
from connector.stack.hand_made import OutsideSlots
from connector.stack.outputs import StackOutputs
from connector.stack.secrets import LiveSecret
from connector.wire.rounds import join, start
from connector.wire.session import Session

Slots = list[dict[str, Any]]


def status(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    soon_days: Annotated[
        int | None, typer.Option("--soon-days", min=0, help="Days before an end that count as soon (30).")
    ] = None,
) -> None:
    """Show one stack: secrets' days left, consent, assignments, role drift, last proof; it only reads."""
    run_verb(
        "status", Screen(as_json=json), lambda screen: _status(OpenStack(screen, stack, records), soon_days)
    )


def _status(run: OpenStack, soon_days: int | None) -> Outcome:
    """Read state, record, directory and Dataverse; 7 drift, 20 consent is pending, 21 an end is near."""
    # The outputs first: their snapshot is in clear, and serves the state as well.
    outputs = run.outputs()
    live, now = run.live(), datetime.now(UTC)
    plan, causes = _read(run, outputs)
    # Even where nothing was adopted: the same reading shows which of the stack's own were removed by hand.
    outside = hand_made.read(run, always=True)
    standing = Standing(
        run.name,
        findings=(*_slot_findings(run, live, outside), *causes),
        drift=drift_of(plan),
        ending=ending_soon((*live, *outside.adopted), run.settings.secret.lifetime_days, soon_days, now),
        # A consent that waits is among the findings already.
        needs=needs_of(run.settings.slots, live, outside.adopted, plan, (), now) if _by_secret(run) else (),
    )
    record = run.record()
    proof = record.proof if record else None
    slots = slot_table(live, proof, now)
    _tell(run, slots, outside, standing, proof)
    error = standing.error(now)
    body = _body(slots, plan, standing, proof, error)
    return Outcome(body | {"handMade": hand_made.table(outside)}, error)


def _read(run: OpenStack, outputs: StackOutputs) -> tuple[PlanReport, list[Cause]]:
    """What Dataverse and the directory hold, read side by side."""
    known = run.known()

    async def work(session: Session) -> tuple[PlanReport, list[Cause]]:
        plan = start(jobs.plan(run.settings, outputs, session, known=known))
        causes = start(_checked(directory_checks(run.settings, outputs, session)))
        await join(plan, causes)
        return plan.result(), causes.result()

    return run.in_session(work)


async def _checked(checks: jobs.MoreChecks) -> list[Cause]:
    return await checks()


def _by_secret(run: OpenStack) -> bool:
    return run.settings.profile.credential is CredentialKind.SECRET


def _slot_findings(run: OpenStack, live: tuple[LiveSecret, ...], outside: OutsideSlots) -> list[Cause]:
    """Slots that the settings and the state disagree on, and secrets that were removed in Entra."""
    if not _by_secret(run):
        return []
    # None is an application that was not read, or is not there: no secret of it counts as removed.
    present = outside.present
    gone = [one for one in live if present is not None and one.key_id.lower() not in present]
    return slot_findings(run.settings.slots, live, gone, run.name)


def _tell(
    run: OpenStack,
    slots: Slots,
    outside: OutsideSlots,
    standing: Standing,
    proof: ProofRecord | None,
) -> None:
    screen, drift = run.screen, standing.drift
    screen.title(f"Stack {run.name}: {run.settings.display_name} in tenant {run.settings.tenant_id}")
    noun = run.settings.profile.credential.value
    rows = [(f"{noun} {row['slot']}", slot_words(row)) for row in slots]
    screen.table([*rows, *hand_made.lines(outside)])
    screen.say(f"consent and assignments: {_directory(standing)}")
    screen.say(f"security role and application user: {'as wanted' if not drift else f'{len(drift)} differ'}")
    for cause in standing.findings:
        screen.say(f"! {cause.message}")
    screen.changes(drift)
    for need in standing.needs:
        screen.say(f"waits for a person: {need.message}")
    last = f"{proof.verdict} at {proof.at:%Y-%m-%d %H:%M} UTC" if proof else "none on record here"
    screen.say(f"last proof: {last}")


def _directory(standing: Standing) -> str:
    """How consent and assignments stand; a consent that a link waits for differs from nothing."""
    entra = [cause for cause in standing.findings if cause.code.startswith("entra.")]
    if any(not cause.person for cause in entra):
        return f"{len(entra)} differ"
    return "consent is pending" if entra else "as wanted"


def _body(
    slots: Slots,
    plan: PlanReport,
    standing: Standing,
    proof: ProofRecord | None,
    error: ConnectError | None,
) -> dict[str, Any]:
    # The error decides, so that result and exit code can never say two things.
    shared = plan.to_json()
    results = {None: "in_order", 7: "drift", 20: "attention"}
    result = results.get(error.exit_code if error else None, "ends_soon")
    kept = {name: shared[name] for name in ("stack", "privileges", "requests", "rounds")}
    return kept | {
        "verb": "status",
        "result": result,
        "changes": [change.to_json() for change in standing.drift],
        "findings": [finding(cause) for cause in standing.findings],
        "needs": [finding(cause) for cause in standing.needs],
        "slots": slots,
        "lastProof": proof.model_dump(mode="json", by_alias=True) if proof else None,
    }
