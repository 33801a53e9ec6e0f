"""How long to wait for what a service needs to notice; injectable, so that tests never sleep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


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
