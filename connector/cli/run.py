"""Around every verb: errors become one message and an exit code, results one JSON object."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import typer

from connector.cli.screen.console import Screen
from connector.errors import CancelledError, ConnectError, LocalFileError
from connector.wire.trace import trace_to

_STOPPED = "cancelled; what was done stays, and the next run goes on from there"


@dataclass
class Outcome:
    """What a verb came to: the shared JSON body, and the error that it ends with, if any."""

    body: dict[str, Any] = field(default_factory=dict)
    error: ConnectError | None = None


Verb = Callable[[Screen], Outcome]


def run_verb(name: str, screen: Screen, verb: Verb, *, trace: str | None = None) -> None:
    """Run a verb, print what it came to, and leave with its exit code; `trace` names a file for requests."""
    started = time.monotonic()
    try:
        trace_to(trace)
        outcome = verb(screen)
    except ConnectError as error:
        outcome = Outcome(error=error)
    except BrokenPipeError:
        raise  # nobody reads on: there is nobody to tell
    except OSError as error:
        outcome = Outcome(error=_of_a_file(error))
    except KeyboardInterrupt:
        outcome = Outcome(error=CancelledError(_STOPPED, code="verb.cancelled"))
    _finish(name, screen, outcome, time.monotonic() - started)


def _of_a_file(error: OSError) -> LocalFileError:
    """One sentence for what the file system refuses; an error that names no file is a defect, and raised."""
    # A file is written beside its place first: the second name is the one that a person knows.
    named = error.filename2 or error.filename
    if not isinstance(named, str | PurePath):
        raise error
    message = (
        f"{named}: {error.strerror or type(error).__name__}; what was done stays, and the next run goes on"
    )
    return LocalFileError(message, code="local.file", key=str(named))


def _finish(name: str, screen: Screen, outcome: Outcome, seconds: float) -> None:
    failed = outcome.error
    if failed is not None and failed.code == "verb.cancelled":
        screen.say(failed.message)  # the person's own wish is no error to them
    elif failed is not None:
        screen.error(failed)
    shared: dict[str, Any] = {"verb": name, "stack": None, "result": "error", "changes": []}
    timed = {"seconds": round(seconds, 3), "error": failed.to_json() if failed else None}
    screen.result(shared | outcome.body | timed)
    if failed is not None:
        raise typer.Exit(failed.exit_code)
