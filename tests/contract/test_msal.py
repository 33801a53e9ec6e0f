from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import jwt
import msal
import pytest
import requests

from emulator.seed import CONTOSO, DEPLOYER_SECRET, FULL_DEPLOYER
from tests.support.certificate import Certificate
from tests.support.emulator import RunningEmulator
from tests.support.graph import Graph


@pytest.fixture
def session(emulator: RunningEmulator) -> Iterator[requests.Session]:
    """A requests session that trusts the emulator."""
    with requests.Session() as made:
        made.verify = str(emulator.ca)
        made.trust_env = False
        yield made


def client(
    emulator: RunningEmulator,
    session: requests.Session,
    credential: Any = DEPLOYER_SECRET,
    *,
    authority: str = "",
    validate: bool = False,
) -> msal.ConfidentialClientApplication:
    """MSAL's confidential client; *validate* has it ask the emulator's own instance discovery.

    Without that MSAL would ask the public cloud about a host it does not know.
    """
    return msal.ConfidentialClientApplication(
        FULL_DEPLOYER,
        client_credential=credential,
        authority=authority or f"{emulator.authority}/{CONTOSO}",
        instance_discovery=f"{emulator.authority}/common/discovery/instance" if validate else False,
        http_client=session,
    )


def test_msal_validates_the_authority(emulator: RunningEmulator, session: requests.Session) -> None:
    """MSAL asks the instance discovery, then the tenant's OpenID configuration, then for a token."""
    answer = client(emulator, session, validate=True).acquire_token_for_client(
        [f"{emulator.authority}/.default"]
    )
    assert "access_token" in answer, answer
    paths = [line["path"] for line in emulator.requests()]
    assert paths[:2] == ["/common/discovery/instance", f"/{CONTOSO}/v2.0/.well-known/openid-configuration"]
    assert paths[-1] == f"/{CONTOSO}/oauth2/v2.0/token"


def test_msal_token_is_signed_by_the_published_key(
    emulator: RunningEmulator, session: requests.Session
) -> None:
    """PyJWT finds the key in the JWKS and checks signature, audience, issuer and times."""
    answer = client(emulator, session).acquire_token_for_client([f"{emulator.org(1)}/.default"])
    found = session.get(f"{emulator.authority}/{CONTOSO}/v2.0/.well-known/openid-configuration").json()
    published = jwt.PyJWKSet.from_dict(session.get(found["jwks_uri"]).json())
    header = jwt.get_unverified_header(answer["access_token"])
    claims = jwt.decode(
        answer["access_token"],
        published[header["kid"]].key,
        algorithms=[header["alg"]],
        audience=emulator.org(1),
        issuer=found["issuer"],
    )
    assert claims["appid"] == FULL_DEPLOYER


def test_msal_logs_in_by_certificate(
    graph: Graph, emulator: RunningEmulator, session: requests.Session
) -> None:
    """MSAL's own client assertion is taken."""
    certificate = Certificate()
    certificate.register(graph)
    credential = {
        "private_key": certificate.pem().decode(),
        "thumbprint": hashlib.sha1(certificate.der, usedforsecurity=False).hexdigest(),
    }
    answer = client(emulator, session, credential).acquire_token_for_client(
        [f"{emulator.authority}/.default"]
    )
    assert "access_token" in answer, answer


def test_msal_shows_the_refusal(emulator: RunningEmulator, session: requests.Session) -> None:
    """A wrong secret comes back as MSAL's error with Entra's number."""
    answer = client(emulator, session, "wrong").acquire_token_for_client([f"{emulator.authority}/.default"])
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215])


def test_refusal_msal_unknown_tenant(emulator: RunningEmulator, session: requests.Session) -> None:
    """MSAL cannot make a client for a tenant that is not there."""
    with pytest.raises(ValueError, match="tenant name or GUID"):
        client(emulator, session, authority=f"{emulator.authority}/nobody")


def test_refusal_msal_foreign_authority(emulator: RunningEmulator, session: requests.Session) -> None:
    """The instance discovery does not vouch for a host that is not this cloud's."""
    with pytest.raises(ValueError, match="invalid_instance"):
        client(emulator, session, authority=f"https://login.example/{CONTOSO}", validate=True)
