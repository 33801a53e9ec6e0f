"""One run over a fleet: which stack is where, what the rings allow next, and the record of it all.

Pure decisions and one file. The record is written whole after every change, so that a run that is
killed can be resumed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from connector.errors import NO_FAILURE, ConnectError, Problem, SettingsError, worst
from connector.files import write_whole
from connector.fleet.model import Fleet, FleetStack, Ring

_EXPECTED = {"preview": frozenset({7})}
#: Verbs that change tenants, as each stack's writer.
WRITES = frozenset({"deploy", "rotate"})


class RunState(StrEnum):
    """Where a stack of a run is."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, populate_by_name=True)


class StackRun(_Part):
    """One stack in a run. `exit_code` and what follows it count once it is done.

    `process` tells the running process from all others of all machines (connector/cli/engine/run_notes.py).
    """

    stack: str
    ring: str = ""
    owner: str = ""
    tenant_id: str = ""
    state: RunState = RunState.PENDING
    pid: int | None = None
    process: str = ""
    result: str = ""
    exit_code: int | None = None
    changes: int = 0
    seconds: float = 0.0
    error: dict[str, Any] | None = None
    reason: str = ""

    def failed(self, verb: str) -> bool:
        """Whether it counts as failed, and for the ring's stop rule where the verb has one."""
        fine = frozenset({0, *NO_FAILURE}) | _EXPECTED.get(verb, frozenset())
        return self.state is RunState.DONE and self.exit_code not in fine

    @property
    def cause(self) -> str:
        """Why it did not end well, in one line; empty when it did."""
        if self.error is None:
            return self.reason
        return " ".join(str(self.error.get("message", "")).split())


class RunRecord(_Part):
    """A run: its verb, when it began, and every stack of it."""

    fleet: str
    verb: str
    started: datetime
    stacks: dict[str, StackRun]

    @classmethod
    def begin(cls, fleet: str, verb: str, stacks: Iterable[FleetStack]) -> RunRecord:
        """A run that has not begun with any stack."""
        rows = {
            one.name: StackRun(stack=one.name, ring=one.ring, owner=one.owner, tenant_id=one.tenant_id)
            for one in stacks
        }
        return cls(fleet=fleet, verb=verb, started=datetime.now(UTC), stacks=rows)

    @property
    def exit_code(self) -> int:
        """That of its worst stack."""
        return worst(row.exit_code or 0 for row in self.stacks.values())

    def counts(self) -> dict[str, int]:
        """Stacks that succeeded, need a person or show something, failed, and were not begun."""
        rows = list(self.stacks.values())
        failed = sum(row.failed(self.verb) for row in rows)
        fine = sum(row.exit_code == 0 for row in rows)
        skipped = sum(row.state is not RunState.DONE for row in rows)
        noted = len(rows) - failed - fine - skipped
        return {"stacks": len(rows), "succeeded": fine, "noted": noted, "failed": failed, "skipped": skipped}


def record_path(folder: Path, fleet: str, verb: str, shard: str | None = None) -> Path:
    """Where a run's record is; shards that share a folder have one each."""
    part = f"-{shard.replace('/', '-of-')}" if shard else ""
    return folder / "fleets" / fleet / f"{verb}{part}.json"


def write_run(record: RunRecord, path: Path) -> None:
    """Write it whole or not at all."""
    write_whole(path, json.dumps(record.model_dump(mode="json", by_alias=True), indent=1))


def read_run(path: Path) -> RunRecord:
    """The record to resume from. Raises SettingsError where there is none, ConnectError for a bad file."""
    try:
        return RunRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"there is no earlier run to resume ({path}); run without it"
        problem = Problem("fleet.resume", "--resume", "", message)
        raise SettingsError([problem], where="the command line") from None
    except ValidationError as error:
        message = f"{path} is no record of a run; move it away and run without --resume"
        raise ConnectError(message, code="fleet.record", key=str(path)) from error


def resumed(before: RunRecord, fleet: Fleet, chosen: Sequence[FleetStack]) -> RunRecord:
    """The run that is left to do: what is done and did not fail stays done.

    Raises SettingsError when the earlier run had a stack that the fleet does not have any more.
    """
    known = {stack.name for stack in fleet.stacks}
    gone = sorted(before.stacks.keys() - known)
    if gone:
        message = f"the earlier run had {', '.join(gone)}, which left the fleet; run without --resume"
        raise SettingsError([Problem("fleet.resume", "--resume", "", message)], where="the command line")
    wanted = [stack for stack in chosen if stack.name in before.stacks]
    left = RunRecord.begin(before.fleet, before.verb, wanted)
    for name, row in left.stacks.items():
        old = before.stacks[name]
        if old.state is RunState.DONE and not old.failed(before.verb):
            left.stacks[name] = old
        elif old.state is RunState.RUNNING:
            left.stacks[name] = row.model_copy(update={"pid": old.pid, "process": old.process})
    return left


def stop_reason(ring: Ring, rows: Mapping[str, StackRun], verb: str) -> str:
    """Why nothing more begins after what happened in a ring; empty while more may.

    Only what writes is stopped: a read does no harm, and one tenant's fault would hide all others'.
    """
    if verb not in WRITES:
        return ""
    mine = [row for row in rows.values() if row.ring == ring.name]
    failed = [row.stack for row in mine if row.failed(verb)]
    if len(failed) < ring.limit(len(mine)):
        return ""
    return f"ring {ring.name} stops after {ring.stop_after} failed: {', '.join(failed)}"
