from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import CertificateCredential, ClientSecretCredential

from emulator.seed import CONTOSO, DEPLOYER_SECRET, FULL_DEPLOYER
from tests.support.certificate import Certificate
from tests.support.emulator import RunningEmulator
from tests.support.graph import Graph


@pytest.fixture
def transport(emulator: RunningEmulator) -> Iterator[RequestsTransport]:
    """A transport that trusts the emulator."""
    with RequestsTransport(connection_verify=str(emulator.ca)) as made:
        yield made


def by_secret(
    emulator: RunningEmulator,
    transport: RequestsTransport,
    *,
    secret: str = DEPLOYER_SECRET,
    tenant: str = CONTOSO,
) -> ClientSecretCredential:
    """The deployer's credential as a user of azure-identity makes it for the emulator."""
    return ClientSecretCredential(
        tenant,
        FULL_DEPLOYER,
        secret,
        authority=emulator.authority,
        disable_instance_discovery=True,
        transport=transport,
    )


def test_azure_identity_logs_in_by_secret(emulator: RunningEmulator, transport: RequestsTransport) -> None:
    """ClientSecretCredential gets tokens that open Graph and name an organization."""
    credential = by_secret(emulator, transport)
    token = credential.get_token(f"{emulator.authority}/.default").token
    assert Graph(emulator, token).get("/applications").status_code == 200
    assert credential.get_token(f"{emulator.org(1)}/.default").token != token


def test_azure_identity_caches_a_token(emulator: RunningEmulator, transport: RequestsTransport) -> None:
    """A second get_token within the hour asks nobody."""
    credential = by_secret(emulator, transport)
    first = credential.get_token(f"{emulator.authority}/.default").token
    emulator.requests(reset=True)
    assert credential.get_token(f"{emulator.authority}/.default").token == first
    assert emulator.requests() == []


def test_azure_identity_logs_in_by_certificate(
    graph: Graph, emulator: RunningEmulator, transport: RequestsTransport
) -> None:
    """CertificateCredential's own assertion is taken."""
    certificate = Certificate()
    certificate.register(graph)
    credential = CertificateCredential(
        CONTOSO,
        FULL_DEPLOYER,
        certificate_data=certificate.pem(),
        authority=emulator.authority,
        disable_instance_discovery=True,
        transport=transport,
    )
    assert credential.get_token(f"{emulator.authority}/.default").token


def test_azure_identity_shows_the_refusal(emulator: RunningEmulator, transport: RequestsTransport) -> None:
    """A refused login raises ClientAuthenticationError with Entra's number."""
    credential = by_secret(emulator, transport, secret="wrong")
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential.get_token(f"{emulator.authority}/.default")


def test_refusal_azure_identity_unknown_tenant(
    emulator: RunningEmulator, transport: RequestsTransport
) -> None:
    """A tenant that is not there has no OpenID configuration, and azure-identity says so."""
    credential = by_secret(emulator, transport, tenant=str(uuid.UUID(int=7)))
    with pytest.raises(ClientAuthenticationError, match="Unable to get authority configuration"):
        credential.get_token(f"{emulator.authority}/.default")
