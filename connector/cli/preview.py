"""What `pulumi preview --json` prints: one object with the steps that an update would take.

Shape: apitype PreviewDigest of the engine (steps[].op, .urn, .newState.type, diagnostics[]).
"""

from __future__ import annotations

import json
from typing import Any

from connector.cli.events import ACTIONS
from connector.cli.reasons import reasons_in
from connector.dataverse.reports import Change

_COMPONENTS = ("pulumi:", "dynamics-connect:")


def read_digest(text: str) -> dict[str, Any]:
    """The digest, with the members that are read here; a preview that printed none has neither."""
    try:
        digest: dict[str, Any] = json.loads(text)
    except ValueError:
        digest = {}
    return {"steps": [], "diagnostics": []} | digest


def changes_in(digest: dict[str, Any]) -> tuple[Change, ...]:
    """The resources that would change."""
    return tuple(one for step in digest["steps"] if (one := _change(step)))


def errors_in(digest: dict[str, Any]) -> str:
    """The errors that the preview met, a line each; empty when it met none."""
    return reasons_in(digest["diagnostics"])


def _change(step: dict[str, Any]) -> Change | None:
    action = ACTIONS.get(step["op"])
    kind = str((step.get("newState") or step.get("oldState") or {}).get("type", ""))
    if action is None or kind.startswith(_COMPONENTS):
        return None
    detail = ", ".join(step.get("replaceReasons") or step.get("diffReasons") or ())
    return Change(action, kind.rsplit(":", 1)[-1], step["urn"].rsplit("::", 1)[-1], detail)
