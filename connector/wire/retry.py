"""How long to wait for what a service needs to notice; injectable, so that tests never sleep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Patience:
    """Deadlines in seconds, and the clock they are measured by."""

    retry_after: float = 120.0
    fresh_secret: float = 90.0
    new_principal: float = 90.0
    permissions: float = 45.0
    pause: float = 2.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], float] = time.monotonic

    def until(self, seconds: float) -> Deadline:
        """A deadline that begins now."""
        return Deadline(self, self.now() + seconds)


@dataclass(frozen=True)
class Deadline:
    """A moment after which waiting ends."""

    patience: Patience
    end: float

    async def pause(self, seconds: float | None = None) -> bool:
        """Wait, and say whether to try again: False, without waiting, when it would be too late."""
        wait = self.patience.pause if seconds is None else seconds
        if self.patience.now() + wait > self.end:
            return False
        await self.patience.sleep(wait)
        return True


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


#: Tries beyond the first where the service does not say when to come back (kiota's default is 3 too).
MORE_TRIES = 3
_BUSY = frozenset({429, 503})
_PASSING = frozenset({429, 502, 503, 504})


class Repeats:
    """The tries of one request: each method says, after its pause, whether to send it again."""

    def __init__(self, patience: Patience, *, safe: bool) -> None:
        self._deadline = patience.until(patience.retry_after)
        self._safe = safe
        self._blind = 0

    async def after_answer(self, status: int, retry_after: str | None) -> bool:
        """Whether to ask again after this status."""
        if not self._safe or status not in _PASSING:
            return False
        wait = parse_retry_after(retry_after) if status in _BUSY else None
        if wait:
            return await self._deadline.pause(wait)
        if wait is not None and not self._blind:
            # A time that is over (0, or a date by a clock that is behind) is believed once.
            self._blind += 1
            return await self._deadline.pause(0.0)
        return await self._blindly(float(2**self._blind))

    async def after_cut(self) -> bool:
        """Whether to ask again after the connection was cut under way.

        The first time at once: mostly a server closed an idle connection at the moment it was used.
        """
        return self._safe and await self._blindly(float(2**self._blind) if self._blind else 0.0)

    async def _blindly(self, pause: float) -> bool:
        if self._blind >= MORE_TRIES:
            return False
        self._blind += 1
        return pause == 0.0 or await self._deadline.pause(pause)
