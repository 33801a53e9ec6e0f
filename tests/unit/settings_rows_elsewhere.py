"""Rows of the bad-configuration table that are no key's: files, the environment, a verb's own check."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from connector.dataverse.sign_in import prove_sign_in
from connector.settings import Cloud, check_endpoints, check_stack_file, load_settings
from connector.stack.outputs import StackOutputs
from connector.wire.deployer import check_tenant, read_deployer
from connector.wire.network import proxy_of, tls
from connector.wire.session import Session
from tests.unit.settings_samples import GOOD, OID, PROJECT

_TENANT = str(GOOD["tenantId"])
_METADATA = "ARM_METADATA_HOSTNAME"

Refused = Callable[[Path], object]


def _file(content: str) -> Refused:
    def look(folder: Path) -> None:
        (folder / "Pulumi.dev.yaml").write_text(content, encoding="utf-8")
        check_stack_file("dev", folder)

    return look


def _login(**environ: str) -> Refused:
    return lambda _: read_deployer(environ, _TENANT)


def _endpoints(cloud: Cloud, *keys: str, **environ: str) -> Refused:
    return lambda _: check_endpoints(cloud, environ, keys)


def _never(*_: object) -> Any:
    raise AssertionError("something was asked before the settings were checked")


def _sign_in(**change: object) -> Refused:
    """`verify --sign-in`, which gets no further than the settings of its session."""

    def ask(_: Path) -> None:
        settings = load_settings(GOOD | change, stack="dev", project_dir=PROJECT)
        session = cast("Session", SimpleNamespace(settings=settings))
        asyncio.run(prove_sign_in(cast("StackOutputs", None), session, _never, seconds=0))

    return ask


ELSEWHERE: list[tuple[str, str, Refused]] = [
    ("settings.yaml", "Pulumi.dev.yaml line 2", _file("config:\n\ta: b\n")),
    ("settings.yaml", "Pulumi.dev.yaml line 2", _file("config:\n  ? [a, b]\n  : c\n")),
    ("settings.yaml", "config", _file("config: [a]\n")),
    ("settings.yaml", "config", _file("config: {3: x}\n")),
    ("settings.yaml", "cloud", _file("config: {dynamics-connect:cloud: china, cloud: public}\n")),
    ("settings.unknown_key", "dynamic-connect:cloud", _file("config: {dynamic-connect:cloud: china}\n")),
    ("settings.sign_in", "signIn", _sign_in()),
    ("settings.sign_in", "signIn", _sign_in(signIn="false")),
    ("environment.credential", "ARM_CLIENT_ID", _login(ARM_CLIENT_ID=OID, AZURE_CLIENT_ID=_TENANT)),
    ("environment.credential", "ARM_CLIENT_SECRET", _login(ARM_CLIENT_SECRET="a", AZURE_CLIENT_SECRET="b")),
    ("environment.credential", "ARM_CLIENT_ID", _login(ARM_USE_CLI="false")),
    ("environment.tenant", "ARM_TENANT_ID", _login(ARM_TENANT_ID=OID)),
    ("environment.tenant", "ARM_TENANT_ID", lambda _: check_tenant({"AZURE_TENANT_ID": OID}, _TENANT)),
    ("environment.metadata", _METADATA, _endpoints(Cloud.EMULATOR)),
    ("environment.metadata", _METADATA, _endpoints(Cloud.EMULATOR, ARM_METADATA_HOSTNAME="metadata.example")),
    ("environment.endpoint", _METADATA, _endpoints(Cloud.PUBLIC, ARM_METADATA_HOSTNAME="localhost:8443")),
    ("environment.endpoint", "ARM_ENVIRONMENT", _endpoints(Cloud.PUBLIC, ARM_ENVIRONMENT="china")),
    ("settings.provider_key", "azuread:metadataHost", _endpoints(Cloud.CHINA, "azuread:metadataHost")),
    ("settings.provider_key", "azuread:clientId", _endpoints(Cloud.PUBLIC, "azuread:clientId")),
    ("environment.certificates", "SSL_CERT_FILE", lambda _: tls({"SSL_CERT_FILE": "/nowhere/ca.pem"})),
    ("environment.certificates", "SSL_CERT_FILE", lambda _: tls({"SSL_CERT_FILE": __file__})),
    ("environment.proxy", "HTTPS_PROXY", lambda _: proxy_of({"https": "socks5://user:word@proxy:1080"})),
    ("environment.proxy", "ALL_PROXY", lambda _: proxy_of({"all": "http://proxy:word"})),
]
