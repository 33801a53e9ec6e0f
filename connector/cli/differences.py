"""What a preview would change, value by value: what an adopted application has and what is wanted.

Read from `pulumi preview --json` (apitype PreviewDigest: steps[].diffReasons, oldState.inputs,
newState.inputs); secret values arrive as "[secret]".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from connector.cli.events import ACTIONS
from connector.dataverse.reports import Change

_COMPONENTS = ("pulumi:", "dynamics-connect:")
_LIMIT = 160
# The engine's word for a value that a preview cannot know (Pulumi SDK, sdk/go/common/resource/plugin).
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def differences_in(digest: dict[str, Any]) -> tuple[Change, ...]:
    """One line for each property that would change, and for each resource that would be made or go."""
    found = (change for step in digest["steps"] for change in _of_step(step))
    # The engine's order is that of what was ready first.
    return tuple(sorted(found, key=lambda change: (change.kind, change.name, change.detail)))


def _of_step(step: dict[str, Any]) -> Iterator[Change]:
    before, after = step.get("oldState") or {}, step.get("newState") or {}
    kind = str((after or before).get("type", ""))
    action = ACTIONS.get(step["op"])
    if action is None or kind.startswith(_COMPONENTS):
        return
    noun, name = kind.rsplit(":", 1)[-1], step["urn"].rsplit("::", 1)[-1]
    reasons = step.get("replaceReasons") or step.get("diffReasons") or ()
    if not reasons:
        yield Change(action, noun, name, _made_of(after.get("inputs") or {}))
    for reason in reasons:
        old, new = (_shown(state.get("inputs", {}).get(reason)) for state in (before, after))
        yield Change(action, noun, name, f"{reason}: {old} → {new}")


def _made_of(inputs: dict[str, Any]) -> str:
    """What a new resource is made of: its inputs, those that a preview does not know left out."""
    known = {key: _shown(value) for key, value in inputs.items() if key != "__defaults" and value}
    if "endDate" in known:
        known["endDate"] = known["endDate"][:10]  # the second differs from preview to preview
    return "; ".join(f"{key}: {text}" for key, text in sorted(known.items()) if _UNKNOWN not in text)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(_plain(value))
    return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "…"


def _plain(value: Any) -> Any:
    """Without the engine's own notes."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if name != "__defaults"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
