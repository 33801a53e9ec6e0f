"""Processes that stand for an engine: started, noted, and ended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from connector.cli.engine.run_notes import leave_note

_WAITS = (sys.executable, "-c", "import sys; sys.stdin.read()")


@contextmanager
def engine(stack: str | None = None) -> Iterator[int]:
    """A process that lives as long as the block, noted for a *stack*; its pid."""
    began = datetime.now(UTC)
    with subprocess.Popen(_WAITS, stdin=subprocess.PIPE) as process:
        if stack is not None:
            assert leave_note(process.pid, ["up", "--stack", stack], began)
        yield process.pid
        process.kill()


def ended() -> int:
    """The id of a process that has ended, of which no note says anything."""
    with engine() as pid:
        pass
    return pid


def noted(stack: str) -> int:
    """The id of one that has ended and left a note."""
    with engine(stack) as pid:
        pass
    return pid
