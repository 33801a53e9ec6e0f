"""A run that is spoilt at one request: what can befall it, and how it is run into that."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulator.faults import route_matches
from tests.support.emulator import RunningEmulator
from tests.support.project import Done, Project

#: In the words of people, and the emulator's answer. The last one is repeated by the client, so done twice.
FAULTS: Mapping[str, str] = {
    "killed before": "hang",
    "killed after": "hang-after",
    "answer lost": "reset-after",
    "429 for long": "429",
    "503": "503",
    "404 after success": "404-after",
    "done twice": "500-after",
}
#: Longer than anybody's patience, and never waited for.
_LONG = "3600"


_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{owner\}")


def shape(path: str) -> str:
    """A path, or a route, with every id as `{id}`."""
    return _GUID.sub("{id}", path)


@dataclass(frozen=True)
class Call:
    """One request of a verb: the nth of its method and route, sent by the provider or by this project.

    The provider obeys a Retry-After of an hour, so it is killed there; our own client gives up by itself.
    """

    method: str
    route: str
    nth: int = 1
    ours: bool = False

    def __str__(self) -> str:
        """Short, as a line of the matrix names it."""
        return f"{self.method} {self.route.removeprefix('/api/data').removeprefix('/v1.0')} #{self.nth}"


def spoil(stack: Project, verb: Sequence[str], call: Call, fault: str) -> Done:
    """Run a verb into a fault at one call, and kill its process group where that is the fault.

    Fails when the run ends without having made the call.
    """
    emulator, answer = stack.emulator, FAULTS[fault]
    emulator.requests(reset=True)
    retry_after = _LONG if answer == "429" else None
    emulator.fault(call.method, call.route, nth=call.nth, answer=answer, retry_after=retry_after)
    deadly = answer.startswith("hang") or (answer == "429" and not call.ours)
    try:
        done = _run(stack, verb, call if deadly else None, answer)
        assert _has_struck(emulator, call, answer), f"{call} was never sent: {done.text}"
    finally:
        emulator.store.db.execute("DELETE FROM faults")
    return done


def _run(stack: Project, verb: Sequence[str], deadly: Call | None, answer: str) -> Done:
    said = stack.folder / "spoilt.txt"
    command = (sys.executable, "-m", "connector", *verb, "--stack", stack.stack)
    with said.open("w") as out, subprocess.Popen(
        command, cwd=stack.root, env=stack.env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        start_new_session=True,
    ) as process:  # fmt: skip
        while deadly and not _has_struck(stack.emulator, deadly, answer):
            try:
                process.wait(0.02)
                pytest.fail(f"the run ended before {deadly}: {said.read_text()}")
            except subprocess.TimeoutExpired:
                continue
        if deadly:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(240)
        if deadly:
            _end_what_is_left(stack)
    return Done(process.returncode, said.read_text(), "")


def _end_what_is_left(stack: Project) -> None:
    """The provider outlives a killed engine, and would send its request into a later test of this project."""
    mark = f"HOME={stack.folder / 'home'}".encode()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # one that has just ended
            if mark in (path / "environ").read_bytes().split(b"\0"):
                os.kill(int(path.name), signal.SIGKILL)


def _has_struck(emulator: RunningEmulator, call: Call, answer: str) -> bool:
    """Whether the fault has struck, and the call is logged where it is served first."""
    struck = emulator.store.db.execute("SELECT 1 FROM faults WHERE seen >= nth").fetchall()
    if not struck or answer in ("hang", "429"):
        return bool(struck)
    same = [
        one for one in emulator.requests()
        if call.method in (one["method"], "*") and route_matches(call.route, one["path"])
    ]  # fmt: skip
    return len(same) >= call.nth
