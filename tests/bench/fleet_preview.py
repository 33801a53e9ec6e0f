"""`fleet preview` of many stacks: wall against the CPU that all of its processes take, and their memory.

The floor is CPU seconds of everything (runner, workers, engines, providers, emulator) divided by the
cores: what no runner could beat on this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from connector.cli.verbs.fleet.job import default_workers
from tests.support.emulator import RunningEmulator
from tests.support.fleet_project import SMALL, FleetProject

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
#: What wall may be of the floor.
HOLD = 1.3


def measure_preview(latency_ms: int, stacks: int) -> list[dict[str, Any]]:
    """Preview so many stacks once; raises SystemExit when one of them fails."""
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as folder:
        emulator = RunningEmulator(Path(folder) / "emulator", "--latency-ms", str(latency_ms))
        try:
            return [_measure(_fleet(Path(folder), emulator, stacks), emulator, stacks)]
        finally:
            emulator.stop()


def _fleet(folder: Path, emulator: RunningEmulator, stacks: int) -> FleetProject:
    """Stacks over two organizations; those of one organization differ by profile."""
    entries = {
        f"stack-{n:04d}": {"dynamicsUrl": emulator.org(n % 2 + 1), "profile": f"p{n // 2}"}
        for n in range(stacks)
    }
    profiles = {entry["profile"]: SMALL.format(title=entry["profile"].title()) for entry in entries.values()}
    return FleetProject(folder / "project", emulator, entries, profiles=profiles)


def _measure(project: FleetProject, emulator: RunningEmulator, stacks: int) -> dict[str, Any]:
    before, served = children_cpu(), cpu_of(emulator.process.pid)
    began = time.monotonic()
    with subprocess.Popen(
        [*project.command, "preview", "--json"],
        cwd=project.root,
        env=project.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        watch = _Memory(process.pid)
        out, _ = process.communicate()
    wall = time.monotonic() - began
    peak = watch.stop()
    counts = json.loads(out)["counts"]
    if counts["succeeded"] != stacks:
        raise SystemExit(f"bench: {counts}")
    cpu = children_cpu() - before + cpu_of(emulator.process.pid) - served
    workers, floor = default_workers(stacks), cpu / (os.cpu_count() or 1)
    return {
        "command": "fleet preview",
        "stacks": stacks,
        "workers": workers,
        "wall s": round(wall, 1),
        "CPU s": round(cpu, 1),
        "floor s": round(floor, 1),
        "ratio": round(wall / floor, 2),
        "hold": f"≤ {HOLD}",
        "peak MB": round(peak / 1e6),
        "MB a worker": round(peak / 1e6 / workers),
    }


class _Memory:
    """The most that a process and its descendants held at once, sampled four times a second."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak = pid, 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._end.wait(0.25):
            self._peak = max(self._peak, sum(_resident(pid) for pid in _family(self._pid)))

    def stop(self) -> int:
        """Bytes."""
        self._end.set()
        self._thread.join()
        return self._peak


def _family(pid: int) -> set[int]:
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = _stat(path)
        if fields:
            parents[int(path.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _resident(pid: int) -> int:
    fields = _stat(Path(f"/proc/{pid}/stat"))
    return int(fields[21]) * _PAGE if fields else 0


def cpu_of(pid: int) -> float:
    """CPU seconds of a process that runs."""
    fields = _stat(Path(f"/proc/{pid}/stat"))
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _stat(path: Path) -> list[str]:
    """The fields of proc(5) stat after the name; the first is the state."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []


def children_cpu() -> float:
    """CPU seconds of the processes that this one started and waited for, and of theirs."""
    times = os.times()
    return times.children_user + times.children_system
