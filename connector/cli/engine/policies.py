"""What a policy pack said during a preview, out of the engine's events (apitype PolicyEvent)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connector.cli.engine.events import plain
from connector.errors import ConnectError


@dataclass(frozen=True)
class Violation:
    """One policy that does not hold: its name, whether it stops the run, where, and why."""

    policy: str
    mandatory: bool
    resource: str
    message: str

    def to_json(self) -> dict[str, str]:
        """Its row in the JSON of a preview."""
        level = "mandatory" if self.mandatory else "advisory"
        return {"policy": self.policy, "level": level, "resource": self.resource, "message": self.message}


class PolicyError(ConnectError):
    """A mandatory policy does not hold."""

    exit_code = 5


def read_events(text: str) -> tuple[dict[str, Any], tuple[Violation, ...]]:
    """A preview's digest (steps, diagnostics) and its policy violations, from a stream of events."""
    steps: list[dict[str, Any]] = []
    diagnostics: list[dict[str, Any]] = []
    found: dict[Violation, None] = {}
    for event in _events(text):
        if "resourcePreEvent" in event:
            steps.append(_step(event["resourcePreEvent"]["metadata"]))
        elif "diagnosticEvent" in event:
            diagnostics.append(event["diagnosticEvent"])
        elif "policyEvent" in event:
            found[_violation(event["policyEvent"])] = None
    return {"steps": steps, "diagnostics": diagnostics}, tuple(found)


def policy_error(violations: Iterable[Violation]) -> PolicyError | None:
    """The error that a preview ends with when a mandatory policy does not hold."""
    stops = [one for one in violations if one.mandatory]
    if not stops:
        return None
    lines = "\n".join(f"  - {one.policy} ({one.resource}): {one.message}" for one in stops)
    message = f"the policy pack refuses this stack:\n{lines}"
    return PolicyError(message, code="preview.policy", key=stops[0].policy)


def _events(text: str) -> Iterable[dict[str, Any]]:
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def _step(metadata: dict[str, Any]) -> dict[str, Any]:
    """Metadata of an event in the shape of a digest's step."""
    return {
        "op": metadata["op"],
        "urn": metadata["urn"],
        "oldState": metadata.get("old"),
        "newState": metadata.get("new"),
        "diffReasons": metadata.get("diffs"),
        "replaceReasons": metadata.get("keys"),
    }


def _violation(event: dict[str, Any]) -> Violation:
    urn = str(event.get("resourceUrn", ""))
    # The engine puts the policy's description before what it found.
    words = plain(str(event.get("message", ""))).strip().partition("\n")
    return Violation(
        policy=str(event.get("policyName", "")),
        mandatory=event.get("enforcementLevel") == "mandatory",
        resource=urn.rsplit("::", 1)[-1],
        message=" ".join((words[2] or words[0]).split()),
    )
