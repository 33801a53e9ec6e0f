"""A stack's process: its answer, its death, and its end with the run."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connector.cli.engine.process import Ran
from connector.cli.engine.pulumi import Engine
from connector.cli.engine.run_notes import Process, process_of
from connector.cli.verbs.fleet import worker as fleet_worker
from connector.cli.verbs.fleet.worker import Workers
from connector.errors import NoSuchStackError
from connector.fleet.model import FleetStack
from connector.fleet.runs import RunState, StackRun
from connector.interrupts import WORKER
from tests.unit.fleet_samples import entry, good, read
from tests.unit.settings_samples import PROJECT


@pytest.fixture
def stack(tmp_path: Path) -> FleetStack:
    """One stack of a fleet."""
    return read(tmp_path, good(stacks={"acme": entry(1)})).stacks[0]


def finished(stack: FleetStack, program: str, said: list[str] | None = None) -> StackRun:
    """The row of a stack whose process runs *program* instead of the tool."""
    lines = said if said is not None else []
    begun: list[StackRun] = []

    async def run() -> StackRun:
        workers = Workers(lambda _: dict(os.environ), lambda _, line: lines.append(line))
        return await workers.run(StackRun(stack=stack.name), stack, ["-c", program], begun.append)

    row = asyncio.run(run())
    assert [one.state for one in begun] == [RunState.RUNNING]
    return row


@pytest.fixture(autouse=True)
def _any_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-m connector -c PROGRAM` becomes `-c PROGRAM`."""
    real = asyncio.create_subprocess_exec

    async def start(python: str, _m: str, _connector: str, *arguments: str, **options: Any) -> Any:
        return await real(python, *arguments, **options)

    monkeypatch.setattr(fleet_worker.asyncio, "create_subprocess_exec", start)


def test_an_answer_is_taken_over(stack: FleetStack) -> None:
    """Result, code, what changed in both halves, and the error; lines for people are passed on."""
    body = {
        "result": "failed",
        "changes": [{"action": "added"}, {"action": "kept"}],
        "entra": [{"action": "changed"}],
        "error": {"code": "x.y", "key": "k", "message": "two\nlines"},
    }
    said: list[str] = []
    program = f"import sys; print('hello', file=sys.stderr); print({json.dumps(body)!r}); sys.exit(4)"
    row = finished(stack, program, said)
    assert (row.state, row.result, row.exit_code) == (RunState.DONE, "failed", 4)
    assert (row.changes, row.pid) == (2, None)
    assert (row.cause, said) == ("two lines", ["hello"])


def test_a_stack_that_the_backend_lacks_is_made_by_the_fleet(stack: FleetStack) -> None:
    """Plain `pulumi stack init` would miss the fleet's secrets provider: lines and cause say `fleet sync`."""
    lone = SimpleNamespace(stack="acme")
    with pytest.raises(NoSuchStackError) as caught:
        Engine.check(cast("Engine", lone), Ran(255, "", "error: no stack named 'acme' found"), "")
    assert "pulumi stack init" in caught.value.message
    said: list[str] = []
    body, line = {"error": caught.value.to_json()}, f"error: {caught.value.message}"
    program = f"import sys; print({line!r}, file=sys.stderr); print({json.dumps(body)!r}); sys.exit(6)"
    row = finished(stack, program, said)
    assert row.error is not None
    assert row.error["code"] == "stack.unknown"
    for text in (row.cause, *said):
        assert text.endswith("there is no stack 'acme' in this backend; make it with `fleet sync --create`")


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import sys; print('oh no', file=sys.stderr); sys.exit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 255),
        ("print('no json')", 255),
    ],
)
def test_a_process_without_an_answer_failed(stack: FleetStack, program: str, code: int) -> None:
    """Whatever it died of: the row has a code, a cause and what to do."""
    row = finished(stack, program)
    assert row.exit_code == code
    assert row.error is not None
    assert row.error["code"] == "fleet.worker"
    assert "--resume" in row.cause


@pytest.mark.parametrize(
    "program",
    [
        "import sys; print('File x, line 1', file=sys.stderr); sys.exit(1)",
        "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
        "import sys; sys.exit(8)",
    ],
)
def test_a_process_stopped_before_it_could_answer_was_cancelled(stack: FleetStack, program: str) -> None:
    """However an early Ctrl-C ends it: it is no death, and no traceback stands in the table."""

    async def run() -> StackRun:
        workers = Workers(lambda _: dict(os.environ), lambda _, _line: None)
        row = StackRun(stack=stack.name)
        return await workers.run(row, stack, ["-c", program], lambda _: setattr(workers, "_stopped", True))

    row = asyncio.run(run())
    assert (row.exit_code, row.result) == (8, "cancelled")
    assert row.error is not None
    assert row.error["code"] == "fleet.stopped"
    assert "line 1" not in row.cause


@pytest.mark.parametrize("there", [True, False])
def test_a_stack_that_an_earlier_process_is_still_at_work_on_is_left_to_it(
    stack: FleetStack, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    """Known to be alive after the wait: refused, and nothing begun. Of one elsewhere nobody here can know."""
    known = process_of(os.getpid())
    assert known is not None
    earlier = known if there else Process("another", known.namespace, known.pid, known.start)

    monkeypatch.setattr(fleet_worker, "DEATH_PAUSE", 0.0)
    begun: list[StackRun] = []

    async def run() -> StackRun:
        workers = Workers(lambda _: dict(os.environ), lambda _, _line: None)
        row = StackRun(stack=stack.name, process=str(earlier))
        return await workers.run(row, stack, ["-c", "print('{}')"], begun.append)

    row = asyncio.run(run())
    assert (begun == []) is there
    assert (row.state, row.exit_code, row.process) == (RunState.DONE, 255, "")
    assert (f"process {os.getpid()} of the earlier run is still at work" in row.cause) is there


def test_a_huge_line_stops_nobody(stack: FleetStack) -> None:
    """A line of a megabyte is one line."""
    said: list[str] = []
    row = finished(stack, "import sys; sys.stderr.write('x' * 1000000 + chr(10)); print('{}')", said)
    assert row.state is RunState.DONE
    assert [len(line) for line in said] == [1000000]


def test_a_worker_ends_when_its_run_is_gone() -> None:
    """Its standard input is closed: it is interrupted as by Ctrl-C, with everything that it started."""
    program = (
        "import time; from connector.interrupts import follow_the_run; follow_the_run(); "
        "print('up', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=os.environ | {WORKER: "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.stdin.close()
    assert process.wait(timeout=30) == -signal.SIGINT
    process.stdout.close()
