"""An app management policy in the emulator's tenant."""

from __future__ import annotations

from typing import Any

from emulator.graph.default_policy import DEFAULT_APP_POLICY
from emulator.seed import CONTOSO
from tests.support.emulator import RunningEmulator


def restrict(emulator: RunningEmulator, **restrictions: Any) -> None:
    """Put restrictions of applications in force, each enabled unless it says otherwise."""
    lists = {
        name: [{"state": "enabled"} | one for one in value] if isinstance(value, list) else value
        for name, value in restrictions.items()
    }
    policy = {"id": DEFAULT_APP_POLICY, "isEnabled": True, "applicationRestrictions": lists}
    emulator.store.put(CONTOSO, "policies", DEFAULT_APP_POLICY, policy)
