from __future__ import annotations

import json
import re

import pytest

from emulator.seed import CONTOSO, FULL_DEPLOYER
from emulator.seed.directory import ADELE
from emulator.seed.names import LEAK_MARKER
from tests.support.emulator import RunningEmulator
from tests.support.graph import BOTH_URIS, FULL_PRINCIPAL, Graph


def _post_empty_body(graph: Graph, path: str) -> dict[str, object]:
    answer = graph.post(path, {})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_graph_default_audience_is_the_personal_one(graph: Graph) -> None:
    """A POST that says nothing of the audience makes an application for personal accounts too."""
    application = graph.post("/applications", {"displayName": "Test"}).json()
    assert application["signInAudience"] == "AzureADandPersonalMicrosoftAccount"
    assert application["api"]["requestedAccessTokenVersion"] == 2


def test_graph_patch_replaces_lists_whole(graph: Graph) -> None:
    """A PATCH replaces a list, merges a complex value, and leaves the rest."""
    application = graph.application(
        web={"redirectUris": BOTH_URIS, "homePageUrl": "https://home.example"}, tags=["one", "two"]
    )
    path = f"/applications/{application['id']}"
    assert graph.patch(path, {"web": {"redirectUris": BOTH_URIS[:1]}, "tags": ["three"]}).status_code == 204
    changed = graph.get(path).json()
    assert changed["web"]["redirectUris"] == BOTH_URIS[:1]
    assert changed["web"]["homePageUrl"] == "https://home.example"
    assert changed["tags"] == ["three"]


def test_graph_application_by_app_id(graph: Graph) -> None:
    """An application is read by object id and by (appId='…') alike."""
    application = graph.application()
    by_app_id = graph.get(f"/applications(appId='{application['appId']}')").json()
    assert by_app_id["id"] == application["id"]


def test_graph_creator_becomes_owner(graph: Graph) -> None:
    """The caller owns what it makes, beside the owners that the POST binds, and can be taken off."""
    bound = [f"{graph.emulator.authority}/v1.0/directoryObjects/{ADELE}"]
    application = graph.application(**{"owners@odata.bind": bound})
    path = f"/applications/{application['id']}/owners"
    owners = graph.get(path).json()["value"]
    assert {(owner["@odata.type"], owner["id"]) for owner in owners} == {
        ("#microsoft.graph.servicePrincipal", FULL_PRINCIPAL),
        ("#microsoft.graph.user", ADELE),
    }
    assert graph.delete(f"{path}/{FULL_PRINCIPAL}/$ref").status_code == 204
    assert [owner["id"] for owner in graph.get(path).json()["value"]] == [ADELE]


def test_graph_secret_is_shown_once(graph: Graph, emulator: RunningEmulator) -> None:
    """The text of a secret is in the answer to addPassword and nowhere else, not even in the dump."""
    application = graph.application()
    path = f"/applications/{application['id']}"
    made = graph.post(f"{path}/addPassword", {"passwordCredential": {"displayName": "a1"}}).json()
    shown = graph.get(path).json()["passwordCredentials"]
    assert len(made["secretText"]) == 40
    assert LEAK_MARKER in made["secretText"]
    assert shown == [{k: v for k, v in made.items() if k != "@odata.context"} | {"secretText": None}]
    assert made["hint"] == made["secretText"][:3]
    everywhere = json.dumps(emulator.dump()) + graph.get("/applications").text + str(emulator.requests())
    assert made["secretText"] not in everywhere


def test_graph_secret_opens_until_removed(graph: Graph, emulator: RunningEmulator) -> None:
    """Several secrets of an application work side by side, each until it is removed."""
    principal = graph.service_principal()
    path = f"/applications(appId='{principal['appId']}')"
    first = _post_empty_body(graph, f"{path}/addPassword")
    second = _post_empty_body(graph, f"{path}/addPassword")
    assert graph.post(f"{path}/removePassword", {"keyId": first["keyId"]}).status_code == 204
    assert emulator.token(client_id=principal["appId"], secret=str(second["secretText"]))


def test_graph_secret_lifetime_defaults_to_two_years(graph: Graph) -> None:
    """Without dates a secret starts now and ends two years later; given dates are kept."""
    path = f"/applications/{graph.application()['id']}/addPassword"
    made = graph.post(path, {}).json()
    years = [int(str(made[name])[:4]) for name in ("startDateTime", "endDateTime")]
    assert years[1] - years[0] == 2
    wanted = {"endDateTime": "2099-05-01T02:00:00+02:00"}
    assert graph.post(path, {"passwordCredential": wanted}).json()["endDateTime"] == "2099-05-01T00:00:00Z"


def test_graph_secret_made_by_the_post_itself(graph: Graph) -> None:
    """A POST may ask for a secret by name; its text is in that answer alone."""
    application = graph.application(passwordCredentials=[{"displayName": "first"}])
    assert LEAK_MARKER in application["passwordCredentials"][0]["secretText"]
    again = graph.get(f"/applications/{application['id']}").json()["passwordCredentials"][0]
    assert (again["displayName"], again["secretText"]) == ("first", None)


def test_graph_patch_keeps_or_drops_secrets(graph: Graph) -> None:
    """A PATCH may repeat the credentials that are there, or leave some out."""
    path = f"/applications/{graph.application(passwordCredentials=[{}, {}])['id']}"
    kept = graph.get(path).json()["passwordCredentials"][:1]
    assert graph.patch(path, {"passwordCredentials": kept}).status_code == 204
    assert graph.get(path).json()["passwordCredentials"] == kept


def test_graph_beta_knows_more_properties(graph: Graph) -> None:
    """The one property that the provider reads from /beta is there and can be changed there."""
    path = f"/applications/{graph.application()['id']}"
    change = {"oauth2RequirePostResponse": True}
    assert graph.call("PATCH", path, change, version="beta").status_code == 204
    assert graph.call("GET", path, version="beta").json()["oauth2RequirePostResponse"] is True
    assert "oauth2RequirePostResponse" not in graph.get(path).json()


def test_graph_errors_have_graphs_shape(graph: Graph) -> None:
    """A refusal carries code, message and innerError with date and request id."""
    error = graph.get("/applications/none").json()["error"]
    assert {"code", "message", "innerError"} == error.keys()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", error["innerError"]["date"])
    assert error["innerError"]["request-id"]


def test_graph_refused_change_leaves_no_trace(graph: Graph, emulator: RunningEmulator) -> None:
    """A refused POST has written nothing, its secret's hash included."""
    before = emulator.dump()
    body = {"displayName": "x" * 121, "signInAudience": "AzureADMyOrg", "passwordCredentials": [{}]}
    assert graph.post("/applications", body).status_code == 400
    assert emulator.dump() == before


@pytest.mark.parametrize("kind", ["applications", "servicePrincipals"])
def test_graph_seed_has_the_deployer(graph: Graph, kind: str) -> None:
    """The full deployer is there with its fixed ids."""
    found = graph.get(f"/{kind}(appId='{FULL_DEPLOYER}')").json()
    assert found["id"] == FULL_DEPLOYER[:-4] + ("a001" if kind == "applications" else "b001")


def test_graph_no_federated_credentials_yet(graph: Graph) -> None:
    """The list of federated credentials is there and empty."""
    path = f"/applications/{graph.application()['id']}/federatedIdentityCredentials"
    assert graph.get(path).json()["value"] == []


def test_graph_tenant_and_policy(graph: Graph, emulator: RunningEmulator) -> None:
    """The organization is the caller's tenant, and its app management policy is not enabled."""
    assert [o["id"] for o in graph.get("/organization").json()["value"]] == [CONTOSO]
    assert graph.get("/policies/defaultAppManagementPolicy").json()["isEnabled"] is False
