"""What is sent again: the one rule of every client, and how long it waits in between.

A request goes again only where that does no harm; a time that the service names (RFC 9110, 10.2.3) is
kept, and where it names none there are a few tries. The seconds stand in deadlines.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connector.deadlines import MORE_TRIES, Deadline

#: Turned away before anything was done.
_BUSY = frozenset({429, 503})
#: These, and a gateway that lost the answer: what was asked may have been done.
_PASSING = _BUSY | {502, 504}

#: Whether a write was done is not said by these: whoever sent it looks.
IN_DOUBT = _PASSING | {500}


@dataclass(frozen=True)
class Rule:
    """Which ends of a request are followed by the same request again.

    `statuses` are asked again with or without a time named, `named` only where the answer names one;
    `cut` is a connection that ended under way.
    """

    statuses: frozenset[int]
    cut: bool
    named: frozenset[int] = frozenset()


#: The same twice does no harm.
SAFE = Rule(_PASSING, cut=True)
#: A write that is looked for first, and was not found: after a gateway's answer it may still come about.
LOOKED_FOR = Rule(_BUSY, cut=False)
#: Whoever sends it must look before it goes again.
ONCE = Rule(frozenset(), cut=False)
#: GitHub's secondary limits are a 403 that names a time (its docs: using-the-rest-api/rate-limits).
PULL_REQUEST = Rule(_PASSING, cut=True, named=frozenset({403}))

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})


def rule_of(method: str, *, idempotent: bool | None = None) -> Rule:
    """The rule of a method; *idempotent* says what is known better of one request."""
    return SAFE if (method in _IDEMPOTENT if idempotent is None else idempotent) else ONCE


class Tries:
    """The tries of one request: each method says after how many seconds it goes again; None is never."""

    def __init__(self, deadline: Deadline, rule: Rule) -> None:
        self._deadline, self._rule = deadline, rule
        self._blind = 0

    def after_answer(self, status: int, retry_after: float | None) -> float | None:
        """After this status, and the time that the answer names."""
        told = retry_after if status in _BUSY | self._rule.named else None
        if not (status in self._rule.statuses or (told is not None and status in self._rule.named)):
            return None
        if told:
            return told if self._deadline.allows(told) else None
        # A time that is over (0, or a date by a clock that is behind) is believed once.
        return self._blindly(at_once=told is not None)

    def after_cut(self) -> float | None:
        """After the connection was cut: the first time at once, mostly it had been idle too long."""
        return self._blindly(at_once=True) if self._rule.cut else None

    def _blindly(self, *, at_once: bool) -> float | None:
        if self._blind >= MORE_TRIES:
            return None
        wait = 0.0 if at_once and not self._blind else float(2**self._blind)
        self._blind += 1
        return wait if not wait or self._deadline.allows(wait) else None


def parse_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, never negative; None when the header is absent or says nothing readable."""
    if value is None:
        return None
    try:
        seconds = float(value.strip())
    except ValueError:
        return _until(value, now or datetime.now(UTC))
    return max(0.0, seconds) if seconds < float("inf") else None


def _until(value: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
