"""What the engine reports while it runs: its JSON events, made into changes, lines and errors.

The engine's event stream is one JSON object a line (Pulumi SDK, apitype EngineEvent); secret
values arrive as "[secret]".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connector.dataverse.reports import Action, Change

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
# Terminal colours that the engine puts into diagnostics: <{%reset%}> and the like.
_COLOUR = re.compile(r"<\{%[^%]*%\}>")
_OURS = "dynamics-connect:"


@dataclass
class EventReader:
    """Takes the engine's output line by line; `say` receives a line for people now and then."""

    say: Callable[[str], None]
    changes: list[Change] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Read one line of output; lines that are no event are kept as `other`."""
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            if line.strip():
                self.other.append(line)
        elif "resOutputsEvent" in event:
            self._resource(event["resOutputsEvent"]["metadata"])
        elif "diagnosticEvent" in event:
            self._diagnostic(event["diagnosticEvent"])

    def _resource(self, metadata: dict[str, Any]) -> None:
        action = ACTIONS.get(metadata["op"])
        kind = metadata["type"]
        if action is None or kind.startswith(("pulumi:", _OURS)):
            return
        change = Change(action, kind.rsplit(":", 1)[-1], metadata["urn"].rsplit("::", 1)[-1])
        self.changes.append(change)
        self.say(f"{_DONE[action]} {change.kind} {change.name}")

    def _diagnostic(self, event: dict[str, Any]) -> None:
        text = plain(event.get("message", ""))
        if event.get("severity") == "error" and text and text not in self.errors:
            self.errors.append(text)

    def failure(self, stderr: str) -> str:
        """The engine's own words for a failed run: its error diagnostics, else its last output.

        The engine closes with errors that only say that there were errors; those are left out.
        """
        telling = [text for text in self.errors if not _is_echo(text)] or self.errors
        text = "\n".join(telling) or "\n".join(self.other[-5:]) or stderr.strip()
        return text.removeprefix("error: ") or "the engine gave no reason"


def plain(message: str) -> str:
    """A diagnostic's words without terminal colours and the engine's prefixes."""
    text = _COLOUR.sub("", message).strip()
    return text.removeprefix("error: ").removeprefix("Exception calling application: ")


def _is_echo(text: str) -> bool:
    return text.startswith(("update failed", "preview failed")) or "resource registration failed" in text
