"""The Dataverse half alone, from stack outputs in hand: first apply with proof, nothing to do, remove."""

from __future__ import annotations

import asyncio
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connector.dataverse import jobs
from connector.report import Report
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.emulator import RunningEmulator

#: Command, its job, and what it is to hold at 100 ms: requests, rounds, seconds.
STEPS: tuple[tuple[str, Callable[..., Any], tuple[int, int, float | None]], ...] = (
    ("first apply with proof", jobs.apply_and_prove, (18, 6, 1.3)),
    ("nothing to do, with proof", jobs.apply_and_prove, (9, 3, 0.8)),
    ("plan, nothing to do", jobs.plan, (9, 3, None)),
    ("remove", jobs.remove, (14, 14, None)),
)


def measure_half(latency_ms: int) -> list[dict[str, Any]]:
    """Measure each step once, in this process, imports done before the clock starts."""
    warnings.simplefilter("ignore", DeprecationWarning)  # the Graph SDK's own
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as folder:
        emulator = RunningEmulator(Path(folder), "--latency-ms", str(latency_ms))
        try:
            stack = ConnectedStack(emulator)
            return [asyncio.run(_measure(stack, *step)) for step in STEPS]
        finally:
            emulator.stop()


async def _measure(
    stack: ConnectedStack, name: str, job: Callable[..., Any], limits: tuple[int, int, float | None]
) -> dict[str, Any]:
    began = time.monotonic()
    async with stack.session() as session:
        found = await job(stack.settings, stack.outputs, session)
    report: Report = found[1] if isinstance(found, tuple) else found
    return {
        "command": name,
        "result": report.result,
        "requests": report.effort.requests,
        "rounds": report.effort.rounds,
        "seconds": round(time.monotonic() - began, 3),
        "hold": {"requests": limits[0], "rounds": limits[1], "seconds": limits[2]},
    }
