"""A caller whose rights do not reach to the end: `deploy` stops before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulator.seed.directory import ADELE
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


NOBODY = "aaaaaaaa-0000-4000-8000-0000000000ff"
TWICE = {"users": ["adele@contoso.example", ADELE], "groups": []}


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"assignments": {"users": ["nobody@contoso.example"]}}, "entra.user", "assignments.users"),
        ({"assignments": {"users": [NOBODY]}}, "entra.user", NOBODY),
        ({"assignments": {"groups": ["Sales"]}}, "entra.group", "ambiguous"),
        ({"assignments": TWICE}, "entra.user", f"is named again as {ADELE}"),
        ({"permissions": ["graph/OpenID"]}, "entra.permission", "openid"),
        ({"owners": [NOBODY]}, "entra.owner", "owners"),
    ],
    ids=["user", "user-id", "group", "twice", "permission", "owner"],
)
def test_what_is_not_there_stops_deploy_before_the_first_write(
    project: Callable[..., Project],
    emulator: RunningEmulator,
    settings: dict[str, Any],
    code: str,
    words: str,
) -> None:
    """Named with what to do; without this, `up` would meet it with half of the stack made."""
    stack = project(**settings)
    before = emulator.dump()
    done = stack.connector("deploy", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, code), done.text
    assert words in done.json["error"]["message"]
    assert emulator.dump() == before


def test_too_little_in_dataverse_stops_deploy_before_the_first_write(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """All that Graph asks for, and System Customizer alone: no application is made that nobody can finish."""
    stack = project()
    limited_with(emulator, "Application.ReadWrite.All", *OWNING[1:])
    before = emulator.dump()
    done = stack.connector("deploy", "--json", **LIMITED)
    assert done.code == 4, done.text
    assert "prvCreateUser" in done.json["error"]["message"]
    assert emulator.dump() == before
