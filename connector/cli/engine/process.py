"""Start `pulumi` and read it line by line.

The automation API's command would do, but it keeps the exit code to itself and puts the
whole standard output, secrets and all, into its exceptions.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connector.cli.engine.run_notes import forget_note, leave_note
from connector.wire.deployer import provider_environment

_NO_STACK = re.compile(r"no stack named .* found|no stack selected", re.IGNORECASE)
_LOCKED = re.compile(r"currently locked by|Another update is currently in progress")
# Each flag of `pulumi` has such a variable. These have it write secrets in clear: into its own log, which
# would end up in an error's words or in a file of the temporary folder, into previews, and into files that
# somebody named once (the engine's events, every call between engine and provider).
_FLAGS = ("VERBOSE", "LOGTOSTDERR", "LOGFLOW", "SHOW_SECRETS", "EVENT_LOG")
_LOUD = frozenset((*(f"PULUMI_OPTION_{flag}" for flag in _FLAGS), "PULUMI_DEBUG_GRPC"))
_DIAGNOSTIC = '"diagnosticEvent"'


@dataclass(frozen=True)
class Ran:
    """A finished command. `out` may hold secrets: it is parsed and never printed."""

    code: int
    out: str = field(repr=False)
    err: str = field(repr=False)

    @property
    def no_such_stack(self) -> bool:
        """Whether it failed for want of a stack."""
        return self.code != 0 and _NO_STACK.search(self.err) is not None

    @property
    def locked(self) -> bool:
        """Whether it failed because another run holds the stack."""
        return self.code != 0 and _LOCKED.search(self.err + self.out) is not None

    @property
    def words(self) -> str:
        """What it wrote to standard error, without the word `error:` that Rich prints for us."""
        return self.err.strip().removeprefix("error: ")


def run_pulumi(
    arguments: Sequence[str],
    folder: Path,
    on_line: Callable[[str], None] | None = None,
    env: Mapping[str, str] | None = None,
) -> Ran:
    """Run one command without a terminal; *on_line* sees each line of standard output as it comes.

    Debug diagnostics are nobody's to see: the provider's hold the answers of Graph, a new secret among them.
    *env* is added to the environment, and the deployer's login in the names that the provider reads. An
    engine that may take a lock is noted, so that a later run can tell whether this one is dead.
    """
    login = provider_environment(os.environ)
    began = datetime.now(UTC)
    command = ["pulumi", "--non-interactive", "--color", "never", *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=_quiet(os.environ) | {"PULUMI_SKIP_UPDATE_CHECK": "1"} | login | dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018  # pipes were asked for
        note = leave_note(process.pid, arguments, began)
        errors: list[str] = []
        reader = threading.Thread(target=errors.extend, args=(process.stderr,))
        reader.start()
        lines = []
        for line in process.stdout:
            if _is_debug(line):
                continue
            lines.append(line)
            if on_line is not None:
                on_line(line)
        reader.join()
    forget_note(note, process.returncode)
    return Ran(process.returncode, "".join(lines), "".join(errors))


def _is_debug(line: str) -> bool:
    """Whether a line of the engine's events is a debug diagnostic, or one cut off, which may be one."""
    if _DIAGNOSTIC not in line:
        return False
    try:
        event = json.loads(line)
    except ValueError:
        # A digest of a preview has lines that look so and are whole: it leaves debug diagnostics out itself.
        return line.startswith("{")
    diagnostic = event.get("diagnosticEvent") if isinstance(event, dict) else None
    return isinstance(diagnostic, dict) and diagnostic.get("severity") == "debug"


def _quiet(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in _LOUD}
