"""Plain `pulumi` against the emulator: what a person does who knows nothing of our verbs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.seed import CONTOSO
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
FIRST_PARTY = {"00000003-0000-0000-c000-000000000000", "00000007-0000-0000-c000-000000000000"}


def test_up_again_refresh_preview_and_destroy(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """A second up, a refresh and a preview change nothing; destroy leaves the first-party ones alone."""
    stack = project()
    assert stack.pulumi("preview").code == 0
    up = stack.pulumi("up", "--yes")
    assert up.code == 0, up.text
    assert stack.pulumi("up", "--yes", "--expect-no-changes").code == 0
    assert stack.pulumi("refresh", "--yes", "--expect-no-changes").code == 0
    assert stack.pulumi("preview", "--expect-no-changes").code == 0
    _check_directory(stack, emulator)
    before = _first_party(emulator)
    emulator.requests(reset=True)
    destroyed = stack.pulumi("destroy", "--yes")
    assert destroyed.code == 0, destroyed.text
    assert _first_party(emulator) == before
    _check_destroy_log(emulator, {principal["id"] for principal in before})
    assert [a["appId"] for a in emulator.dump()[CONTOSO]["applications"]] == _seeded()


def _seeded() -> list[str]:
    return [f"d0000000-0000-4000-8000-00000000000{n}" for n in (1, 2)]


def _first_party(emulator: RunningEmulator) -> list[dict[str, object]]:
    return [p for p in emulator.dump()[CONTOSO]["servicePrincipals"] if p["appId"] in FIRST_PARTY]


def _check_destroy_log(emulator: RunningEmulator, untouchable: set[object]) -> None:
    writes = [r for r in emulator.requests() if r["service"] == "graph" and r["method"] != "GET"]
    assert [w["method"] for w in writes] == ["DELETE"]
    assert not [w for w in writes if any(str(id) in w["path"] for id in untouchable)]
    assert len([r for r in emulator.requests() if r["service"] == "graph"]) <= 12


def _check_directory(stack: Project, emulator: RunningEmulator) -> None:
    """What the emulator holds is what the settings say: URIs, request equal to grants, assignments."""
    tenant = emulator.dump()[CONTOSO]
    client_id = stack.outputs()["clientId"]
    (application,) = [a for a in tenant["applications"] if a["appId"] == client_id]
    assert sorted(application["web"]["redirectUris"]) == [
        "https://apps.bizible.com/OAuth2",
        "https://apps.bizible.com/OAuth2?identityOnly=true",
    ]
    assert application["signInAudience"] == "AzureADMultipleOrgs"
    (principal,) = [p for p in tenant["servicePrincipals"] if p["appId"] == client_id]
    assert principal["appRoleAssignmentRequired"] is True
    assert principal["tags"] == application["tags"]
    _check_consent(tenant, application, principal)
    assigned = {a["principalDisplayName"] for a in _assigned(tenant, principal["id"])}
    assert assigned == {"Adele Vance", "Marketing Operations"}


def _assigned(tenant: dict[str, list[dict[str, str]]], resource: str) -> list[dict[str, str]]:
    return [a for a in tenant["appRoleAssignments"] if a["resourceId"] == resource]


def _check_consent(
    tenant: dict[str, list[dict[str, object]]], application: dict[str, object], principal: dict[str, object]
) -> None:
    apis = {p["id"]: p for p in tenant["servicePrincipals"]}
    granted: dict[object, list[set[str]]] = {}
    for grant in tenant["oauth2PermissionGrants"]:
        if grant["clientId"] == principal["id"]:
            assert grant["consentType"] == "AllPrincipals"
            api = apis[grant["resourceId"]]["appId"]
            granted.setdefault(api, []).append(set(str(grant["scope"]).split()))
    requested: dict[object, set[str]] = {}
    for access in application["requiredResourceAccess"]:  # type: ignore[attr-defined]
        (api,) = [p for p in apis.values() if p["appId"] == access["resourceAppId"]]
        names = {s["id"]: s["value"] for s in api["oauth2PermissionScopes"]}  # type: ignore[attr-defined]
        requested[access["resourceAppId"]] = {names[r["id"]] for r in access["resourceAccess"]}
    assert set(requested) == FIRST_PARTY
    assert granted == {api: [names] for api, names in requested.items()}


def test_a_key_of_a_nearly_right_namespace_is_warned_of(project: Callable[..., Project]) -> None:
    """The engine lets it lie unread; plain `pulumi` says so, and goes on with what it was given."""
    stack = project()
    good = stack.stack_file.read_text()
    stack.stack_file.write_text(good.replace("config:\n", "config:\n  dynamics-conect:protect: 'true'\n", 1))
    warned = stack.pulumi("preview")
    assert warned.code == 0, warned.text
    for words in (
        "warning: Pulumi.test.yaml: dynamics-conect:protect",
        "did you mean 'dynamics-connect:protect'",
    ):
        assert words in warned.text
    stack.stack_file.write_text(good)
    assert "warning:" not in stack.pulumi("preview").text
