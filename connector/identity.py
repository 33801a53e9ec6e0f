"""Tokens: azure-identity's credentials, called in a thread, their refusals explained."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.identity import (
    AzureCliCredential,
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    CredentialUnavailableError,
    WorkloadIdentityCredential,
)
from pydantic import SecretStr

from connector.deployer import Deployer, LoginKind
from connector.errors import ConnectError, LoginError, UnreachableError
from connector.explain import login_code, login_message, redact
from connector.id_tokens import fetch_token

_REASON_LIMIT = 200
# The library's own log repeats every refusal on stderr; ours says it once, explained.
logging.getLogger("azure").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Authority:
    """The login service of a stack's cloud.

    `emulated` turns off instance discovery (which asks Microsoft) and proxies, for loopback alone.
    `ca_file` is the certificate bundle to trust instead of the usual one, `hooks` are
    azure-core's, called around each request. `transport` is azure-core's too, where the credentials
    of many tenants share one; its owner closes it and says what it trusts.
    """

    host: str
    tenant_id: str
    emulated: bool = False
    ca_file: str | None = None
    hooks: Mapping[str, Any] = field(default_factory=dict)
    transport: Any = None

    def options(self) -> dict[str, Any]:
        """Keyword arguments for every azure-identity credential."""
        options: dict[str, Any] = {
            "authority": self.host,
            # Instance discovery asks, for each tenant anew, whether the host is Microsoft's; the hosts of
            # the clouds are constants here (settings/clouds.py), so that many tenants can do without.
            "disable_instance_discovery": self.emulated or self.transport is not None,
            "use_env_settings": not self.emulated,
            "retry_total": 2,
            # azure-identity's pipelines hold no RedirectPolicy today; were one added, it would follow with
            # the secret in the body.
            "permit_redirects": False,
            **self.hooks,
        }
        if self.transport is not None:
            options["transport"] = self.transport
        elif self.ca_file:
            options["connection_verify"] = self.ca_file
        return options


def deployer_credential(deployer: Deployer, authority: Authority) -> TokenCredential:
    """azure-identity's credential for what the environment describes."""
    tenant, proof = authority.tenant_id, deployer.proof.get_secret_value()
    options = authority.options()
    client_id = deployer.client_id or ""
    if deployer.kind is LoginKind.SECRET:
        return ClientSecretCredential(tenant, client_id, proof, **options)
    if deployer.kind is LoginKind.CERTIFICATE:
        password = deployer.password.get_secret_value() if deployer.password else None
        return CertificateCredential(tenant, client_id, proof, password=password, **options)
    if deployer.kind is LoginKind.FEDERATED_FILE:
        return WorkloadIdentityCredential(
            tenant_id=tenant, client_id=client_id, token_file_path=proof, **options
        )
    if deployer.kind is LoginKind.FEDERATED_TOKEN:
        return ClientAssertionCredential(tenant, client_id, lambda: proof, **options)
    if deployer.request is not None:
        request = deployer.request
        return ClientAssertionCredential(
            tenant, client_id, lambda: fetch_token(request, options), **options
        )
    return AzureCliCredential(tenant_id=tenant)


def application_credential(client_id: str, secret: SecretStr, authority: Authority) -> TokenCredential:
    """The credential of the application itself: its own client secret."""
    value = secret.get_secret_value()
    return ClientSecretCredential(authority.tenant_id, client_id, value, **authority.options())


class Identity:
    """Someone who can get tokens; each scope is asked for once, however many wait for it.

    Raises LoginError (with the service's code in `key`) or UnreachableError.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], TokenCredential],
        *,
        client_id: str | None = None,
        secrets: tuple[str, ...] = (),
        on_token: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.client_id = client_id
        self._make = make
        self._credential: TokenCredential | None = None
        self._secrets = secrets
        self._on_token = on_token
        self._locks: dict[str, asyncio.Lock] = {}
        self._tokens: dict[str, str] = {}
        self._refusals: dict[str, ConnectError] = {}

    async def token(self, scope: str) -> str:
        """A token for the scope, such as `https://HOST/.default`."""
        # A lock for each scope: who has the token of one must not wait for another's login.
        async with self._locks.setdefault(scope, asyncio.Lock()):
            if scope in self._refusals:
                raise self._refusals[scope]
            if scope not in self._tokens:
                self._on_token()
                try:
                    self._tokens[scope] = await asyncio.to_thread(self._get, scope)
                except ConnectError as error:
                    self._refusals[scope] = error
                    raise
            return self._tokens[scope]

    def forget(self) -> None:
        """Drop tokens and credential, so that the next try asks the login service again."""
        self._tokens.clear()
        self._refusals.clear()
        self._credential = None

    def _get(self, scope: str) -> str:
        try:
            if self._credential is None:
                self._credential = self._make()
            return self._credential.get_token(scope).token
        except (AzureError, ValueError) as error:
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> LoginError | UnreachableError:
        text = str(error)
        if not login_code(text) and _never_answered(error):
            reason = redact(text, self._secrets)[:_REASON_LIMIT]
            message = f"the login service did not answer {self.name}: {reason}"
            return UnreachableError(message, code="host.unreachable", key="login")
        if isinstance(error, CredentialUnavailableError):
            text = text.splitlines()[0]
        message = login_message(text, who=self.name, secrets=self._secrets)
        return LoginError(message, code="login.refused", key=login_code(text) or None)


def _never_answered(error: BaseException | None) -> bool:
    """Whether a connection that failed is behind an error, however it was wrapped."""
    while error is not None:
        if isinstance(error, (ServiceRequestError, ServiceResponseError)):
            return True
        error = error.__cause__ or error.__context__
    return False
