"""Permissions that a stack adds of its own, in both forms: through plain pulumi and through the verbs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.seed import CONTOSO
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
_ROLE = {"api": "graph", "name": "User.Read.All", "kind": "application"}


def test_an_application_permission_of_a_stack_is_granted(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The form that our own message advises passes the engine's types, `preview`, and `deploy`."""
    stack = project(permissions=[_ROLE, "graph/offline_access"])
    plain = stack.pulumi("preview")
    assert plain.code == 0, plain.text
    report = stack.connector("preview", "--json")
    assert report.code in (0, 7), report.text
    done = stack.connector("deploy", "--json")
    assert done.code == 0, done.text
    tenant = emulator.dump()[CONTOSO]
    principal = stack.outputs()["servicePrincipalObjectId"]
    graph = next(p for p in tenant["servicePrincipals"] if p["appId"].startswith("00000003"))
    names = {role["id"]: role["value"] for role in graph["appRoles"]}
    held = [a for a in tenant["appRoleAssignments"] if a["principalId"] == principal]
    assert [names[a["appRoleId"]] for a in held] == ["User.Read.All"]
    (grant,) = [
        g
        for g in tenant["oauth2PermissionGrants"]
        if (g["clientId"], g["resourceId"]) == (principal, graph["id"])
    ]
    assert set(grant["scope"].split()) == {"openid", "offline_access"}


def test_a_wrong_kind_is_our_sentence_from_plain_pulumi_too(project: Callable[..., Project]) -> None:
    """The engine leaves the entries' form to the settings' own rules."""
    stack = project(permissions=[_ROLE | {"kind": "role"}])
    for done in (stack.pulumi("preview"), stack.connector("preview", "--json")):
        assert done.code != 0
        assert "permissions[0].kind = 'role'" in done.text
        assert "1 problem in" in done.text
