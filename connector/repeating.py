"""Which requests are sent again, how often, and after what pause: one rule for every client of ours.

Only what does no harm when it is done twice is repeated. A service that says how long to wait is
waited for until the deadline; one that does not (a gateway's 502, 503 or 504, a 429 without
Retry-After, a connection that was cut) gets a few more tries, as Microsoft's own clients give it.
"""

from __future__ import annotations

from connector.patience import Patience
from connector.retry_after import parse_retry_after

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
