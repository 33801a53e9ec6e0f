"""What the tenant's default app management policy keeps an application from being given."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator import control
from emulator.seed import CONTOSO
from tests.support.app_policy import restrict
from tests.support.certificate import Certificate
from tests.support.graph import Graph, code, message

LIFETIME = "CredentialInvalidLifetimeAsPerAppPolicy"
SHORT = {"restrictionType": "passwordLifetime", "maxLifetime": "P90D"}


def add_secret(graph: Graph, application: dict[str, Any], days: int) -> Any:
    """Ask for a secret that lives so many days."""
    end = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    body = {"passwordCredential": {"displayName": "a-1", "endDateTime": end}}
    return graph.post(f"/applications/{application['id']}/addPassword", body)


def secrets_of(graph: Graph, application: dict[str, Any]) -> list[Any]:
    """The secrets that the application holds."""
    return list(graph.get(f"/applications/{application['id']}").json()["passwordCredentials"])


def test_refusal_of_a_secret_that_lives_too_long(graph: Graph) -> None:
    """A longer life than the policy's is refused and nothing is made; a shorter one is taken."""
    restrict(graph.emulator, passwordCredentials=[SHORT])
    application = graph.application()
    answer = add_secret(graph, application, 120)
    assert (answer.status_code, code(answer)) == (400, LIFETIME)
    assert answer.json()["error"]["details"][0]["code"] == "InvalidKeyEndDate"
    assert secrets_of(graph, application) == []
    assert add_secret(graph, application, 60).status_code == 200


def test_refusal_of_any_secret(graph: Graph) -> None:
    """With passwordAddition there is no secret at all, in the application's own POST neither."""
    restrict(graph.emulator, passwordCredentials=[{"restrictionType": "passwordAddition"}])
    kind = "CredentialTypeNotAllowedAsPerAppPolicy"
    assert code(add_secret(graph, graph.application(), 1)) == kind
    body = {"displayName": "T", "signInAudience": "AzureADMyOrg", "passwordCredentials": [{}]}
    assert code(graph.post("/applications", body)) == kind


def test_refusal_of_an_audience(graph: Graph) -> None:
    """A barred audience is refused in a POST and in a PATCH that brings it; one that is there stays."""
    before = graph.application()
    restrict(graph.emulator, audiences={"azureAdMultipleOrgs": {"state": "enabled"}})
    body = {"displayName": "T", "signInAudience": "AzureADMultipleOrgs"}
    answer = graph.post("/applications", body)
    assert code(answer) == "SignInAudienceNotAllowedAsPerAppPolicy"
    assert "'AzureADMultipleOrgs' is not allowed" in message(answer)
    path = f"/applications/{graph.application(signInAudience='AzureADMyOrg')['id']}"
    assert code(graph.patch(path, body)) == "SignInAudienceNotAllowedAsPerAppPolicy"
    assert graph.patch(f"/applications/{before['id']}", body).status_code == 204


def test_refusal_of_a_certificate_that_lives_too_long(graph: Graph) -> None:
    """Measured from its beginning to its end; one that is there already stays."""
    keys = {"keyCredentials": [Certificate(days=400).entry()]}
    path = f"/applications/{graph.application()['id']}"
    assert graph.patch(path, keys).status_code == 204
    restrict(
        graph.emulator,
        keyCredentials=[{"restrictionType": "asymmetricKeyLifetime", "maxLifetime": "P90D"}],
    )
    kept = graph.get(path).json()["keyCredentials"]
    assert graph.patch(path, {"keyCredentials": kept}).status_code == 204
    more = [*kept, Certificate(days=200).entry()]
    assert code(graph.patch(path, {"keyCredentials": more})) == LIFETIME


@pytest.mark.parametrize(
    "rule",
    [
        SHORT | {"state": "disabled"},
        SHORT | {"restrictForAppsCreatedAfterDateTime": "2999-01-01T00:00:00Z"},
        {"restrictionType": "customPasswordAddition"},
    ],
)
def test_a_restriction_that_does_not_hold_refuses_nothing(graph: Graph, rule: dict[str, Any]) -> None:
    """Switched off, for later applications, or of secrets that somebody types: Entra's own are made."""
    restrict(graph.emulator, passwordCredentials=[rule])
    assert add_secret(graph, graph.application(), 300).status_code == 200


def test_the_policy_is_set_as_everything_is(graph: Graph) -> None:
    """`emulator edit policies defaultAppManagementPolicy` in the tenant's scope puts it in force."""
    change = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [SHORT]}}
    kind, id = "policies", "defaultAppManagementPolicy"
    control.edit(graph.emulator.store, kind, id, json.dumps(change), delete=False, scope=CONTOSO)
    assert graph.get("/policies/defaultAppManagementPolicy").json()["isEnabled"] is True
    assert code(add_secret(graph, graph.application(), 120)) == LIFETIME
