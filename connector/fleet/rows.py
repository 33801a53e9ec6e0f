"""One stack's row in `fleet status`, and the order and counts of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connector.errors import ConnectError, DriftError, ExpiresSoonError, PersonNeededError
from connector.fleet.model import FleetStack
from connector.records.record import StackRecord
from connector.records.standing import Standing, finding, slot_table
from connector.report import Cause
from connector.stack.due import describe
from connector.stack.hand_made import HandMade
from connector.stack.secrets import LiveSecret


class StackStatus(StrEnum):
    """How a stack stands; those that need a person first."""

    ATTENTION = "attention"
    UNKNOWN = "unknown"
    DRIFT = "drift"
    NOT_DEPLOYED = "not_deployed"
    IN_ORDER = "in_order"


@dataclass(frozen=True)
class StatusRow:
    """One stack: `body` is its JSON (docs/schemas/fleet.json), never with a secret."""

    state: StackStatus
    exit_code: int
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """The stack's name."""
        return str(self.body["stack"])

    @property
    def days_left(self) -> int | None:
        """Whole days until the first of its secrets ends."""
        days: int | None = self.body["daysLeft"]
        return days

    @property
    def messages(self) -> list[str]:
        """What there is to say, the most pressing first."""
        said = [one["message"] for name in ("needs", "findings") for one in self.body[name]]
        said += [_told(change) for change in self.body["changes"]]
        return [self.body["error"]["message"], *said] if self.body["error"] else said


def _told(change: dict[str, str]) -> str:
    detail = f" ({change['detail']})" if change["detail"] else ""
    return f"to be {change['action']}: {change['kind']} {change['name']}{detail}"


@dataclass(frozen=True)
class RecordedSecrets:
    """A stack's secrets by its record, with the application's end dates: in slots, lost, and hand-made."""

    live: tuple[LiveSecret, ...] = ()
    gone: tuple[LiveSecret, ...] = ()
    adopted: tuple[HandMade, ...] = ()

    @property
    def all(self) -> tuple[LiveSecret | HandMade, ...]:
        """Every one that still opens the connection."""
        return (*self.live, *self.adopted)


@dataclass(frozen=True)
class RequestCount:
    """Requests of a stack's session, the login's apart, and the dependent steps among them."""

    requests: int = 0
    rounds: int = 0


def row_of(
    stack: FleetStack,
    record: StackRecord,
    standing: Standing,
    held: RecordedSecrets,
    requested: RequestCount,
    now: datetime,
) -> StatusRow:
    """The row of a stack that was read."""
    needs = [*standing.needs, *(_ending(one, now) for one in standing.ending)]
    differs = bool(standing.findings or standing.drift)
    state = StackStatus.ATTENTION if needs else StackStatus.DRIFT if differs else StackStatus.IN_ORDER
    code = max(
        DriftError.exit_code * differs,
        PersonNeededError.exit_code * bool(standing.needs),
        ExpiresSoonError.exit_code * bool(standing.ending),
    )
    days = [left for one in held.all if (left := one.days_left(now)) is not None]
    proof = record.proof.model_dump(mode="json", by_alias=True) if record.proof else None
    read = {
        "needs": [finding(cause) for cause in needs],
        "findings": [finding(cause) for cause in standing.findings],
        "changes": [change.to_json() for change in standing.drift],
        "slots": slot_table(held.live, record.proof, now),
        "daysLeft": min(days, default=None),
        "lastProof": proof,
        "requests": requested.requests,
        "rounds": requested.rounds,
    }
    return StatusRow(state, code, _body(stack, state, code) | read)


def _ending(secret: LiveSecret | HandMade, now: datetime) -> Cause:
    text = f"the secret {secret.label} {describe(secret.days_left(now))}; `rotate status` says what is next"
    return Cause("status.ends_soon", secret.label, text, person=True)


def failed_row(
    stack: FleetStack, state: StackStatus, error: ConnectError, requested: RequestCount | None = None
) -> StatusRow:
    """The row of a stack that could not be read, or of which there is nothing to read."""
    spent = requested or RequestCount()
    more = {"error": error.to_json(), "requests": spent.requests, "rounds": spent.rounds}
    return StatusRow(state, error.exit_code, _body(stack, state, error.exit_code) | more)


def _body(stack: FleetStack, state: StackStatus, code: int) -> dict[str, Any]:
    """A row of which nothing was read, its members in the order in which JSON has them."""
    nothing: dict[str, Any] = {"needs": [], "findings": [], "changes": [], "slots": []}
    last = {"daysLeft": None, "lastProof": None, "requests": 0, "rounds": 0, "exitCode": code, "error": None}
    return {
        "stack": stack.name,
        "tenantId": stack.tenant_id,
        "dynamicsUrl": stack.dynamics_url,
        "profile": stack.profile,
        "ring": stack.ring,
        "owner": stack.owner,
        "state": state.value,
        **nothing,
        **last,
    }


def by_urgency(rows: Iterable[StatusRow]) -> list[StatusRow]:
    """What needs somebody first; within a state the nearest end, then the name."""
    order = list(StackStatus)

    def rank(row: StatusRow) -> tuple[int, int, float, str]:
        days = row.days_left
        return (order.index(row.state), -row.exit_code, float("inf") if days is None else days, row.name)

    return sorted(rows, key=rank)


def counts(rows: Sequence[StatusRow]) -> dict[str, int]:
    """How many stacks there are, and how many in each state."""
    states = Counter(row.state for row in rows)
    return {"stacks": len(rows), **{state.value: states[state] for state in StackStatus}}
