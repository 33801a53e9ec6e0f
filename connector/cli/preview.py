"""What `pulumi preview --json` prints: one object with the steps that an update would take.

Shape: apitype PreviewDigest of the engine (steps[].op, .urn, .newState.type, diagnostics[]).
"""

from __future__ import annotations

import json
from typing import Any

from connector.cli.events import ACTIONS, plain
from connector.dataverse.reports import Change

_COMPONENTS = ("pulumi:", "dynamics-connect:")


def read_preview(text: str) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The resources that would change, and the errors that the preview met."""
    try:
        digest = json.loads(text)
    except ValueError:
        return (), ()
    return read_digest(digest)


def read_digest(digest: dict[str, Any]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The same from a digest that is read already."""
    steps = [_change(step) for step in digest.get("steps", [])]
    errors = [plain(d["message"]) for d in digest.get("diagnostics", []) if d.get("severity") == "error"]
    return tuple(one for one in steps if one), tuple(errors)


def _change(step: dict[str, Any]) -> Change | None:
    action = ACTIONS.get(step["op"])
    kind = str((step.get("newState") or step.get("oldState") or {}).get("type", ""))
    if action is None or kind.startswith(_COMPONENTS):
        return None
    detail = ", ".join(step.get("replaceReasons") or step.get("diffReasons") or ())
    return Change(action, kind.rsplit(":", 1)[-1], step["urn"].rsplit("::", 1)[-1], detail)
