"""Stacks side by side, ring after ring: at most so many at once, and none after a ring has stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from connector.fleet.model import FleetStack, Ring
from connector.fleet.runs import RunRecord, RunState, StackRun, stop_reason

Work = Callable[[FleetStack], Awaitable[StackRun]]
Rings = Sequence[tuple[Ring, Sequence[FleetStack]]]


class Schedule:
    """The run of a record's stacks; `changed` hears of each that ends or is left out.

    *work* never raises for a stack that fails: its row says so. A stack that is running when its ring
    stops is finished; the others of the ring, and of those after it, are skipped with the reason.
    """

    def __init__(
        self, record: RunRecord, work: Work, *, workers: int, changed: Callable[[StackRun], None]
    ) -> None:
        self._record, self._work = record, work
        self._workers, self._changed = workers, changed
        self._halted = ""

    def halt(self, reason: str) -> None:
        """Begin nothing more; what runs is for the caller to stop."""
        self._halted = reason

    async def run(self, rings: Rings) -> None:
        """Every stack of *rings* that the record has not done, ring after ring."""
        reason = ""
        for ring, stacks in rings:
            left = [stack for stack in stacks if self._record.stacks[stack.name].state is not RunState.DONE]
            reason = reason or self._reason(ring)
            if not reason:
                reason = await self._run_ring(ring, left)
            for stack in left:
                self._skip(stack, reason)

    def _reason(self, ring: Ring) -> str:
        return self._halted or stop_reason(ring, self._record.stacks, self._record.verb)

    def _skip(self, stack: FleetStack, reason: str) -> None:
        row = self._record.stacks[stack.name]
        if row.state is RunState.PENDING:
            row.state, row.reason = RunState.SKIPPED, reason
            self._changed(row)

    async def _run_ring(self, ring: Ring, left: Sequence[FleetStack]) -> str:
        queue = iter(left)

        async def worker() -> None:
            for stack in queue:
                if self._reason(ring):
                    return
                self._record.stacks[stack.name] = await self._work(stack)
                self._changed(self._record.stacks[stack.name])

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._workers, len(left))):
                group.create_task(worker())
        return self._reason(ring)
