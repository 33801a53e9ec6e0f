from __future__ import annotations

import uuid

import httpx
import pytest

from emulator.graph.catalogue import DYNAMICS_APP_ID, GRAPH_ROLES
from emulator.seed import FABRIKAM, FULL_DEPLOYER
from emulator.seed.directory import ADELE, MARKETING_OPERATIONS
from tests.support.emulator import RunningEmulator
from tests.support.graph import DEFAULT_ROLE, DYNAMICS, GRAPH, Graph, code, message


def refused(answer: httpx.Response, wanted: str = "Request_BadRequest", status: int = 400) -> None:
    """Check status and code."""
    assert (answer.status_code, code(answer)) == (status, wanted), answer.text


def test_refusal_duplicate_grant(graph: Graph) -> None:
    """A second grant for the same client and resource is refused; another resource is another grant."""
    client = graph.service_principal()["id"]
    assert graph.grant(client).status_code == 201
    answer = graph.grant(client)
    refused(answer, "Request_MultipleObjectsWithSameKeyValue", 409)
    assert message(answer).startswith("Permission entry already exists")
    assert graph.grant(client, "openid", GRAPH).status_code == 201


@pytest.mark.parametrize("scope", ["User.Read", "user_impersonation openid", 7, None, "x" * 3851])
def test_refusal_grant_of_unpublished_scope(graph: Graph, scope: object) -> None:
    """A grant names only scopes that its resource publishes."""
    refused(graph.grant(graph.service_principal()["id"], scope))  # type: ignore[arg-type]


def test_refusal_widening_a_grant_to_unpublished_scope(graph: Graph) -> None:
    """A PATCH of a grant is held to the same rule, and cannot move it to another resource."""
    grant = graph.grant(graph.service_principal()["id"]).json()
    path = f"/oauth2PermissionGrants/{grant['id']}"
    refused(graph.patch(path, {"scope": "user_impersonation more"}))
    refused(graph.patch(path, {"resourceId": GRAPH}))
    assert graph.get(path).json()["scope"] == "user_impersonation"


@pytest.mark.parametrize("client", ["", "same", "other"])
def test_refusal_to_update_the_client_of_a_grant(graph: Graph, client: str) -> None:
    """A PATCH that names the client is refused, also with the grant's own one and an empty one."""
    grant = graph.grant(graph.service_principal()["id"]).json()
    path = f"/oauth2PermissionGrants/{grant['id']}"
    value = {"same": grant["clientId"], "other": DYNAMICS}.get(client, client)
    answer = graph.patch(path, {"clientId": value, "scope": "user_impersonation"})
    refused(answer)
    assert message(answer) == "Property cannot be updated: clientId"
    assert graph.patch(path, {"scope": "user_impersonation"}).status_code == 204


def test_refusal_grant_by_app_id(graph: Graph) -> None:
    """Client and resource are object ids of service principals, not app ids."""
    principal = graph.service_principal()
    refused(graph.grant(principal["appId"]), "Request_ResourceNotFound", 404)
    refused(graph.grant(principal["id"], resource=DYNAMICS_APP_ID), "Request_ResourceNotFound", 404)


def test_refusal_grant_of_unclear_consent(graph: Graph) -> None:
    """AllPrincipals names nobody, Principal names a user."""
    client = graph.service_principal()["id"]
    body = {"clientId": client, "resourceId": DYNAMICS, "scope": "user_impersonation"}
    refused(graph.post("/oauth2PermissionGrants", body))
    refused(graph.post("/oauth2PermissionGrants", body | {"consentType": "Principal"}))
    refused(
        graph.post("/oauth2PermissionGrants", body | {"consentType": "AllPrincipals", "principalId": ADELE})
    )
    one = body | {"consentType": "Principal", "principalId": ADELE}
    assert graph.post("/oauth2PermissionGrants", one).status_code == 201


def test_refusal_duplicate_assignment(graph: Graph) -> None:
    """A second assignment of the same role to the same principal is refused."""
    resource = graph.service_principal()["id"]
    assert graph.assign(resource, MARKETING_OPERATIONS).status_code == 201
    answer = graph.assign(resource, MARKETING_OPERATIONS)
    refused(answer)
    assert message(answer) == "Permission being assigned already exists on the object"


def test_refusal_default_role_where_roles_are_declared(graph: Graph) -> None:
    """The zero role is legal only where the application declares no role."""
    role = {
        "id": str(uuid.uuid4()),
        "value": "Reader",
        "displayName": "Reader",
        "description": "Reads",
        "allowedMemberTypes": ["User"],
        "isEnabled": True,
    }
    resource = graph.service_principal(appRoles=[role])["id"]
    answer = graph.assign(resource, ADELE, DEFAULT_ROLE)
    refused(answer)
    assert message(answer).startswith("Not a valid reference update")
    assert graph.assign(resource, ADELE, str(role["id"])).status_code == 201


def test_refusal_assignment_of_nobody_or_nothing(graph: Graph) -> None:
    """Principal and role must exist, and an application's role is not for users."""
    resource = graph.service_principal()["id"]
    refused(graph.assign(resource, str(uuid.uuid4())))
    refused(graph.assign(resource, ADELE, str(uuid.uuid4())))
    refused(graph.assign(GRAPH, ADELE, GRAPH_ROLES["User.Read.All"]))


def test_refusal_assignment_to_another_resource(graph: Graph) -> None:
    """The body of an assignment names the resource of its path."""
    resource = graph.service_principal()["id"]
    body = {"principalId": ADELE, "resourceId": DYNAMICS, "appRoleId": DEFAULT_ROLE}
    refused(graph.post(f"/servicePrincipals/{resource}/appRoleAssignedTo", body))


def test_refusal_service_principal_for_unknown_application(graph: Graph) -> None:
    """A service principal needs an application behind it; the answer's details say so."""
    app_id = str(uuid.uuid4())
    answer = graph.post("/servicePrincipals", {"appId": app_id})
    refused(answer)
    assert f"The appId '{app_id}' of the service principal does not reference" in message(answer)
    detail = answer.json()["error"]["details"][0]
    assert (detail["code"], detail["target"]) == ("NoBackingApplicationObject", "appId")


def test_refusal_service_principal_for_single_tenant_application_elsewhere(
    graph: Graph, emulator: RunningEmulator
) -> None:
    """An application for its own tenant alone cannot be instantiated in another; a multitenant one can."""
    secret = "fab~fabrikam-deployer-of-the-emulator-only"
    token = emulator.token(client_id="d0000000-0000-4000-8000-000000000003", secret=secret, tenant=FABRIKAM)
    fabrikam = Graph(emulator, token)
    refused(fabrikam.post("/servicePrincipals", {"appId": FULL_DEPLOYER}))
    shared = graph.application()["appId"]
    assert fabrikam.post("/servicePrincipals", {"appId": shared}).status_code == 201


def test_refusal_second_service_principal(graph: Graph) -> None:
    """An application has one service principal in a tenant."""
    principal = graph.service_principal()
    answer = graph.post("/servicePrincipals", {"appId": principal["appId"]})
    refused(answer, "Request_MultipleObjectsWithSameKeyValue", 409)


def test_refusal_secret_on_service_principal(graph: Graph) -> None:
    """Credentials of a service principal cannot be written as properties."""
    principal = graph.service_principal()
    body = {"passwordCredentials": [{"secretText": "mine"}]}
    refused(graph.patch(f"/servicePrincipals/{principal['id']}", body))


def test_refusal_deleting_a_first_party_service_principal(graph: Graph) -> None:
    """Dataverse's and Graph's own service principals cannot be deleted."""
    for principal in (DYNAMICS, GRAPH):
        refused(graph.delete(f"/servicePrincipals/{principal}"), "Authorization_RequestDenied", 403)
        assert graph.get(f"/servicePrincipals/{principal}").status_code == 200
