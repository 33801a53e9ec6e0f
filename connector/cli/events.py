"""What the engine reports while it runs: its JSON events, made into changes, lines and errors.

The engine's event stream is one JSON object a line (Pulumi SDK, apitype EngineEvent). Properties that are
secret arrive as "[secret]"; what the provider says at level debug does not, so `process` drops it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connector.cli.reasons import Reasons
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
_OURS = "dynamics-connect:"


@dataclass
class EventReader:
    """Takes the engine's output line by line; `say` receives a line for people now and then."""

    say: Callable[[str], None]
    changes: list[Change] = field(default_factory=list)
    reasons: Reasons = field(default_factory=Reasons)
    other: list[str] = field(default_factory=list)

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
        if action is None or kind.startswith(("pulumi:", _OURS)):
            return
        change = Change(action, kind.rsplit(":", 1)[-1], metadata["urn"].rsplit("::", 1)[-1])
        self.changes.append(change)
        done = "imported" if metadata["op"] == "import" else _DONE[action]
        self.say(f"{done} {change.kind} {change.name}")

    def failure(self, stderr: str) -> str:
        """The engine's own words for a failed run: the reasons it gave, else its last output."""
        text = self.reasons.text() or "\n".join(self.other[-5:]) or stderr.strip()
        return text.removeprefix("error: ") or "the engine gave no reason"
