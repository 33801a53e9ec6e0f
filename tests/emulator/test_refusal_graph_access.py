from __future__ import annotations

import time
import uuid

import httpx
import pytest

from emulator.keys import SigningKey
from emulator.seed import CONTOSO, FABRIKAM, LIMITED_DEPLOYER
from emulator.seed.directory import ADELE, MARKETING_OPERATIONS
from tests.support.emulator import RunningEmulator
from tests.support.graph import (
    FULL_APPLICATION,
    GRAPH,
    LIMITED_PRINCIPAL,
    Graph,
    as_limited,
    code,
    message,
    with_roles,
)


def denied(answer: httpx.Response) -> None:
    """Check for the refusal of a call that the token's roles do not allow."""
    assert (answer.status_code, code(answer)) == (403, "Authorization_RequestDenied"), answer.text
    assert message(answer) == "Insufficient privileges to complete the operation."


def unauthorized(answer: httpx.Response, words: str) -> None:
    """Check for the refusal of a token."""
    assert (answer.status_code, code(answer)) == (401, "InvalidAuthenticationToken"), answer.text
    assert words in message(answer)


def test_refusal_grant_without_the_role(emulator: RunningEmulator) -> None:
    """The limited deployer makes applications but may not consent."""
    limited = as_limited(emulator)
    client = limited.service_principal()["id"]
    denied(limited.grant(client))
    denied(limited.get("/oauth2PermissionGrants"))


def test_refusal_assignment_without_the_role(emulator: RunningEmulator) -> None:
    """The limited deployer may not assign anybody, itself least of all."""
    limited = as_limited(emulator)
    denied(limited.assign(limited.service_principal()["id"], ADELE))
    denied(limited.assign(GRAPH, LIMITED_PRINCIPAL, "8e8e4742-1d95-4f68-9d56-6ee75648c72a"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/applications"),
        ("POST", "/applications"),
        ("GET", "/applications/$count"),
        ("GET", f"/applications/{FULL_APPLICATION}"),
        ("PATCH", f"/applications/{FULL_APPLICATION}"),
        ("DELETE", f"/applications/{FULL_APPLICATION}"),
        ("POST", f"/applications/{FULL_APPLICATION}/addPassword"),
        ("POST", f"/applications/{FULL_APPLICATION}/removePassword"),
        ("POST", f"/applications/{FULL_APPLICATION}/owners/$ref"),
        ("GET", "/servicePrincipals"),
        ("POST", "/servicePrincipals"),
        ("PATCH", f"/servicePrincipals/{GRAPH}"),
        ("DELETE", f"/servicePrincipals/{GRAPH}"),
        ("GET", f"/servicePrincipals/{GRAPH}/appRoleAssignedTo"),
        ("POST", f"/servicePrincipals/{GRAPH}/appRoleAssignedTo"),
        ("GET", f"/servicePrincipals/{GRAPH}/oauth2PermissionGrants"),
        ("POST", "/oauth2PermissionGrants"),
        ("GET", "/users"),
        ("GET", f"/users/{ADELE}"),
        ("GET", "/groups"),
        ("GET", f"/groups/{MARKETING_OPERATIONS}"),
        ("GET", "/organization"),
        ("GET", "/policies/defaultAppManagementPolicy"),
        ("GET", "/directory/deletedItems/microsoft.graph.application"),
        ("POST", f"/directory/deletedItems/{FULL_APPLICATION}/restore"),
        ("DELETE", f"/directory/deletedItems/{FULL_APPLICATION}"),
    ],
)
def test_refusal_call_without_any_role(emulator: RunningEmulator, method: str, path: str) -> None:
    """A token without roles opens none of Graph's routes."""
    body = {} if method in ("POST", "PATCH") else None
    denied(with_roles(emulator).call(method, path, body))


@pytest.mark.parametrize("reading", ["Application.Read.All", "Directory.Read.All"])
def test_refusal_write_with_a_reading_role(emulator: RunningEmulator, reading: str) -> None:
    """A role that reads applications does not write them."""
    reader = with_roles(emulator, reading)
    assert reader.get("/applications").status_code == 200
    denied(reader.post("/applications", {"displayName": "Test"}))


def test_refusal_foreign_application_with_owned_by(graph: Graph, emulator: RunningEmulator) -> None:
    """Application.ReadWrite.OwnedBy writes what the caller made, and nothing else."""
    owner = with_roles(emulator, "Application.ReadWrite.OwnedBy")
    mine, foreign = owner.application(), graph.application()
    assert owner.patch(f"/applications/{mine['id']}", {"notes": "mine"}).status_code == 204
    denied(owner.patch(f"/applications/{foreign['id']}", {"notes": "mine"}))
    denied(owner.post(f"/applications(appId='{foreign['appId']}')/addPassword", {}))
    denied(owner.delete(f"/applications/{foreign['id']}"))
    assert owner.delete(f"/applications/{mine['id']}").status_code == 204


def test_refusal_service_principal_of_first_party_with_owned_by(emulator: RunningEmulator) -> None:
    """OwnedBy makes service principals of applications in the tenant only."""
    owner = with_roles(emulator, "Application.ReadWrite.OwnedBy")
    answer = owner.post("/servicePrincipals", {"appId": str(uuid.uuid4())})
    assert answer.status_code == 403
    assert "must in the local tenant" in message(answer)
    own = owner.application()
    assert owner.post("/servicePrincipals", {"appId": own["appId"]}).status_code == 201


def test_refusal_no_token(emulator: RunningEmulator) -> None:
    """A call without a token is refused with the challenge."""
    for path in ("/v1.0/applications", "/v1.0/nonsense"):
        answer = emulator.http().get(emulator.authority + path)
        unauthorized(answer, "Access token is empty.")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_refusal_token_for_another_audience(emulator: RunningEmulator) -> None:
    """A token for Dataverse does not open Graph."""
    unauthorized(Graph(emulator, emulator.token(emulator.org(1))).get("/applications"), "Invalid audience")


def test_refusal_expired_token(graph: Graph, emulator: RunningEmulator) -> None:
    """A token lives an hour of the emulator's clock."""
    emulator.clock("+59m")
    assert graph.get("/applications").status_code == 200
    emulator.clock("+1m")
    unauthorized(graph.get("/applications"), "expired")


def test_refusal_forged_token(emulator: RunningEmulator) -> None:
    """A token that another key signed is refused, whatever it claims."""
    forger = SigningKey(emulator.folder / "forged.pem")
    claims = {"aud": emulator.authority, "tid": CONTOSO, "exp": time.time() + 600, "roles": ["User.Read.All"]}
    unauthorized(Graph(emulator, forger.sign(claims)).get("/users"), "signature")
    unauthorized(Graph(emulator, "nonsense").get("/users"), "signature")


def test_refusal_token_of_an_unknown_tenant(emulator: RunningEmulator) -> None:
    """A well-signed token of a tenant that is not there is refused."""
    key = SigningKey(emulator.folder / "signing-key.pem")
    claims = {"aud": emulator.authority, "tid": str(uuid.uuid4()), "exp": time.time() + 600}
    unauthorized(Graph(emulator, key.sign(claims)).get("/users"), "tenant")


def test_refusal_object_of_another_tenant(graph: Graph, emulator: RunningEmulator) -> None:
    """One tenant's token does not see another tenant's objects."""
    other = emulator.dump()[FABRIKAM]["applications"][0]
    answer = graph.get(f"/applications/{other['id']}")
    assert (answer.status_code, code(answer)) == (404, "Request_ResourceNotFound")


def test_refusal_me_without_a_user(graph: Graph) -> None:
    """/me is for signed-in users."""
    answer = graph.get("/me")
    assert (answer.status_code, code(answer)) == (400, "BadRequest")
    assert "delegated" in message(answer)


def test_graph_log_names_the_client_of_a_refused_call(emulator: RunningEmulator) -> None:
    """The request log names who was refused."""
    as_limited(emulator).get("/oauth2PermissionGrants")
    line = emulator.requests()[-1]
    assert (line["status"], line["client_id"]) == (403, LIMITED_DEPLOYER)
