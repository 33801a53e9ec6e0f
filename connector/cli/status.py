"""`status`: one stack at a glance: secrets, consent, assignments, role drift, last proof; it only reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connector.cli import hand_made
from connector.cli.console import Voice
from connector.cli.rotating import Rotating
from connector.cli.run import Outcome
from connector.cli.work import directory_checks, in_session, warm_up
from connector.dataverse import jobs
from connector.dataverse.changes import WRITES
from connector.dataverse.reports import Cause, Change, PlanReport
from connector.errors import ConnectError, DriftError, ExpiresSoonError
from connector.hand_made import HandMade, OutsideSlots
from connector.records import ProofRecord, known_of, read_record
from connector.rotation import LiveSecret, check_deployable
from connector.rotation_due import Thresholds, describe
from connector.rounds import join, start
from connector.session import Session
from connector.settings import CredentialKind


def status(voice: Voice, stack: str | None, records: str | None, *, soon_days: int | None) -> Outcome:
    """Read the state, the record, the directory and Dataverse; 7 for drift, 11 when a secret ends soon."""
    warm_up()
    run = Rotating(voice, stack, records, None)
    live = run.live()
    plan, causes = _read(run)
    outside = hand_made.read(run, always=True)
    findings = [*_slot_findings(run, live, outside), *causes]
    drift = tuple(change for change in plan.changes if change.action in WRITES)
    record = read_record(run.stack, run.folder)
    proof = record.proof if record else None
    days = Thresholds.for_lifetime(run.settings.secret.lifetime_days, soon=soon_days)
    secrets: tuple[LiveSecret | HandMade, ...] = (*live, *outside.adopted)
    ending = [one for one in secrets if _ends_within(one, days.soon)]
    _tell(run, outside, findings, drift, proof)
    error = _error(run, findings, drift, ending)
    body = _body(run, plan, findings, drift, proof, error)
    return Outcome(body | {"handMade": hand_made.table(outside)}, error)


def _read(run: Rotating) -> tuple[PlanReport, list[Cause]]:
    """What Dataverse and the directory hold, read side by side."""
    outputs = run.outputs()
    record = read_record(run.stack, run.folder)

    async def work(session: Session) -> tuple[PlanReport, list[Cause]]:
        plan = start(jobs.plan(run.settings, outputs, session, known=known_of(record)))
        causes = start(_checked(directory_checks(run.settings, outputs, session)))
        await join(plan, causes)
        return plan.result(), causes.result()

    return in_session(run.settings, work)


async def _checked(checks: jobs.MoreChecks) -> list[Cause]:
    return await checks()


def _slot_findings(run: Rotating, live: tuple[LiveSecret, ...], outside: OutsideSlots) -> list[Cause]:
    """Slots that the settings and the state disagree on, and secrets that were removed in Entra."""
    if run.settings.profile.credential is not CredentialKind.SECRET:
        return []
    present = outside.present
    found = [
        Cause("secret.removed", one.key_id, f"the secret {one.label} is not on the application any more")
        for one in live
        if present is not None and one.key_id.lower() not in present
    ]
    try:
        check_deployable(run.settings.slots, live, run.stack)
    except DriftError as error:
        found.append(Cause(error.code, error.key or "slots", error.message))
    return found


def _ends_within(secret: LiveSecret | HandMade, days: int) -> bool:
    left = secret.days_left(datetime.now(UTC))
    return left is not None and left <= days


def _tell(
    run: Rotating,
    outside: OutsideSlots,
    findings: list[Cause],
    drift: tuple[Change, ...],
    proof: ProofRecord | None,
) -> None:
    voice = run.voice
    voice.title(f"Stack {run.stack}: {run.settings.display_name} in tenant {run.settings.tenant_id}")
    rows = [(f"secret {row['slot']}", run.describe(row)) for row in run.table()]
    voice.table([*rows, *hand_made.lines(outside)])
    entra = [cause for cause in findings if cause.code.startswith("entra.")]
    voice.say(f"consent and assignments: {'as wanted' if not entra else f'{len(entra)} differ'}")
    voice.say(f"security role and application user: {'as wanted' if not drift else f'{len(drift)} differ'}")
    for cause in findings:
        voice.say(f"! {cause.message}")
    voice.changes(drift)
    last = f"{proof.verdict} at {proof.at:%Y-%m-%d %H:%M} UTC" if proof else "none on record here"
    voice.say(f"last proof: {last}")


def _error(
    run: Rotating, findings: list[Cause], drift: tuple[Change, ...], ending: list[LiveSecret | HandMade]
) -> ConnectError | None:
    """The higher of the two codes: an end that is near stops a connection, drift may not."""
    if ending:
        now = datetime.now(UTC)
        named = ", ".join(f"{one.label} {describe(one.days_left(now))}" for one in ending)
        message = f"{named}; `rotate status` says what is next"
        return ExpiresSoonError(message, code="status.ends_soon", key=ending[0].label)
    if findings or drift:
        named = findings[0].message if findings else f"{drift[0].kind} {drift[0].name}"
        count = len(findings) + len(drift)
        message = f"stack {run.stack} differs from its settings in {count} places: {named}"
        return DriftError(message, code="status.drift", key=findings[0].key if findings else drift[0].name)
    return None


def _body(
    run: Rotating,
    plan: PlanReport,
    findings: list[Cause],
    drift: tuple[Change, ...],
    proof: ProofRecord | None,
    error: ConnectError | None,
) -> dict[str, Any]:
    shared = plan.to_json()
    result = {None: "in_order", 7: "drift"}.get(error.exit_code if error else None, "ends_soon")
    kept = {name: shared[name] for name in ("stack", "privileges", "requests", "rounds")}
    return kept | {
        "verb": "status",
        "result": result,
        "changes": [change.to_json() for change in drift],
        "findings": [{"code": c.code, "key": c.key, "message": c.message} for c in findings],
        "slots": run.table(),
        "lastProof": proof.model_dump(mode="json", by_alias=True) if proof else None,
    }
