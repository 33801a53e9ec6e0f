"""One stack's row in `fleet status`, and the order and counts of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.errors import ConnectError, DriftError, ExpiresSoonError, PersonNeededError
from connector.fleet.model import FleetStack
from connector.records.record import ProofRecord, StackRecord
from connector.records.standing import Standing
from connector.report import Cause, Change
from connector.stack.due import describe
from connector.stack.hand_made import HandMade
from connector.stack.secrets import LiveSecret

_ENDS_SOON = "status.ends_soon"


class StackStatus(StrEnum):
    """How a stack stands; those that need a person first."""

    ATTENTION = "attention"
    UNKNOWN = "unknown"
    DRIFT = "drift"
    NOT_DEPLOYED = "not_deployed"
    IN_ORDER = "in_order"


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


@dataclass(frozen=True)
class StatusRow:
    """How one stack stands; what was not read is empty, and `read_at` None. Never with a secret's value.

    `needs` waits for a person, `findings` differ in the directory and the slots, `changes` are what
    `apply` would write. What of it is told where, columns.py says.
    """

    stack: FleetStack
    state: StackStatus
    exit_code: int
    requested: RequestCount
    read_at: datetime | None = None
    needs: tuple[Cause, ...] = ()
    findings: tuple[Cause, ...] = ()
    changes: tuple[Change, ...] = ()
    secrets: RecordedSecrets = RecordedSecrets()
    last_proof: ProofRecord | None = None
    error: ConnectError | None = None

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.stack.name

    @property
    def days_left(self) -> int | None:
        """Whole days until the first of its secrets ends."""
        if self.read_at is None:
            return None
        left = [one.days_left(self.read_at) for one in self.secrets.all]
        return min((days for days in left if days is not None), default=None)

    @property
    def ends_soon(self) -> bool:
        """Whether a secret ends within the days that were asked for."""
        return any(need.code == _ENDS_SOON for need in self.needs)

    @property
    def messages(self) -> list[str]:
        """What there is to say, the most pressing first."""
        said = [cause.message for cause in (*self.needs, *self.findings)]
        said += [_told(change) for change in self.changes]
        return [self.error.message, *said] if self.error else said


def _told(change: Change) -> str:
    detail = f" ({change.detail})" if change.detail else ""
    return f"to be {change.action.value}: {change.kind} {change.name}{detail}"


def row_of(
    stack: FleetStack,
    record: StackRecord,
    standing: Standing,
    secrets: RecordedSecrets,
    requested: RequestCount,
    now: datetime,
) -> StatusRow:
    """The row of a stack that was read."""
    needs = (*standing.needs, *(_ending(one, now) for one in standing.ending))
    differs = bool(standing.findings or standing.drift)
    return StatusRow(
        stack,
        StackStatus.ATTENTION if needs else StackStatus.DRIFT if differs else StackStatus.IN_ORDER,
        max(
            DriftError.exit_code * differs,
            PersonNeededError.exit_code * bool(standing.needs),
            ExpiresSoonError.exit_code * bool(standing.ending),
        ),
        requested,
        read_at=now,
        needs=needs,
        findings=standing.findings,
        changes=standing.drift,
        secrets=secrets,
        last_proof=record.proof,
    )


def _ending(secret: LiveSecret | HandMade, now: datetime) -> Cause:
    text = f"the secret {secret.label} {describe(secret.days_left(now))}; `rotate status` says what is next"
    return Cause(_ENDS_SOON, secret.label, text, person=True)


def failed_row(
    stack: FleetStack, state: StackStatus, error: ConnectError, requested: RequestCount | None = None
) -> StatusRow:
    """The row of a stack that could not be read, or of which there is nothing to read."""
    return StatusRow(stack, state, error.exit_code, requested or RequestCount(), error=error)


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
