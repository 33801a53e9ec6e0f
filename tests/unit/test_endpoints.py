"""Names that move an endpoint: which values are refused in which cloud, and that no secret is shown."""

from __future__ import annotations

import json
import shutil
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from azure.core.pipeline.transport import RequestsTransport
from pydantic import SecretStr

from connector.cli.engine.pulumi import Engine
from connector.errors import ConnectError, SettingsError
from connector.settings import Cloud, check_endpoints
from connector.settings.clouds import CLOUDS
from connector.wire.login import Authority, Identity, application_credential
from connector.wire.login_transport import LoginHttp
from tests.unit.settings_samples import GOOD, OID, PROJECT

HOST, TENANT = CLOUDS[Cloud.PUBLIC].login, str(GOOD["tenantId"])

MSI = {"ARM_USE_MSI": "true"}
MOVED = [
    (Cloud.PUBLIC, {"ARM_METADATA_HOSTNAME": "localhost:8443"}),
    (Cloud.PUBLIC, {"ARM_METADATA_HOSTNAME": "management.azure.com"}),
    (Cloud.PUBLIC, {"AZURE_AUTHORITY_HOST": "https://localhost:8443"}),
    (Cloud.PUBLIC, {"AZURE_AUTHORITY_HOST": "http://login.microsoftonline.com"}),
    (Cloud.PUBLIC, {"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com@evil.example"}),
    (Cloud.CHINA, {"AZURE_AUTHORITY_HOST": "login.microsoftonline.com"}),
    (Cloud.PUBLIC, {"AZURE_REGIONAL_AUTHORITY_NAME": "westeurope"}),
    (Cloud.PUBLIC, {"MSAL_FORCE_REGION": "westeurope"}),
    (Cloud.PUBLIC, {"ARM_ENVIRONMENT": "china"}),
    (Cloud.USGOV, {"ARM_ENVIRONMENT": "dod"}),
    (Cloud.DOD, {"ARM_ENVIRONMENT": "usgovernment"}),
    (Cloud.EMULATOR, {"ARM_METADATA_HOSTNAME": "evil.example"}),
    (Cloud.EMULATOR, {"ARM_METADATA_HOSTNAME": "evil.example/@localhost"}),
    (Cloud.EMULATOR, {"ARM_METADATA_HOSTNAME": "localhost/elsewhere"}),
    (Cloud.EMULATOR, {"ARM_METADATA_HOSTNAME": "[bad"}),
    (Cloud.EMULATOR, {"ARM_METADATA_HOSTNAME": ""}),
    (Cloud.PUBLIC, {"ARM_MSI_ENDPOINT": "http://evil.example/token", **MSI}),
    (Cloud.PUBLIC, {"IDENTITY_ENDPOINT": "http://evil.example/token", **MSI}),
    (Cloud.PUBLIC, {"MSI_ENDPOINT": "http://10.0.0.1/token", **MSI}),
    (Cloud.PUBLIC, {"IMDS_ENDPOINT": "http://evil.example", **MSI}),
    (Cloud.PUBLIC, {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://evil.example", **MSI}),
]
FINE = [
    (Cloud.PUBLIC, {}),
    (Cloud.PUBLIC, {"ARM_METADATA_HOSTNAME": ""}),
    (Cloud.PUBLIC, {"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/"}),
    (Cloud.PUBLIC, {"AZURE_AUTHORITY_HOST": "login.microsoftonline.com"}),
    (Cloud.USGOV, {"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us"}),
    (Cloud.CHINA, {"AZURE_AUTHORITY_HOST": "https://login.partner.microsoftonline.cn"}),
    (Cloud.PUBLIC, {"ARM_ENVIRONMENT": "Global"}),
    (Cloud.DOD, {"ARM_ENVIRONMENT": "usgovernmentl5"}),
    (Cloud.CHINA, {"ARM_ENVIRONMENT": "china"}),
    (Cloud.PUBLIC, {"IDENTITY_ENDPOINT": "http://evil.example/token"}),
    (Cloud.PUBLIC, {"IDENTITY_ENDPOINT": "http://evil.example/token", "ARM_USE_MSI": "false"}),
    (Cloud.PUBLIC, {"IDENTITY_ENDPOINT": "http://127.0.0.1:41563/msi/token", "IDENTITY_HEADER": "h", **MSI}),
    (Cloud.PUBLIC, {"ARM_MSI_ENDPOINT": "http://169.254.169.254/metadata/identity/oauth2/token", **MSI}),
    (Cloud.EMULATOR, {"ARM_METADATA_HOSTNAME": "localhost:8443", "AZURE_AUTHORITY_HOST": "https://localhost"}),
    (Cloud.EMULATOR, {"ARM_METADATA_HOSTNAME": "127.0.0.1:8443"}),
]


def refused(cloud: Cloud, environ: dict[str, str], *keys: str) -> SettingsError:
    """The refusal of an environment and the keys of a configuration."""
    with pytest.raises(SettingsError) as caught:
        check_endpoints(cloud, environ, keys)
    return caught.value


@pytest.mark.parametrize(("cloud", "environ"), MOVED, ids=lambda one: str(one)[:60])
def test_a_name_that_moves_an_endpoint_is_refused(cloud: Cloud, environ: dict[str, str]) -> None:
    """By its name, with exit 2, alone in the refusal."""
    error = refused(cloud, environ)
    assert [problem.key for problem in error.problems] == [next(iter(environ))]
    assert error.code in ("environment.endpoint", "environment.metadata")
    assert error.exit_code == 2


@pytest.mark.parametrize(("cloud", "environ"), FINE, ids=lambda one: str(one)[:60])
def test_a_name_that_moves_nothing_may_stand(cloud: Cloud, environ: dict[str, str]) -> None:
    """The cloud's own hosts and names, and what nothing reads."""
    check_endpoints(cloud, environ)


def test_all_names_are_in_one_refusal_and_no_secret_is() -> None:
    """Variables and keys together; of an address the host alone is shown, of anything odd nothing."""
    environ = {
        "ARM_METADATA_HOSTNAME": "someone:Planted1@evil.example:8443/Planted2?key=Planted3",
        "AZURE_AUTHORITY_HOST": "Planted~4",
        "MSAL_FORCE_REGION": "[Planted5",
    }
    error = refused(Cloud.PUBLIC, environ, "azuread:clientSecret", "dynamics-connect:cloud", "aws:region")
    assert {problem.key for problem in error.problems} == {*environ, "azuread:clientSecret"}
    assert "'evil.example:8443'" in error.message
    assert "Planted" not in error.message
    assert error.message.startswith("4 problems in the stack's file and the environment:")


@pytest.mark.parametrize(
    ("key", "instead"),
    [
        ("azuread:clientId", "ARM_CLIENT_ID"),
        ("azuread:clientSecret", "ARM_CLIENT_SECRET"),
        ("azuread:config:tenantId", "dynamics-connect:tenantId"),
        ("azuread:environment", "dynamics-connect:cloud"),
        ("azuread:metadataHost", "ARM_METADATA_HOSTNAME"),
        ("azuread:partnerId", "Take it out"),
    ],
)
@pytest.mark.parametrize("cloud", [Cloud.PUBLIC, Cloud.EMULATOR])
def test_a_key_of_the_provider_is_refused_with_the_name_to_use(key: str, instead: str, cloud: Cloud) -> None:
    """The program configures the provider, so such a key would be accepted and do nothing."""
    environ = {"ARM_METADATA_HOSTNAME": "localhost:8443"} if cloud is Cloud.EMULATOR else {}
    (problem,) = refused(cloud, environ, key).problems
    assert (problem.rule, problem.key) == ("settings.provider_key", key)
    assert instead in problem.message


def test_a_verb_refuses_before_it_asks_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would log in to a state on Azure by the same variables; file and environment in one refusal."""
    (tmp_path / "pulumi").write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 1\n")
    (tmp_path / "pulumi").chmod(0o755)
    shutil.copy2(PROJECT / "Pulumi.yaml", tmp_path)
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {azuread:clientId: x, cloud: public}\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://localhost:8443")
    with pytest.raises(SettingsError) as caught:
        Engine("dev", folder=tmp_path).settings()
    assert [problem.key for problem in caught.value.problems] == ["azuread:clientId", "AZURE_AUTHORITY_HOST"]
    assert not (tmp_path / "asked").exists()


class _Elsewhere(requests.adapters.BaseAdapter):
    """A login service that describes itself, and answers every POST with a redirect to another host."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:  # type: ignore[override]
        self.asked.append(f"{request.method} {urlsplit(request.url or '').netloc}")
        base = f"{HOST}/{TENANT}"
        document = {
            "issuer": f"{base}/v2.0",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        }
        answer = requests.Response()
        answer.request, answer.url = request, request.url or ""
        answer.status_code = 200 if request.method == "GET" else 307
        answer.headers["Location"] = "https://evil.example/token"
        answer.headers["Content-Type"] = "application/json"
        body = BytesIO(json.dumps(document if request.method == "GET" else {}).encode())
        answer.raw = urllib3.HTTPResponse(body, preload_content=False)
        return answer

    def close(self) -> None:
        """Nothing is open."""


async def test_azure_identity_follows_no_redirect() -> None:
    """A 307 would take the secret along in the body; the login fails in words instead."""
    service = _Elsewhere()
    with requests.Session() as http:
        http.mount("https://", service)
        transport = RequestsTransport(session=http, session_owner=False)
        authority = Authority(HOST, TENANT, transport=transport)
        identity = Identity("me", lambda: application_credential(OID, SecretStr("s~s"), authority))
        with pytest.raises(ConnectError):
            await identity.token(f"{HOST}/.default")
    assert set(service.asked) == {"GET login.microsoftonline.com", "POST login.microsoftonline.com"}


def test_the_sign_in_follows_no_redirect() -> None:
    """What posts code and secret hands the redirect back as it came."""
    service = _Elsewhere()
    with LoginHttp() as http:
        http.mount("https://", service)
        answer = http.post(f"{HOST}/token", data={"client_secret": "s~s"})
        assert answer.status_code == 307
        assert http.get(f"{HOST}/x").status_code == 200
    assert service.asked == ["POST login.microsoftonline.com", "GET login.microsoftonline.com"]
