"""The proof is real: take one thing away behind the tool's back, and `verify` names that one thing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.seed import CONTOSO
from emulator.seed.names import LEAK_MARKER, ORGANIZATIONS
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
ORGANIZATION = ORGANIZATIONS[0].id


def rows(project: Project, kind: str, scope: str = ORGANIZATION) -> list[dict[str, Any]]:
    """The emulator's documents of a kind."""
    return project.emulator.dump()[scope].get(kind, [])


def our_role(project: Project) -> dict[str, Any]:
    """The root security role that the stack made."""
    name = "Marketo Measure Integration (test)"
    return next(r for r in rows(project, "roles") if r["name"] == name and r.get("privileges"))


def our_user(project: Project) -> dict[str, Any]:
    """The application user that the stack made."""
    client_id = project.outputs()["clientId"]
    return next(u for u in rows(project, "systemusers") if u.get("applicationid") == client_id)


def verify(project: Project) -> Done:
    """Run the proof."""
    return project.connector("verify", "--json")


def put_back(project: Project, kind: str, id: str, document: dict[str, Any], scope: str) -> None:
    """Write a document as it was."""
    project.emulator.store.put(scope, kind, id, document)


def check_named(project: Project, code: str, *words: str) -> None:
    """The proof fails with exit 1 and names the one cause."""
    done = verify(project)
    assert done.code == 1, done.text
    error = done.json["error"]
    assert error["code"] == code
    for word in words:
        assert word in error["message"]


def test_a_whole_connection_is_proved(deployed: Project) -> None:
    """Right after deploy the proof holds, and its requests carry the new client id."""
    deployed.emulator.requests(reset=True)
    done = verify(deployed)
    assert (done.code, done.json["result"]) == (0, "proved"), done.text
    assert done.json["privileges"] == {"wanted": 64, "held": 64, "missing": [], "excess": []}
    mine = [r for r in deployed.emulator.requests() if r["client_id"] == deployed.outputs()["clientId"]]
    paths = " ".join(r["path"] for r in mine)
    assert "/oauth2/v2.0/token" in paths
    assert "/WhoAmI" in paths
    assert "RetrieveUserPrivileges" in paths


def test_a_privilege_taken_away_is_named(deployed: Project) -> None:
    """One privilege less: exit 1, and the privilege by its name; put back: 0."""
    role = our_role(deployed)
    names = {p["privilegeid"]: p["name"] for p in rows(deployed, "privileges")}
    gone = next(id for id in role["privileges"] if names[id] == "prvWriteLead")
    deployed.emulator.edit("roles", role["roleid"], {"privileges": {gone: None}})
    check_named(deployed, "dataverse.privilege_missing", "prvWriteLead")
    put_back(deployed, "roles", role["roleid"], role, ORGANIZATION)
    assert verify(deployed).code == 0


def test_a_role_taken_away_is_named(deployed: Project) -> None:
    """No role: the role is the one cause, not sixty privileges; put back: 0."""
    role = our_role(deployed)
    deployed.emulator.edit("roles", role["roleid"], delete=True)
    check_named(deployed, "dataverse.role_missing", "Marketo Measure Integration (test)")
    put_back(deployed, "roles", role["roleid"], role, ORGANIZATION)
    assert verify(deployed).code == 0


def test_a_user_taken_away_is_named(deployed: Project) -> None:
    """No application user: the user is the one cause; put back: 0."""
    user = our_user(deployed)
    deployed.emulator.edit("systemusers", user["systemuserid"], delete=True)
    check_named(deployed, "dataverse.user_missing", deployed.outputs()["clientId"])
    put_back(deployed, "systemusers", user["systemuserid"], user, ORGANIZATION)
    assert verify(deployed).code == 0


def test_a_grant_taken_away_is_named(deployed: Project) -> None:
    """No consent for one API: the permission is the one cause; put back: 0."""
    principal = deployed.outputs()["servicePrincipalObjectId"]
    grants = [g for g in rows(deployed, "oauth2PermissionGrants", CONTOSO) if g["clientId"] == principal]
    grant = next(g for g in grants if "openid" in g["scope"])
    deployed.emulator.edit("oauth2PermissionGrants", grant["id"], delete=True)
    check_named(deployed, "entra.grant_missing", "graph/openid")
    put_back(deployed, "oauth2PermissionGrants", grant["id"], grant, CONTOSO)
    assert verify(deployed).code == 0


def test_an_expired_secret_is_named(deployed: Project) -> None:
    """When the secret has ended, the proof says so and nothing else."""
    deployed.emulator.clock("+200d")
    try:
        check_named(deployed, "login.refused", "AADSTS7000222", "expired")
    finally:
        deployed.emulator.clock("reset")


def recorded_ids(project: Project) -> dict[str, str]:
    """The request ids of the record's last proof."""
    text = (project.root / ".local/records/test.json").read_text()
    assert LEAK_MARKER not in text
    return dict(json.loads(text)["proof"]["requestIds"])


def test_the_record_keeps_the_request_ids_of_the_proof(deployed: Project) -> None:
    """Those of the log-in and of WhoAmI, as the trace has them; of a refused log-in both of its ids."""
    done = deployed.connector("verify", "--trace", "trace.jsonl")
    assert done.code == 0, done.text
    ids = recorded_ids(deployed)
    assert set(ids) == {"token", "tokenCorrelation", "whoAmI"}
    traced = [json.loads(line) for line in (deployed.root / "trace.jsonl").read_text().splitlines()]
    seen = {line["requestId"]: line["path"] for line in traced}
    assert seen[ids["token"]].endswith("/token")
    assert seen[ids["whoAmI"]].endswith("/WhoAmI")
    client_id = deployed.outputs()["clientId"]
    (application,) = deployed.emulator.store.find(CONTOSO, "applications", appId=client_id)
    deployed.emulator.edit("applications", application["id"], {"passwordCredentials": []})
    refused = deployed.connector("verify")
    put_back(deployed, "applications", application["id"], application, CONTOSO)
    assert refused.code == 1, refused.text
    after = recorded_ids(deployed)
    assert set(after) == {"token", "tokenCorrelation"}
    assert after["token"] != ids["token"]
