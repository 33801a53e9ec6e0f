"""A tenant whose app management policy refuses what a stack brings, with the real engine and provider."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stack.conftest import objects
from tests.stack.test_rotation import rotate
from tests.support.app_policy import restrict
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
SHORT = {"restrictionType": "passwordLifetime", "maxLifetime": "P90D"}


def lower(stack: Project) -> None:
    """Let new secrets live 60 days."""
    assert stack.pulumi("config", "set", "--path", "dynamics-connect:secret.lifetimeDays", "60").code == 0


def test_deploy_goes_on_once_the_lifetime_is_allowed(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The refusal is told with the setting to lower; the next deploy doubles nothing."""
    stack = project()
    restrict(emulator, passwordCredentials=[SHORT])
    refused = stack.connector("deploy", "--json")
    assert refused.code != 0
    message = refused.json["error"]["message"]
    assert "CredentialInvalidLifetimeAsPerAppPolicy" in message
    assert "secret.lifetimeDays" in message
    before = [a["id"] for a in objects(emulator.dump(), "applications")]
    lower(stack)
    done = stack.connector("deploy", "--json")
    assert done.code == 0, done.text
    assert [a["id"] for a in objects(emulator.dump(), "applications")] == before


def test_a_rotation_that_the_policy_refuses_leaves_the_old_secret_in_use(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """A policy tightened since: `rotate begin` is refused and explained, and the connection stands."""
    stack = project()
    assert stack.connector("deploy", "--json").code == 0
    restrict(emulator, passwordCredentials=[SHORT])
    refused = rotate(stack, "begin", "--json")
    assert refused.code != 0
    assert "secret.lifetimeDays" in refused.json["error"]["message"]
    assert stack.connector("verify", "--json").code == 0
    again = stack.connector("deploy", "--json")
    assert (again.code, again.json["result"]) == (0, "unchanged"), again.text
    lower(stack)
    begun = rotate(stack, "begin", "--json")
    assert begun.code == 0, begun.text
