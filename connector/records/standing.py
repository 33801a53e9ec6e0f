"""How a stack stands, out of what was read of it: `status` and `fleet status` decide by this. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.dataverse.reports import PlanReport
from connector.errors import ConnectError, DriftError, ExpiresSoonError, PersonNeededError
from connector.records.record import ProofRecord
from connector.report import WRITES, Action, Cause, Change, Verdict
from connector.stack.due import Step, Thresholds, describe, next_step
from connector.stack.hand_made import HandMade
from connector.stack.secrets import LiveSecret, check_deployable


@dataclass(frozen=True)
class Standing:
    """What differs, what ends, and what a person has to do.

    `findings` are of the directory and the slots, `drift` what apply would write, `ending` the
    secrets that end soon, `needs` what waits for a person.
    """

    stack: str
    findings: tuple[Cause, ...] = ()
    drift: tuple[Change, ...] = ()
    ending: tuple[LiveSecret | HandMade, ...] = ()
    needs: tuple[Cause, ...] = ()

    def error(self, now: datetime) -> ConnectError | None:
        """An end that is near before drift, which may stop nothing; consent that waits is neither."""
        if self.ending:
            message = f"{ends(self.ending, now)}; `rotate status` says what is next"
            return ExpiresSoonError(message, code="status.ends_soon", key=self.ending[0].label)
        # What waits for a person, such as consent by link, is no difference: it counts where nothing differs.
        waiting = [cause for cause in self.findings if cause.person]
        differing = [cause for cause in self.findings if not cause.person]
        count = len(differing) + len(self.drift)
        if not count:
            return _waits(waiting[0]) if waiting else None
        first = differing[0] if differing else None
        change = self.drift[0] if self.drift else None
        named = first.message if first else f"{change.kind} {change.name}" if change else ""
        places = "1 place" if count == 1 else f"{count} places"
        message = f"stack {self.stack} differs from its settings in {places}: {named}"
        key = first.key if first else change.name if change else None
        return DriftError(message, code="status.drift", key=key)


def _waits(cause: Cause) -> PersonNeededError:
    return PersonNeededError(cause.message, code=cause.code, key=cause.key)


def drift_of(plan: PlanReport) -> tuple[Change, ...]:
    """What apply would write."""
    return tuple(change for change in plan.changes if change.action in WRITES)


def slot_findings(
    wanted: Mapping[str, int], live: tuple[LiveSecret, ...], gone: Iterable[LiveSecret], stack: str
) -> list[Cause]:
    """Slots that the settings and the live secrets disagree on, and secrets that were removed in Entra."""
    found = [
        Cause("secret.removed", one.key_id, f"the secret {one.label} is not on the application any more")
        for one in gone
    ]
    # What stops a deployment is one finding among others for who only looks.
    try:
        check_deployable(wanted, live, stack)
    except DriftError as error:
        found.append(Cause(error.code, error.key or "slots", error.message))
    return found


def ending_soon(
    live: Sequence[LiveSecret | HandMade], lifetime_days: int, soon_days: int | None, now: datetime
) -> tuple[LiveSecret | HandMade, ...]:
    """The secrets that end within the days asked for, or within those that fit their lifetime."""
    days = Thresholds.for_lifetime(lifetime_days, soon=soon_days).soon
    return tuple(one for one in live if (left := one.days_left(now)) is not None and left <= days)


def needs_of(
    wanted: Mapping[str, int],
    live: tuple[LiveSecret, ...],
    hand_made: tuple[HandMade, ...],
    plan: PlanReport,
    causes: Iterable[Cause],
    now: datetime,
) -> tuple[Cause, ...]:
    """What waits for a person: consent, a secret to be typed in, a solution to be installed."""
    found = [cause for cause in causes if cause.person]
    # Without days: a rotation that is merely due waits for a run, and not for a person.
    due = next_step(wanted, live, now, Thresholds(0, 0), hand_made)
    if due.step is Step.RECONNECT:
        found.append(Cause("rotation.reconnect", live[-1].label, due.why, person=True))
    for change in plan.changes:
        # No run can bring it: the vendor's solution is imported by hand.
        if change.action is Action.PENDING:
            text = f"{change.kind} {change.name} is not there yet{f': {change.detail}' * bool(change.detail)}"
            found.append(Cause("status.pending", change.name, text, person=True))
    return tuple(found)


def slot_table(live: Iterable[LiveSecret], proof: ProofRecord | None, now: datetime) -> list[dict[str, Any]]:
    """The live secrets as JSON has them: slot, generation, key id, end, days left, proved."""
    return [
        {
            "slot": one.slot,
            "generation": one.generation,
            "keyId": one.key_id,
            "endDate": one.end.isoformat() if one.end else None,
            "daysLeft": one.days_left(now),
            "proved": is_proved(proof, one),
        }
        for one in live
    ]


def slot_words(row: Mapping[str, Any]) -> str:
    """A row of the table in words."""
    proved = ", last proof passed" if row["proved"] else ""
    return f"generation {row['generation']}, {describe(row['daysLeft'])}{proved}  ({row['keyId']})"


def is_proved(proof: ProofRecord | None, secret: LiveSecret) -> bool:
    """Whether the last proof was with this secret, and held."""
    # By key id: a proof with the old secret says nothing of the one that is handed out now.
    return proof is not None and (proof.verdict, proof.key_id) == (Verdict.PROVED, secret.key_id)


def ends(secrets: Iterable[LiveSecret | HandMade], now: datetime) -> str:
    """Each secret with its days left, in words."""
    return ", ".join(f"{one.label} {describe(one.days_left(now))}" for one in secrets)


def finding(cause: Cause) -> dict[str, str]:
    """A cause as JSON has it."""
    return {"code": cause.code, "key": cause.key, "message": cause.message}
