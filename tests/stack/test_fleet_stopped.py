"""A fleet's run that a person stops, and the rotation of many stacks by patches."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.fleet_project import FleetProject, rows

pytestmark = pytest.mark.stack


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningEmulator]:
    """An emulator of this test's own: its log is counted."""
    emulator = RunningEmulator(tmp_path / "emulator")
    yield emulator
    emulator.stop()


def test_a_stopped_run_ends_in_order_and_is_resumed(tmp_path: Path, running: RunningEmulator) -> None:
    """An interrupt to the runner alone: what runs is told to stop, nothing more begins, exit code 8."""
    stacks = {"one": {"dynamicsUrl": running.org(1)}, "two": {"dynamicsUrl": running.org(2)}}
    project = FleetProject(tmp_path / "p", running, stacks)
    with subprocess.Popen(
        [*project.command, "deploy", "--workers", "1", "--json"],
        cwd=project.root,
        env=project.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        while not any(r["method"] == "POST" and r["service"] == "graph" for r in running.requests()):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=120)
    body = json.loads(out)
    assert (process.returncode, body["error"]["code"], body["result"]) == (8, "fleet.stopped", "failed")
    states = {row["stack"]: row["state"] for row in body["stacks"]}
    assert states == {"one": "done", "two": "skipped"}
    done = project.fleet("deploy", "--resume", "--json")
    assert (done.code, done.json["counts"]["succeeded"]) == (0, 2), done.text


def test_rotations_come_out_as_patches(tmp_path: Path, running: RunningEmulator) -> None:
    """The stack whose secret ends has a new one and a patch; the other is left; the checkout is as it was."""
    stacks = {
        "due": {"dynamicsUrl": running.org(1), "settings": {"secret": {"lifetimeDays": 1}}},
        "calm": {"dynamicsUrl": running.org(2)},
    }
    project = FleetProject(tmp_path / "p", running, stacks)
    assert project.fleet("deploy").code == 0
    before = {path.name: path.read_bytes() for path in project.root.glob("Pulumi.*.yaml")}
    done = project.fleet("rotate", "--patch", "patches", "--json")
    found = rows(done)
    assert (found["due"]["exitCode"], found["calm"]["exitCode"]) == (21, 0), done.text
    assert (done.code, done.json["counts"]["failed"]) == (21, 0)
    assert "b: 2" in (project.root / "patches" / "due.patch").read_text()
    assert not (project.root / "patches" / "calm.patch").exists()
    assert {path.name: path.read_bytes() for path in project.root.glob("Pulumi.*.yaml")} == before
