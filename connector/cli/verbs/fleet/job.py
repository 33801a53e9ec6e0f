"""One verb over many stacks, ring after ring: the job behind `fleet preview | deploy | verify | rotate`."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector.cli.paths import file_to_write, one_result_on_stdout, records_folder
from connector.cli.run import Outcome
from connector.cli.screen.console import Screen
from connector.cli.screen.fleet import Progress, in_order, markdown, show_summary
from connector.cli.verbs.fleet.options import backend_environment
from connector.cli.verbs.fleet.worker import Workers
from connector.errors import ConnectError, Problem, SettingsError
from connector.fleet import Fleet, FleetStack
from connector.fleet.model import login_environment
from connector.fleet.runs import WRITES, RunRecord, StackRun, read_run, record_path, resumed, write_run
from connector.fleet.scheduler import Schedule
from connector.fleet.selection import select
from connector.interrupts import CANCELLED
from connector.report import counted, first_few

#: What the engine, its provider and our process were seen to take together (scripts/bench fleet).
WORKER_BYTES = 400 * 1024 * 1024


class FleetError(ConnectError):
    """A fleet ends with the code of its worst stack."""

    def __init__(
        self, message: str, *, status: int, code: str = "fleet.stacks", key: str | None = None
    ) -> None:
        super().__init__(message, code=code, key=key)
        self.exit_code = status


@dataclass(frozen=True)
class RunOptions:
    """Which stacks, how many at once, and what their verb is told besides."""

    only: Sequence[str] = ()
    ring: str | None = None
    shard: str | None = None
    resume: bool = False
    workers: int | None = None
    records: str | None = None
    markdown: str | None = None
    patch: str | None = None
    more: tuple[str, ...] = field(default=())


def run_fleet(screen: Screen, fleet: Fleet, verb: str, options: RunOptions) -> Outcome:
    """Run a verb over the chosen stacks; the record is written as they begin and end."""
    chosen = select(fleet, only=options.only, ring=options.ring, shard=options.shard)
    page = file_to_write("--markdown", options.markdown, stdout=True)
    one_result_on_stdout("--markdown", also=options.markdown == "-", as_json=screen.as_json)
    folder = records_folder(options.records, write=True)
    path = record_path(folder, fleet.name, verb, options.shard)
    if options.resume:
        record = resumed(read_run(path), fleet, chosen)
        chosen = tuple(stack for stack in chosen if stack.name in record.stacks)
    else:
        record = RunRecord.begin(fleet.name, verb, chosen)
    patch_folder(options.patch)
    count = options.workers or default_workers(len(chosen))
    screen.title(f"Fleet {fleet.name}: {verb} of {counted(len(chosen), 'stack')}, {count} at a time")
    with tempfile.TemporaryDirectory(prefix="fleet-") as pages:
        job = _Job(screen, fleet, record, path, options, Path(pages))
        interrupted = asyncio.run(job.run(chosen, count))
        if page is not None:
            page.write_text(job.page(), encoding="utf-8")
            screen.say(f"{page}: the page of all stacks")
        elif options.markdown:
            print(job.page(), end="")
    show_summary(screen, record)
    return Outcome(_body(record), _error(record, interrupted=interrupted))


def default_workers(stacks: int) -> int:
    """Three for each core, since most of the time is waiting; fewer where memory is short, or stacks are."""
    return max(1, min(3 * (os.cpu_count() or 1), _free_memory() // WORKER_BYTES, stacks))


def _free_memory() -> int:
    """Bytes that can be had (Linux); elsewhere enough for eight."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 8 * WORKER_BYTES
    found = next((line for line in lines if line.startswith("MemAvailable:")), "MemAvailable: 0 kB")
    return int(found.split()[1]) * 1024


class _Job:
    """One run: its record on disk, its processes, and what people see of it."""

    def __init__(
        self, screen: Screen, fleet: Fleet, record: RunRecord, path: Path, options: RunOptions, pages: Path
    ) -> None:
        self._voice, self._fleet, self._options, self._pages = screen, fleet, options, pages
        self._record, self._path = record, path
        self._backend = backend_environment(fleet)
        self._progress = Progress(screen, quiet=record.verb == "preview")

    async def run(self, chosen: Sequence[FleetStack], workers: int) -> bool:
        """Every stack; True when a person stopped it."""
        processes = Workers(self._environment, self._progress.line)
        schedule = Schedule(
            self._record,
            lambda stack: processes.run(
                self._record.stacks[stack.name], stack, self._arguments(stack), self._begun
            ),
            workers=workers,
            changed=self._changed,
        )
        stopped: list[bool] = []

        def stop() -> None:
            stopped.append(True)
            schedule.halt("the run was stopped")
            processes.stop()

        _on_interrupt(stop)
        write_run(self._record, self._path)
        with self._progress:
            await schedule.run(self._fleet.in_rings(chosen))
        return bool(stopped)

    def page(self) -> str:
        """The previews as one page, in the order of the summary."""
        return markdown(self._record, ((row, self._section(row)) for row in in_order(self._record)))

    def _section(self, row: StackRun) -> str:
        path = self._pages / f"{row.stack}.md"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _arguments(self, stack: FleetStack) -> list[str]:
        verb = self._record.verb
        words = ["rotate", "auto"] if verb == "rotate" else [verb]
        records = ["--records", str(records_folder(self._options.records))]
        more = [*self._options.more]
        if self._options.markdown:
            more += ["--markdown", str(self._pages / f"{stack.name}.md")]
        if self._options.patch:
            more += ["--patch", str(Path(self._options.patch).resolve() / f"{stack.name}.patch")]
        return [*words, "--stack", stack.name, "--json", *records, *more]

    def _environment(self, stack: FleetStack) -> dict[str, str]:
        base = {**os.environ, **self._backend}
        return login_environment(stack, base, writes=self._record.verb in WRITES)

    def _begun(self, row: StackRun) -> None:
        self._record.stacks[row.stack] = row
        write_run(self._record, self._path)
        self._progress.begun(row)

    def _changed(self, row: StackRun) -> None:
        write_run(self._record, self._path)
        self._progress.ended(row, self._record.verb)


def _on_interrupt(stop: Any) -> None:
    """Ctrl-C, and what a pipeline's runner sends when a job is cancelled."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows: Ctrl-C ends the run, and the workers follow it
            return


def _body(record: RunRecord) -> dict[str, Any]:
    counts = record.counts()
    result = "failed" if counts["failed"] else "stopped" if counts["skipped"] else "done"
    hidden = {"pid", "process"}
    rows = [row.model_dump(mode="json", by_alias=True, exclude=hidden) for row in in_order(record)]
    return {"fleet": record.fleet, "result": result, "counts": counts, "stacks": rows}


def _error(record: RunRecord, *, interrupted: bool) -> FleetError | None:
    if interrupted:
        message = "the run was stopped; what was begun has ended in order, and --resume goes on from there"
        return FleetError(message, status=CANCELLED, code="fleet.stopped")
    code = record.exit_code
    if code == 0:
        return None
    rows = [row for row in in_order(record) if row.exit_code]
    counts = record.counts()
    named = first_few([f"{row.stack} ({row.exit_code})" for row in rows])
    message = (
        f"{counts['failed']} of {counted(counts['stacks'], 'stack')} failed, {counts['noted']} need a look, "
        f"{counts['skipped']} were not begun: {named}"
    )
    return FleetError(message, status=code, key=rows[0].stack)


def patch_folder(named: str | None) -> None:
    """Make the folder for patches; raises SettingsError when it is a file."""
    if named is None:
        return
    try:
        Path(named).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = Problem("fleet.patch", "--patch", named, f"is no folder to write to: {error.strerror}")
        raise SettingsError([problem], where="the command line") from error
