"""A login in the SDKs' names (AZURE_*) alone: both halves are the same deployer's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.seed import FULL_DEPLOYER
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
NAMES = ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "USE_CLI")


def test_the_provider_logs_in_as_the_deployer_does(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """It reads ARM_* alone: the verbs hand it the login on, and plain `pulumi` is warned."""
    stack = project()
    for name in NAMES:
        stack.env.pop(f"ARM_{name}", None)
    plain = stack.pulumi("preview")
    assert "AZURE_CLIENT_ID is set, and ARM_CLIENT_ID is not" in plain.text
    emulator.requests(reset=True)
    done = stack.connector("deploy")
    assert done.code == 0, done.text
    callers = {row["client_id"] for row in emulator.requests() if row["service"] == "graph"}
    assert callers == {FULL_DEPLOYER}
