"""Deploy from nothing, plain `pulumi up`, the Dataverse half, nothing to do, remove: counted and timed.

The floor of a command is its chain of dependent requests at this latency, over all services:
what no client could beat without asking less. Ratios within one run compare machines; seconds do not.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.emulator import RunningEmulator
from tests.support.project import Done, Project
from tests.support.rounds import of_service, rounds_of

SERVICES = ("login", "graph", "dataverse")


@dataclass(frozen=True)
class Measured:
    """One command: requests by service, rounds at the Dataverse host, seconds of wall, floor and CPU."""

    command: str
    requests: dict[str, int]
    rounds: int
    wall: float
    floor: float
    cpu: float

    def to_json(self) -> dict[str, Any]:
        """All figures by name; seconds rounded to milliseconds."""
        times = {"wall": self.wall, "floor": self.floor, "cpu": self.cpu, "ratio": self.wall / self.floor}
        shown = {name: round(value, 3) for name, value in times.items()}
        return {"command": self.command, "requests": self.requests, "rounds": self.rounds} | shown


def measure_deploy(latency_ms: int, runs: int) -> list[Measured]:
    """Measure whole lives of a stack and return the median of each command."""
    lives = [_life(latency_ms) for _ in range(runs)]
    return [_median([life[i] for life in lives]) for i in range(len(lives[0]))]


def _life(latency_ms: int) -> list[Measured]:
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as folder:
        emulator = RunningEmulator(Path(folder) / "emulator", "--latency-ms", str(latency_ms))
        try:
            stack = Project(Path(folder) / "stack", emulator)
            half = ("scripts/post_deploy.py", "--stack", stack.stack, "--json")
            steps: list[tuple[str, Callable[[], Done]]] = [
                ("deploy, from nothing to proof", lambda: stack.connector("deploy", "--json")),
                ("deploy, nothing to do", lambda: stack.connector("deploy", "--json")),
                ("Dataverse half, nothing to do", lambda: stack.run(stack.python, *half)),
                ("verify", lambda: stack.connector("verify", "--json")),
                ("plain pulumi preview", lambda: stack.pulumi("preview")),
                ("remove", lambda: stack.connector("remove", "--yes", "--json")),
            ]
            return [_measure(name, step, emulator, latency_ms) for name, step in steps]
        finally:
            emulator.stop()


def _measure(
    name: str, step: Callable[[], Done], emulator: RunningEmulator, latency_ms: int
) -> Measured:
    emulator.requests(reset=True)
    began, cpu = time.monotonic(), _children_cpu()
    done = step()
    wall = time.monotonic() - began
    if done.code != 0:
        raise SystemExit(f"bench: {name} ended with {done.code}:\n{done.text}")
    log = emulator.requests()
    counts = {service: len(of_service(log, service)) for service in SERVICES}
    probes = {id(line) for line in log if line["status"] == 401}
    chain = rounds_of(line for line in of_service(log, "dataverse") if id(line) not in probes)
    floor = max(rounds_of(log) * latency_ms / 1000, 0.001)
    return Measured(name, counts, chain, wall, floor, _children_cpu() - cpu)


def _children_cpu() -> float:
    """CPU seconds of ended child processes; the emulator runs on and is not among them."""
    times = os.times()
    return times.children_user + times.children_system


def _median(same: list[Measured]) -> Measured:
    first = same[0]
    middle = {name: statistics.median(getattr(m, name) for m in same) for name in ("wall", "floor", "cpu")}
    return Measured(first.command, first.requests, first.rounds, **middle)
