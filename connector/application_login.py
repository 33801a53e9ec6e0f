"""How the proof logs in as the application: with what the SaaS will log in with.

The secret is the stack's own. Of a certificate the stack knows the public half alone, and of a
federated login nothing but whose tokens count: whoever proves those brings key or token along, in
a file that a variable names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from azure.core.credentials import TokenCredential
from azure.identity import CertificateCredential, ClientAssertionCredential
from cryptography import x509

from connector.errors import LoginError
from connector.identity import Authority, application_credential
from connector.settings import CredentialKind, Settings
from connector.settings.certificates import thumbprint_of
from connector.stack_outputs import StackOutputs

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
