from __future__ import annotations

import time
import uuid

import httpx
import pytest

from emulator.graph.catalogue import GRAPH_APP_ID
from emulator.seed import FABRIKAM, FULL_DEPLOYER, LIMITED_SECRET
from tests.support.certificate import Certificate
from tests.support.emulator import RunningEmulator
from tests.support.graph import DYNAMICS, FULL_APPLICATION, FULL_PRINCIPAL, GRAPH, Graph, log_in

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def refused(answer: httpx.Response, number: int, status: int, error: str) -> None:
    """Check number, status, OAuth error and the shape of the token endpoint's refusal."""
    body = answer.json()
    assert (body["error_codes"], answer.status_code, body["error"]) == ([number], status, error)
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= body.keys()


def test_refusal_wrong_secret(emulator: RunningEmulator) -> None:
    """A secret of another application is refused with the hint about id and value (AADSTS7000215)."""
    answer = log_in(emulator, client_secret=LIMITED_SECRET)
    refused(answer, 7000215, 401, "invalid_client")
    assert "not the client secret ID" in answer.json()["error_description"]
    assert FULL_DEPLOYER in answer.json()["error_description"]


def test_refusal_secret_id_instead_of_value(graph: Graph, emulator: RunningEmulator) -> None:
    """The key id of a secret is not the secret (AADSTS7000215)."""
    key_id = graph.get(f"/applications/{FULL_APPLICATION}").json()["passwordCredentials"][0]["keyId"]
    refused(log_in(emulator, client_secret=key_id), 7000215, 401, "invalid_client")


def test_refusal_expired_secret(graph: Graph, emulator: RunningEmulator) -> None:
    """A secret past its end date is refused by the emulator's clock (AADSTS7000222)."""
    principal = graph.service_principal()
    application = f"/applications(appId='{principal['appId']}')"
    secret = graph.post(f"{application}/addPassword", {"passwordCredential": {"displayName": "a"}}).json()
    who = {"client_id": principal["appId"], "client_secret": secret["secretText"]}
    assert log_in(emulator, **who).status_code == 200
    emulator.clock("+731d")
    refused(log_in(emulator, **who), 7000222, 401, "invalid_client")


def test_refusal_removed_secret(graph: Graph, emulator: RunningEmulator) -> None:
    """A secret that was removed opens nothing (AADSTS7000215)."""
    principal = graph.service_principal()
    application = f"/applications(appId='{principal['appId']}')"
    secret = graph.post(f"{application}/addPassword", {}).json()
    graph.post(f"{application}/removePassword", {"keyId": secret["keyId"]})
    answer = log_in(emulator, client_id=principal["appId"], client_secret=secret["secretText"])
    refused(answer, 7000215, 401, "invalid_client")


def test_refusal_unknown_application(emulator: RunningEmulator) -> None:
    """A client id that the tenant does not know is refused (AADSTS700016)."""
    refused(log_in(emulator, client_id=str(uuid.uuid4())), 700016, 400, "unauthorized_client")


def test_refusal_application_of_another_tenant(emulator: RunningEmulator) -> None:
    """Contoso's deployer is unknown in fabrikam (AADSTS700016)."""
    refused(log_in(emulator, tenant=FABRIKAM), 700016, 400, "unauthorized_client")


def test_refusal_deleted_application(graph: Graph, emulator: RunningEmulator) -> None:
    """An application in the recycle bin cannot log in (AADSTS700016)."""
    application = graph.application()
    secret = graph.post(f"/applications/{application['id']}/addPassword", {}).json()["secretText"]
    graph.delete(f"/applications/{application['id']}")
    answer = log_in(emulator, client_id=application["appId"], client_secret=secret)
    refused(answer, 700016, 400, "unauthorized_client")


def test_refusal_application_without_service_principal(graph: Graph, emulator: RunningEmulator) -> None:
    """An application that has no service principal cannot log in (AADSTS7000229)."""
    answer = log_in(emulator, client_id=graph.application()["appId"])
    refused(answer, 7000229, 400, "unauthorized_client")


def test_refusal_disabled_application(graph: Graph, emulator: RunningEmulator) -> None:
    """A service principal with accountEnabled false gets no token (AADSTS7000112)."""
    graph.patch(f"/servicePrincipals/{FULL_PRINCIPAL}", {"accountEnabled": False})
    refused(log_in(emulator), 7000112, 400, "unauthorized_client")


@pytest.mark.parametrize("tenant", [str(uuid.UUID(int=7)), "nobody.example"])
def test_refusal_unknown_tenant(emulator: RunningEmulator, tenant: str) -> None:
    """A tenant that this cloud does not have is refused (AADSTS90002)."""
    refused(log_in(emulator, tenant=tenant), 90002, 400, "invalid_request")


def test_refusal_common_for_client_credentials(emulator: RunningEmulator) -> None:
    """An application cannot log in without naming a tenant (AADSTS50059)."""
    refused(log_in(emulator, tenant="common"), 50059, 400, "invalid_request")


def test_refusal_missing_secret(emulator: RunningEmulator) -> None:
    """A request without secret and assertion is refused (AADSTS7000218)."""
    refused(log_in(emulator, client_secret=None), 7000218, 401, "invalid_client")


@pytest.mark.parametrize("name", ["grant_type", "client_id", "scope"])
def test_refusal_missing_parameter(emulator: RunningEmulator, name: str) -> None:
    """A missing form field is named (AADSTS900144)."""
    answer = log_in(emulator, **{name: None})
    refused(answer, 900144, 400, "invalid_request")
    assert f"'{name}'" in answer.json()["error_description"]


def test_refusal_grant_type(emulator: RunningEmulator) -> None:
    """Only client credentials are served (AADSTS70003)."""
    refused(log_in(emulator, grant_type="password"), 70003, 400, "unsupported_grant_type")


@pytest.mark.parametrize("ending", ["", "/User.Read", "/.default openid"])
def test_refusal_scope_that_is_not_default(emulator: RunningEmulator, ending: str) -> None:
    """A scope other than one resource's .default is refused (AADSTS70011)."""
    answer = log_in(emulator, scope=f"{emulator.authority}{ending}")
    refused(answer, 70011, 400, "invalid_scope")


@pytest.mark.parametrize(
    "resource", ["https://graph.microsoft.com", "https://localhost", "https://127.0.1.9"]
)
def test_refusal_unknown_resource(emulator: RunningEmulator, resource: str) -> None:
    """A resource that is not in this cloud is refused, the public Graph too (AADSTS500011)."""
    refused(log_in(emulator, resource=resource), 500011, 400, "invalid_resource")


def test_refusal_organization_of_another_tenant(emulator: RunningEmulator) -> None:
    """A token for another tenant's organization is refused (AADSTS500011)."""
    refused(log_in(emulator, resource=emulator.org(3)), 500011, 400, "invalid_resource")


def test_refusal_dataverse_missing_in_tenant(emulator: RunningEmulator) -> None:
    """Without Dataverse's service principal there are no tokens for an organization (AADSTS500011)."""
    emulator.edit("servicePrincipals", DYNAMICS, delete=True)
    refused(log_in(emulator, resource=emulator.org(1)), 500011, 400, "invalid_resource")


@pytest.mark.parametrize(("principal", "resource"), [(DYNAMICS, 1), (GRAPH, None)])
def test_refusal_disabled_resource(emulator: RunningEmulator, principal: str, resource: int | None) -> None:
    """A disabled API gives no tokens (AADSTS500014)."""
    emulator.edit("servicePrincipals", principal, {"accountEnabled": False})
    wanted = emulator.org(resource) if resource else None
    refused(log_in(emulator, resource=wanted), 500014, 400, "invalid_resource")


def test_refusal_unknown_login_route(emulator: RunningEmulator) -> None:
    """A path of the login host that is not emulated is refused and marked in the log."""
    answer = emulator.http().get(f"{emulator.authority}/common/oauth2/v2.0/devicecode")
    assert answer.status_code == 404
    assert emulator.requests()[-1]["emulated"] is False


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    """A certificate for the whole module: keys are slow to make."""
    return Certificate()


def _with(emulator: RunningEmulator, assertion: str) -> httpx.Response:
    proof = {"client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
    return log_in(emulator, client_secret=None, **proof)


@pytest.mark.parametrize("header", ["x5t", "x5t#S256"])
def test_login_by_certificate(
    graph: Graph, emulator: RunningEmulator, certificate: Certificate, header: str
) -> None:
    """An assertion signed by a registered certificate opens Graph, whichever thumbprint it names."""
    certificate.register(graph)
    assert _with(emulator, certificate.assertion(emulator, header=header)).status_code == 200


def test_refusal_unregistered_certificate(emulator: RunningEmulator, certificate: Certificate) -> None:
    """An assertion by a certificate that is not the application's is refused (AADSTS700027)."""
    refused(_with(emulator, certificate.assertion(emulator)), 700027, 401, "invalid_client")


def test_refusal_forged_assertion(graph: Graph, emulator: RunningEmulator, certificate: Certificate) -> None:
    """Naming a registered thumbprint does not help a key that did not sign (AADSTS700027)."""
    certificate.register(graph)
    thief = Certificate()
    thief.der = certificate.der
    refused(_with(emulator, thief.assertion(emulator)), 700027, 401, "invalid_client")


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"sub": "someone"}, {"iss": "someone"}, {"aud": "https://elsewhere.example/token"}]
)
def test_refusal_assertion_claims(
    graph: Graph, emulator: RunningEmulator, certificate: Certificate, claims: dict[str, object]
) -> None:
    """An assertion that is expired, another's, or for another endpoint is refused (AADSTS700027)."""
    certificate.register(graph)
    refused(_with(emulator, certificate.assertion(emulator, **claims)), 700027, 401, "invalid_client")


def test_refusal_expired_certificate(
    graph: Graph, emulator: RunningEmulator, certificate: Certificate
) -> None:
    """A certificate past its end proves nothing (AADSTS700027)."""
    certificate.register(graph)
    emulator.clock("+40d")
    late = int(time.time()) + 40 * 86400
    signed = certificate.assertion(emulator, nbf=late, exp=late + 600)
    refused(_with(emulator, signed), 700027, 401, "invalid_client")


def test_refusal_graph_missing_in_tenant(emulator: RunningEmulator) -> None:
    """Without Graph's service principal there are no tokens for Graph (AADSTS500011)."""
    found = [p for p in emulator.dump()[FABRIKAM]["servicePrincipals"] if p["appId"] == GRAPH_APP_ID]
    emulator.edit("servicePrincipals", found[0]["id"], delete=True)
    who = {"client_id": "d0000000-0000-4000-8000-000000000003"}
    answer = log_in(
        emulator, tenant=FABRIKAM, **who, client_secret="fab~fabrikam-deployer-of-the-emulator-only"
    )
    refused(answer, 500011, 400, "invalid_resource")
