from __future__ import annotations

import time

import jwt

from emulator.seed import CONTOSO, FULL_DEPLOYER, LIMITED_DEPLOYER, LIMITED_SECRET
from emulator.seed.directory import FULL_ROLES, LIMITED_ROLES
from emulator.seed.names import LEAK_MARKER
from tests.support.emulator import RunningEmulator
from tests.support.graph import FULL_PRINCIPAL, log_in


def _claims(token: str) -> dict[str, object]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_login_token_claims(emulator: RunningEmulator) -> None:
    """A token for Graph says who, where, for what and until when, and carries the leak marker."""
    answer = log_in(emulator)
    claims = _claims(answer.json()["access_token"])
    assert answer.json()["expires_in"] == 3599
    assert claims["aud"] == emulator.authority
    assert claims["iss"] == f"{emulator.authority}/{CONTOSO}/v2.0"
    assert (claims["tid"], claims["appid"], claims["azp"]) == (CONTOSO, FULL_DEPLOYER, FULL_DEPLOYER)
    assert claims["oid"] == FULL_PRINCIPAL
    assert claims["marker"] == LEAK_MARKER
    assert 3500 < float(str(claims["exp"])) - time.time() <= 3600


def test_login_token_roles_are_the_assignments(emulator: RunningEmulator) -> None:
    """The roles in a Graph token are the app role assignments of the client's service principal."""
    full = _claims(emulator.token())
    limited = _claims(emulator.token(client_id=LIMITED_DEPLOYER, secret=LIMITED_SECRET))
    assert (full["roles"], limited["roles"]) == (sorted(FULL_ROLES), sorted(LIMITED_ROLES))


def test_login_token_for_dataverse_has_no_roles(emulator: RunningEmulator) -> None:
    """A token for an organization names it as audience and carries no roles."""
    claims = _claims(emulator.token(emulator.org(2)))
    assert claims["aud"] == emulator.org(2)
    assert "roles" not in claims


def test_login_scope_with_trailing_slash(emulator: RunningEmulator) -> None:
    """An organization's URL may end in a slash; the audience is then as it was asked for."""
    claims = _claims(emulator.token(emulator.org(1) + "/"))
    assert claims["aud"] == emulator.org(1) + "/"


def test_login_tenant_by_domain(emulator: RunningEmulator) -> None:
    """A tenant may be named by its verified domain."""
    claims = _claims(log_in(emulator, tenant="contoso.example").json()["access_token"])
    assert claims["tid"] == CONTOSO


def test_login_request_log_holds_no_secret(emulator: RunningEmulator) -> None:
    """The log names the client of a login and holds neither secret nor token."""
    token = emulator.token()
    line = emulator.requests()[-1]
    assert line["client_id"] == FULL_DEPLOYER
    assert token not in str(emulator.requests())
    assert "only" not in str(line)


def test_login_openid_configuration_agrees_with_tokens(emulator: RunningEmulator) -> None:
    """Issuer, token endpoint and keys of the OpenID configuration are those that tokens use."""
    client = emulator.http()
    for path in ("v2.0/.well-known", ".well-known"):
        found = client.get(f"{emulator.authority}/{CONTOSO}/{path}/openid-configuration").json()
        assert found["issuer"] == f"{emulator.authority}/{CONTOSO}/v2.0"
        assert found["token_endpoint"] == f"{emulator.authority}/{CONTOSO}/oauth2/v2.0/token"
        key = client.get(found["jwks_uri"]).json()["keys"][0]
        assert jwt.get_unverified_header(emulator.token())["kid"] == key["kid"]


def test_login_openid_configuration_of_common(emulator: RunningEmulator) -> None:
    """For /common the issuer keeps the tenant open, as Entra does."""
    found = emulator.http().get(f"{emulator.authority}/common/v2.0/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{emulator.authority}/{{tenantid}}/v2.0"


def test_refusal_login_configuration_of_unknown_tenant(emulator: RunningEmulator) -> None:
    """The OpenID configuration of an unknown tenant is refused (AADSTS90002)."""
    answer = emulator.http().get(f"{emulator.authority}/nobody/v2.0/.well-known/openid-configuration")
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_login_metadata_document(emulator: RunningEmulator) -> None:
    """The cloud's metadata points login and Graph at the emulator."""
    path = "/metadata/endpoints?api-version=2022-09-01"
    found = emulator.http().get(emulator.authority + path).json()
    assert found["authentication"]["loginEndpoint"] == emulator.authority
    assert found["microsoftGraphResourceId"] == emulator.authority
