"""What the engine reports while it runs: its JSON events, made into changes, lines and reasons.

The event stream is one JSON object a line (Pulumi SDK, apitype EngineEvent); secret values arrive as
"[secret]". A program that raises says so twice, in a race: its language host writes the reason to standard
error (severity `info#err`), and then ends its call with an error of its own. That one repeats the reason, or
says no more than asyncio does about a future that is resolved twice (`invalid state`), or is not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.report import Action, Change

# Terminal colours that the engine puts into diagnostics: <{%reset%}> and the like.
_COLOUR = re.compile(r"<\{%[^%]*%\}>")
# What gRPC puts before the words of a call that raised (grpcio, _server.py).
_RAISED = "Exception calling application: "
_LINE = re.compile(r"(error|warning|debug|info): ")


@dataclass
class Reasons:
    """The error diagnostics of one run, what a call that raised left, and what the program wrote."""

    errors: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def take(self, diagnostic: Mapping[str, Any]) -> None:
        """Note one diagnostic (`severity`, `message`); each text counts once."""
        message, severity = str(diagnostic.get("message", "")), diagnostic.get("severity")
        if severity == "info#err":
            self.written.append(_uncoloured(message))
        elif severity == "error" and (text := plain(message)):
            into = self.raised if _RAISED in message else self.errors
            into.extend([text] if text not in into else [])

    def text(self) -> str:
        """The reasons, a line each; empty when the run gave none.

        The engine closes with errors that only say that there were errors: those are left out.
        """
        telling = [text for text in self.errors if not _is_echo(text)]
        return "\n".join(telling or self._of_the_program() or self.errors)

    def _of_the_program(self) -> list[str]:
        """What it wrote, unless its call said the same in fewer words: without a traceback, that is."""
        written = self._program_errors()
        shorter = [text for text in self.raised if any(text in whole for whole in written)]
        return shorter or written or self.raised

    def _program_errors(self) -> list[str]:
        """The errors that the program wrote, each with the lines that follow it."""
        found: list[str] = []
        inside = False
        for line in "\n".join(self.written).splitlines():
            if start := _LINE.match(line):
                inside = start.group(1) == "error"
                found.extend([line[start.end() :]] if inside else [])
            elif inside and line.strip():
                found[-1] += f"\n{line.rstrip()}"
        return list(dict.fromkeys(found))


def reasons_in(diagnostics: Iterable[Mapping[str, Any]]) -> str:
    """The reasons that a digest holds, a line each; empty when it holds none."""
    reasons = Reasons()
    for one in diagnostics:
        reasons.take(one)
    return reasons.text()


def plain(message: str) -> str:
    """A diagnostic's words without terminal colours and the engine's prefixes."""
    return _uncoloured(message).strip().removeprefix("error: ").removeprefix(_RAISED)


def _uncoloured(message: str) -> str:
    return _COLOUR.sub("", message)


def _is_echo(text: str) -> bool:
    return text.startswith(("update failed", "preview failed")) or "resource registration failed" in text


#: The engine's operations on resources, as actions; those that are absent change nothing.
ACTIONS = {
    "create": Action.ADDED,
    "import": Action.ADDED,
    "update": Action.CHANGED,
    "replace": Action.CHANGED,
    "create-replacement": Action.CHANGED,
    "delete": Action.REMOVED,
}
_DONE = {
    Action.ADDED: "made",
    Action.CHANGED: "changed",
    Action.REMOVED: "removed",
}
#: Types that stand for the program and its components: no resource in a tenant.
COMPONENTS = ("pulumi:", "dynamics-connect:")


@dataclass
class EventReader:
    """Takes the engine's output line by line; `say` receives a line for people now and then."""

    say: Callable[[str], None]
    changes: list[Change] = field(default_factory=list)
    reasons: Reasons = field(default_factory=Reasons)
    other: list[str] = field(default_factory=list)
    #: What the stack hands out after an update, its secrets covered; None where no update came to its end.
    outputs: dict[str, Any] | None = None

    def take(self, line: str) -> None:
        """Read one line of output; lines that are no event, nor the beginning of one, are kept as `other`."""
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            if line.strip() and not line.startswith("{"):
                self.other.append(line)
        elif "resOutputsEvent" in event:
            self._resource(event["resOutputsEvent"]["metadata"])
        elif "diagnosticEvent" in event:
            self.reasons.take(event["diagnosticEvent"])

    def _resource(self, metadata: dict[str, Any]) -> None:
        action = ACTIONS.get(metadata["op"])
        kind = metadata["type"]
        if kind == "pulumi:pulumi:Stack":
            self.outputs = (metadata.get("new") or {}).get("outputs")
        if action is None or kind.startswith(COMPONENTS):
            return
        change = Change(action, kind.rsplit(":", 1)[-1], metadata["urn"].rsplit("::", 1)[-1])
        self.changes.append(change)
        done = "imported" if metadata["op"] == "import" else _DONE[action]
        self.say(f"{done} {change.kind} {change.name}")

    def failure(self, stderr: str) -> str:
        """The engine's own words for a failed run: the reasons it gave, else its last output."""
        text = self.reasons.text() or "\n".join(self.other[-5:]) or stderr.strip()
        return text.removeprefix("error: ") or "the engine gave no reason"
