"""Tokens: azure-identity's credentials, called in a thread, their refusals explained."""

from __future__ import annotations

import asyncio
import binascii
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

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
from cryptography import x509
from pydantic import SecretStr

from connector.catalogue.explain import login_code, login_message, redact
from connector.deadlines import MORE_LOGIN_TRIES
from connector.errors import ConnectError, LoginError, UnreachableError
from connector.settings import CredentialKind, Settings
from connector.settings.certificates import thumbprint_of
from connector.stack.outputs import StackOutputs
from connector.wire.answers import bad_answer
from connector.wire.deployer import Deployer, LoginKind
from connector.wire.login_transport import LoginHttp, login_transport
from connector.wire.pipeline_tokens import fetch_token

_REASON_LIMIT = 200
E = TypeVar("E", bound=BaseException)
#: What MSAL stumbles over in an answer that no table of shapes describes, such as a token's inner parts.
_CANNOT_READ: tuple[type[Exception], ...] = (
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    binascii.Error,
    json.JSONDecodeError,
    UnicodeError,
)
_WRONG: tuple[type[Exception], ...] = (AzureError, ValueError, *_CANNOT_READ)
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
            "retry_total": MORE_LOGIN_TRIES,
            # azure-identity's pipelines hold no RedirectPolicy today; were one added, it would follow with
            # the secret in the body.
            "permit_redirects": False,
            **self.hooks,
        }
        own = self.transport or login_transport(LoginHttp(direct=self.emulated), ca_file=self.ca_file)
        return {**options, "transport": own}


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
        return ClientAssertionCredential(tenant, client_id, lambda: fetch_token(request, options), **options)
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
        host: str = "the login service",
        deploys: bool = False,
    ) -> None:
        self.name, self.deploys = name, deploys
        self.client_id = client_id
        self._make = make
        self._credential: TokenCredential | None = None
        self._secrets = secrets
        self._on_token = on_token
        self._host = host
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
        except _WRONG as error:
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> LoginError | UnreachableError:
        text = str(error)
        bad = _behind(error, UnreachableError)
        if bad is not None:
            return bad
        if _behind(error, _CANNOT_READ) is not None:
            return bad_answer(self._host, f"answered {self.name} something that cannot be read")
        if not login_code(text) and _never_answered(error):
            reason = redact(text, self._secrets)[:_REASON_LIMIT]
            message = f"the login service did not answer {self.name}: {reason}"
            return UnreachableError(message, code="host.unreachable", key="login")
        if isinstance(error, CredentialUnavailableError):
            text = text.splitlines()[0]
        message = login_message(text, who=self.name, secrets=self._secrets, deployer=self.deploys)
        return LoginError(message, code="login.refused", key=login_code(text) or None)


def _never_answered(error: Exception) -> bool:
    """Whether a connection that failed is behind an error."""
    return _behind(error, (ServiceRequestError, ServiceResponseError)) is not None


def _behind(error: BaseException | None, kinds: type[E] | tuple[type[E], ...]) -> E | None:
    """The error of a kind that is behind another, however it was wrapped."""
    while error is not None and not isinstance(error, kinds):
        error = error.__cause__ or error.__context__
    return error


#: A PEM file with certificate and private key.
KEY_VARIABLE = "CONNECT_CERTIFICATE_KEY"
#: A file with a token of the profile's issuer.
TOKEN_VARIABLE = "CONNECT_ASSERTION_FILE"  # noqa: S105 - a variable's name


def application_login(
    settings: Settings, outputs: StackOutputs, environ: Mapping[str, str], authority: Authority
) -> Callable[[], TokenCredential]:
    """What makes the application's credential when it is first needed.

    It raises LoginError (`proof.no_key`) when the file that it needs is not named or not there.
    """
    makers = {
        CredentialKind.SECRET: lambda: application_credential(
            outputs.client_id, outputs.client_secret, authority
        ),
        CredentialKind.CERTIFICATE: lambda: _by_certificate(outputs, environ, authority),
        CredentialKind.FEDERATED: lambda: _by_token(outputs, environ, authority),
    }
    return makers[settings.profile.credential]


def other_certificate(settings: Settings, outputs: StackOutputs, environ: Mapping[str, str]) -> str:
    """The thumbprint of the certificate that the proof logs in with, where it is not the one handed over.

    Empty where it is the same, where the profile has none, and for a file that cannot be told (PKCS 12).
    """
    name = environ.get(KEY_VARIABLE, "")
    if settings.profile.credential is not CredentialKind.CERTIFICATE or not name:
        return ""
    try:
        used = thumbprint_of(x509.load_pem_x509_certificate(Path(name).read_bytes()))
    except (OSError, ValueError):
        return ""
    return "" if used == outputs.client_certificate_thumbprint else used


def _by_certificate(
    outputs: StackOutputs, environ: Mapping[str, str], authority: Authority
) -> TokenCredential:
    path = _file(environ, KEY_VARIABLE, "a PEM file with its certificate and private key")
    options = authority.options()
    return CertificateCredential(authority.tenant_id, outputs.client_id, str(path), **options)


def _by_token(outputs: StackOutputs, environ: Mapping[str, str], authority: Authority) -> TokenCredential:
    path = _file(environ, TOKEN_VARIABLE, "a file with a token of the profile's issuer")
    options = authority.options()
    read = path.read_text
    return ClientAssertionCredential(
        authority.tenant_id, outputs.client_id, lambda: read(encoding="ascii").strip(), **options
    )


def _file(environ: Mapping[str, str], variable: str, what: str) -> Path:
    name = environ.get(variable, "")
    if name and Path(name).is_file():
        return Path(name)
    said = f"{variable} names {name!r}, which is no file" if name else f"{variable} is not set"
    message = f"nothing could be proved: {said}; let it name {what}, and run `verify`"
    raise LoginError(message, code="proof.no_key", key=variable)
