"""One stack of a fleet in a process of its own: started, listened to, and stopped with the fleet's run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.cli.engine.pulumi import PROJECT_DIR
from connector.cli.engine.run_notes import Process, is_gone, process_of
from connector.deadlines import DEATH_LOOKS, DEATH_PAUSE
from connector.errors import ConnectError
from connector.fleet.model import FleetStack
from connector.fleet.runs import RunState, StackRun
from connector.interrupts import CANCELLED, WORKER

_LINE_LIMIT = 4 * 1024 * 1024
_KEPT_LINES = 3
_CANCELLED = ConnectError("stopped with the run; --resume goes on from there", code="fleet.stopped")
# A verb on one stack says how Pulumi makes it; a fleet's also needs its secrets provider and its file.
_BY_HAND = re.compile(r"make it with `pulumi stack init .*")


class Workers:
    """The processes of one run. `say` gets a stack's name and a line that its process wrote for people."""

    def __init__(
        self, env: Callable[[FleetStack], Mapping[str, str]], say: Callable[[str, str], None]
    ) -> None:
        """*env* is the environment of a stack's process."""
        self._env, self._say = env, say
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopped = False

    async def run(
        self, row: StackRun, stack: FleetStack, arguments: Sequence[str], begun: Callable[[StackRun], None]
    ) -> StackRun:
        """Run `connector ARGUMENTS` for a stack; *begun* hears of the row once its process is there.

        A process that dies, or says nothing that can be read, is a stack that failed; so is a stack that
        a process of an earlier run is still at work on.
        """
        if not await _has_ended(row.process):
            return _still_at_work(row)
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "connector", *arguments),
            cwd=PROJECT_DIR,
            env={**self._env(stack), WORKER: "1"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
            start_new_session=True,
        )
        self._running[stack.name] = process
        row = row.model_copy(update=_begun(process.pid))
        begun(row)
        if self._stopped:
            _interrupt(process)
        out, errors = await asyncio.gather(self._read_out(process), self._read_errors(process, stack.name))
        code = await process.wait()
        del self._running[stack.name]
        return _finished(row, code, out, errors, time.monotonic() - started, stopped=self._stopped)

    def stop(self) -> None:
        """Ask every running process to stop; each leaves its stack so that the next run can go on."""
        self._stopped = True
        for process in self._running.values():
            _interrupt(process)

    @staticmethod
    async def _read_out(process: asyncio.subprocess.Process) -> bytes:
        assert process.stdout is not None  # noqa: S101  # it was asked for
        return await process.stdout.read()

    async def _read_errors(self, process: asyncio.subprocess.Process, name: str) -> list[str]:
        assert process.stderr is not None  # noqa: S101  # it was asked for
        kept: list[str] = []
        async for raw in process.stderr:
            line = in_fleet(raw.decode("utf-8", "replace").rstrip())
            if line:
                kept = [*kept, line][-_KEPT_LINES:]
                self._say(name, line)
        return kept


def _finished(  # what is known of a process that ended
    row: StackRun, code: int, out: bytes, errors: list[str], seconds: float, *, stopped: bool
) -> StackRun:
    try:
        body: dict[str, Any] = json.loads(out)
    except ValueError:
        body = {}
    changes = [*body.get("changes", []), *body.get("entra", [])]
    error = body.get("error")
    if stopped and (code == CANCELLED or not body):
        # Without a body Ctrl-C came before the verb, or the interpreter itself, was ready to answer.
        body, code, error = {"result": "cancelled"}, CANCELLED, _CANCELLED.to_json()
    elif not body:
        code = 255 if code <= 0 else code
        error = ConnectError(_died(code, errors), code="fleet.worker", key=row.stack).to_json()
    if error:
        error |= {"message": in_fleet(str(error["message"]))}
    update = {
        "state": RunState.DONE,
        "pid": None,
        "process": "",
        "result": body.get("result", "error"),
        "exit_code": code,
        "changes": sum(change.get("action") in ("added", "changed", "removed") for change in changes),
        "seconds": round(seconds, 1),
        "error": error,
    }
    return row.model_copy(update=update)


def in_fleet(text: str) -> str:
    """What a stack's verb said, with the fleet's own way where it names that of a lone stack."""
    return _BY_HAND.sub("make it with `fleet sync --create`", text)


def _died(code: int, errors: list[str]) -> str:
    said = f"; its last words: {' / '.join(errors)}" if errors else ""
    return f"the process of this stack ended without an answer (code {code}){said}; run again with --resume"


def _interrupt(process: asyncio.subprocess.Process) -> None:
    """As Ctrl-C would: the whole group, so that the engine ends in order too."""
    try:
        if os.name == "nt":
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGINT)
    except ProcessLookupError:
        pass


def _begun(pid: int) -> dict[str, Any]:
    """What the record says of a process, so that a resumed run knows it again on this machine."""
    known = process_of(pid)
    return {"state": RunState.RUNNING, "pid": pid, "process": str(known) if known else ""}


async def _has_ended(process: str, *, tries: int = DEATH_LOOKS) -> bool:
    """Wait for the process of a killed run, which is told by its closed input to stop; False if it does not.

    One of another machine, boot or PID namespace cannot be waited for: the stack's lock decides then.
    """
    earlier = Process.parse(process)
    while earlier is not None and is_gone(earlier) is False:
        if tries == 0:
            return False
        tries -= 1
        await asyncio.sleep(DEATH_PAUSE)
    return True


def _still_at_work(row: StackRun) -> StackRun:
    message = (
        f"process {row.process.split()[2]} of the earlier run is still at work on stack {row.stack}; "
        "wait until it has ended, or end it, and run again with --resume"
    )
    error = ConnectError(message, code="fleet.worker", key=row.stack).to_json()
    ended = {"state": RunState.DONE, "pid": None, "process": "", "result": "error", "exit_code": 255}
    return row.model_copy(update=ended | {"error": error})
