"""`status` of one stack: in order, drifted, and with a secret that ends soon; it writes nothing."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from emulator.seed import CONTOSO
from tests.docs.documents import DOCS
from tests.stack.test_proof import ORGANIZATION, our_role, put_back, rows
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
SCHEMAS = {p.name: json.loads(p.read_text("utf-8")) for p in (DOCS / "schemas").glob("*.json")}
REGISTRY = Registry().with_resources((name, Resource.from_contents(s)) for name, s in SCHEMAS.items())


def status(stack: Project, *arguments: str) -> Done:
    """Run it; what it prints is of its schema."""
    done = stack.connector("status", "--json", *arguments)
    validator = Draft202012Validator(SCHEMAS["status.json"], registry=REGISTRY)
    assert [error.message for error in validator.iter_errors(done.json)] == []
    return done


def test_a_stack_in_order(deployed: Project) -> None:
    """Days left, the last proof with this secret, no difference; nothing but reads."""
    deployed.emulator.requests(reset=True)
    done = status(deployed)
    assert (done.code, done.json["result"]) == (0, "in_order"), done.text
    (slot,) = done.json["slots"]
    assert (slot["slot"], slot["daysLeft"], slot["proved"]) == ("a", 179, True)
    assert done.json["lastProof"]["keyId"] == slot["keyId"]
    assert done.json["needs"] == []
    writes = [r for r in deployed.emulator.requests() if r["method"] != "GET" and r["service"] != "login"]
    assert writes == []


def test_drift_is_7_and_named(deployed: Project) -> None:
    """A privilege less and a grant gone: both are named, and neither is mended."""
    role = our_role(deployed)
    names = {p["privilegeid"]: p["name"] for p in rows(deployed, "privileges")}
    gone = next(id for id in role["privileges"] if names[id] == "prvWriteLead")
    deployed.emulator.edit("roles", role["roleid"], {"privileges": {gone: None}})
    principal = deployed.outputs()["servicePrincipalObjectId"]
    grants = [g for g in rows(deployed, "oauth2PermissionGrants", CONTOSO) if g["clientId"] == principal]
    deployed.emulator.edit("oauth2PermissionGrants", grants[0]["id"], delete=True)
    done = status(deployed)
    put_back(deployed, "roles", role["roleid"], role, ORGANIZATION)
    put_back(deployed, "oauth2PermissionGrants", grants[0]["id"], grants[0], CONTOSO)
    assert (done.code, done.json["result"], done.json["error"]["code"]) == (7, "drift", "status.drift")
    assert [finding["code"] for finding in done.json["findings"]] == ["entra.grant_missing"]
    assert [change["name"] for change in done.json["changes"]] == ["prvWriteLead"]
    assert status(deployed).code == 0


def test_an_end_that_is_near_is_21(deployed: Project) -> None:
    """Within the days asked for."""
    done = status(deployed, "--soon-days", "200")
    assert (done.code, done.json["result"]) == (21, "ends_soon"), done.text
    assert "a-1 ends in 179 days" in done.json["error"]["message"]


def test_a_slot_that_the_settings_do_not_know_is_drift(deployed: Project) -> None:
    """An older checkout sees it here as well."""
    deployed.settings["slots"] = {"b": 2}
    deployed.write_settings()
    done = status(deployed)
    del deployed.settings["slots"]
    deployed.write_settings()
    assert done.code == 7, done.text
    assert [finding["code"] for finding in done.json["findings"]] == ["rotation.unretired"]


def test_a_consent_that_a_link_waits_for_is_20(deployed: Project) -> None:
    """As `deploy` and `verify` say it: a person is needed, and nothing differs."""
    principal = deployed.outputs()["servicePrincipalObjectId"]
    grants = [g for g in rows(deployed, "oauth2PermissionGrants", CONTOSO) if g["clientId"] == principal]
    deployed.settings["consent"] = "link"
    deployed.write_settings()
    deployed.emulator.edit("oauth2PermissionGrants", grants[0]["id"], delete=True)
    done = status(deployed)
    put_back(deployed, "oauth2PermissionGrants", grants[0]["id"], grants[0], CONTOSO)
    given = status(deployed)
    del deployed.settings["consent"]
    deployed.write_settings()
    found = (done.code, done.json["result"], done.json["error"]["code"])
    assert found == (20, "attention", "entra.consent_pending"), done.text
    assert "/adminconsent?client_id=" in done.json["error"]["message"]
    assert "differ" not in done.err
    assert given.code == 0, given.text
