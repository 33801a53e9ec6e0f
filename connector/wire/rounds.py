"""Counting requests and rounds: a round is a step that had to wait for the answer before it.

Work that runs side by side is started with `start` and brought together with `join`; each branch
carries, for each host, how many answers it has waited for, and the join keeps the highest.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_depths: contextvars.ContextVar[Mapping[str, int]] = contextvars.ContextVar("depths")


def _current() -> Mapping[str, int]:
    return _depths.get({})


@dataclass(frozen=True)
class Mark:
    """Where the counts for one host stood when a job began."""

    requests: int
    depth: int
    tokens: int


@dataclass
class RequestCounter:
    """How many requests went to each host (host and port), and in how many rounds."""

    requests: Counter[str] = field(default_factory=Counter)
    rounds: dict[str, int] = field(default_factory=dict)
    tokens: int = 0

    def sent(self, host: str) -> int:
        """Note a request; returns its depth for `answered`."""
        depth = _current().get(host, 0) + 1
        self.requests[host] += 1
        self.rounds[host] = max(self.rounds.get(host, 0), depth)
        return depth

    def mark(self, host: str) -> Mark:
        """Where a job begins: what was asked before it is not its effort."""
        return Mark(self.requests[host], _current().get(host, 0), self.tokens)

    def since(self, mark: Mark, host: str) -> Mark:
        """Requests, rounds and tokens since a mark."""
        rounds = max(self.rounds.get(host, 0) - mark.depth, 0)
        return Mark(self.requests[host] - mark.requests, rounds, self.tokens - mark.tokens)

    @staticmethod
    def answered(host: str, depth: int) -> None:
        """Note that what follows in this branch has waited for the answer."""
        _depths.set({**_current(), host: max(depth, _current().get(host, 0))})


class Started(Generic[T]):
    """A branch that runs beside others."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.context = contextvars.copy_context()
        self.task: asyncio.Task[T] = asyncio.create_task(work, context=self.context)

    def result(self) -> T:
        """What the branch returned; only after `join`."""
        return self.task.result()


def start(work: Coroutine[Any, Any, T]) -> Started[T]:
    """Begin a branch."""
    return Started(work)


async def join(*branches: Started[Any]) -> None:
    """Wait for all branches; the first failure cancels the others and is raised."""
    tasks = [branch.task for branch in branches]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        await cancel(*branches)
        raise
    merged = dict(_current())
    for branch in branches:
        for host, depth in branch.context.run(_current).items():
            merged[host] = max(depth, merged.get(host, 0))
    _depths.set(merged)


async def settle(*branches: Started[Any]) -> None:
    """Wait for all branches to their end, then raise the first failure in their order.

    For reads that often fail one by one: the failures of the others may be the graver ones.
    """
    await asyncio.gather(*(branch.task for branch in branches), return_exceptions=True)
    await join(*branches)


async def cancel(*branches: Started[Any]) -> None:
    """Stop branches whose result nobody wants any more."""
    for branch in branches:
        branch.task.cancel()
    await asyncio.gather(*(branch.task for branch in branches), return_exceptions=True)
