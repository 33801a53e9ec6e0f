"""A caller whose rights do not reach to the end: `deploy` stops before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.callers import LIMITED, OWNING, limited_with
from tests.support.emulator import RunningEmulator
from tests.support.graph import LIMITED_PRINCIPAL
from tests.support.project import Project

pytestmark = pytest.mark.stack
LINK: dict[str, Any] = {"consent": "link", "assignments": {"required": False}}


@pytest.mark.parametrize(
    ("roles", "settings", "code", "words"),
    [
        (OWNING, {}, "entra.caller_not_owner", ("owners", LIMITED_PRINCIPAL)),
        (("Application.ReadWrite.All",), LINK, "entra.caller_rights", ("DelegatedPermissionGrant.Read.All",)),
    ],
    ids=["owned-only-and-not-listed", "link-and-no-right-to-read-grants"],
)
def test_deploy_stops_before_the_first_write(
    project: Callable[..., Project],
    emulator: RunningEmulator,
    roles: tuple[str, ...],
    settings: dict[str, Any],
    code: str,
    words: tuple[str, ...],
) -> None:
    """Exit 4 with what to do, as `preflight` says it, and the tenant is as it was."""
    stack = project(**settings)
    limited_with(emulator, *roles)
    before = emulator.dump()
    asked = stack.connector("preflight", "--json", **LIMITED)
    assert (asked.code, asked.json["result"]) == (4, "refused"), asked.text
    done = stack.connector("deploy", "--json", **LIMITED)
    assert (done.code, done.json["error"]["code"]) == (4, code), done.text
    assert all(word in done.json["error"]["message"] and word in asked.text for word in words)
    assert emulator.dump() == before
