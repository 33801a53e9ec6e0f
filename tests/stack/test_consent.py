"""Admin consent that differs from the settings: changed in place, never replaced by `deploy`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from emulator.seed import CONTOSO
from tests.stack.test_adopt import writes
from tests.support.by_hand import ByHand
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack


def test_a_grant_with_other_scopes_is_changed_in_place(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Named by adopt with what to decide; the preview replaces nothing; deploy changes it, its id stays."""
    made = ByHand(emulator, graph_scopes="openid profile User.Read")
    before = grants(emulator, made.principal)
    stack = project(protect=True)
    done = stack.connector("adopt", "--application-id", made.app_id, "--json")
    assert done.code == 0, done.text
    (pending,) = [c for c in done.json["changes"] if c["action"] == "pending"]
    assert (pending["kind"], pending["name"]) == ("admin consent", "marketo-measure-grant-graph")
    assert (pending["before"], pending["after"]) == ("User.Read openid profile", "openid")
    assert "to keep graph/User.Read, graph/profile, add it to permissions first" in pending["detail"]
    steps = json.loads(stack.pulumi("preview", "--json").out)["steps"]
    assert not [s for s in steps if "replace" in s["op"] or s["op"] == "delete"]
    emulator.requests(reset=True)
    deployed = stack.connector("deploy", "--json")
    assert deployed.code == 0, deployed.text
    kept = before["Microsoft Graph"][0]
    assert consent_writes(emulator) == [f"PATCH /v1.0/oauth2PermissionGrants/{kept}"]
    assert grants(emulator, made.principal) == before | {"Microsoft Graph": (kept, "openid")}
    assert stack.pulumi("preview", "--expect-no-changes").code == 0


def test_plain_pulumi_meets_the_grant_and_deploy_mends_it(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Plain `up` after adopt fails on the grant that differs, changes nothing of it, and is explained."""
    made = ByHand(emulator, graph_scopes="openid profile")
    before = grants(emulator, made.principal)
    stack = project()
    assert stack.connector("adopt", "--application-id", made.app_id).code == 0
    plain = stack.pulumi("up", "--skip-preview", "--yes")
    assert plain.code != 0
    assert "Permission entry already exists" in plain.text
    assert grants(emulator, made.principal) == before
    explained = stack.run(stack.python, "-m", "connector", "explain", plain.text)
    assert "Run deploy, which takes the grant over" in explained.out
    assert stack.connector("deploy").code == 0
    assert grants(emulator, made.principal)["Microsoft Graph"] == (before["Microsoft Graph"][0], "openid")


def test_deploy_changes_consent_without_a_gap(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Another permission in the settings: the grant keeps its id, and is never deleted on the way."""
    stack = project()
    assert stack.connector("deploy").code == 0
    principal = stack.outputs()["servicePrincipalObjectId"]
    before = grants(emulator, principal)
    stack.settings["permissions"] = ["graph/User.Read"]
    stack.write_settings()
    emulator.requests(reset=True)
    done = stack.connector("deploy", "--json")
    assert done.code == 0, done.text
    kept = before["Microsoft Graph"][0]
    assert consent_writes(emulator) == [f"PATCH /v1.0/oauth2PermissionGrants/{kept}"]
    assert grants(emulator, principal)["Microsoft Graph"] == (kept, "openid User.Read")
    (line,) = [c for c in done.json["changes"] if c["kind"] == "admin consent"]
    assert (line["before"], line["after"]) == ("openid", "openid User.Read")
    assert stack.pulumi("preview", "--expect-no-changes").code == 0


def test_deploy_mends_consent_that_somebody_changed(deployed: Project) -> None:
    """One grant taken back and one widened in the portal: the first is made anew, the second set right."""
    emulator, principal = deployed.emulator, deployed.outputs()["servicePrincipalObjectId"]
    before = grants(emulator, principal)
    emulator.edit("oauth2PermissionGrants", before["Dataverse"][0], delete=True)
    emulator.edit("oauth2PermissionGrants", before["Microsoft Graph"][0], {"scope": "openid User.Read"})
    done = deployed.connector("deploy", "--json")
    assert done.code == 0, done.text
    after = grants(emulator, principal)
    assert after["Microsoft Graph"] == before["Microsoft Graph"]
    assert after["Dataverse"][1] == "user_impersonation"
    assert deployed.connector("deploy", "--json").json["result"] == "unchanged"


def consent_writes(emulator: RunningEmulator) -> list[str]:
    """The writes of grants since the log was emptied."""
    return [line for line in writes(emulator) if "oauth2PermissionGrants" in line]


def grants(emulator: RunningEmulator, principal: str) -> dict[str, tuple[str, str]]:
    """The grants of a service principal: id and scopes by the API's name."""
    tenant = emulator.dump()[CONTOSO]
    names = {p["id"]: p["displayName"] for p in tenant["servicePrincipals"]}
    held = [g for g in tenant["oauth2PermissionGrants"] if g["clientId"] == principal]
    return {names[g["resourceId"]]: (g["id"], g["scope"]) for g in held}
