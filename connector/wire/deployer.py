"""Who deploys: the identity that the environment describes, in ARM_* or AZURE_* variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

from connector.errors import LoginError, Problem, SettingsError
from connector.wire.pipeline_tokens import TokenRequest, read_request, uses_oidc

_TWINS = (
    ("TENANT_ID", "AZURE_TENANT_ID"),
    ("CLIENT_ID", "AZURE_CLIENT_ID"),
    ("CLIENT_SECRET", "AZURE_CLIENT_SECRET"),
    ("CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"),
    ("CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    ("OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"),
    ("OIDC_TOKEN", ""),
)


class LoginKind(StrEnum):
    """How the deployer proves who it is."""

    SECRET = "secret"  # noqa: S105 - the word, not one
    CERTIFICATE = "certificate"
    FEDERATED_FILE = "federated token file"
    FEDERATED_TOKEN = "federated token"  # noqa: S105 - the word, not one
    PIPELINE = "a token of the pipeline's job"
    CLI = "Azure CLI"


@dataclass(frozen=True)
class Deployer:
    """The identity that the environment describes; `proof` is the secret, path or token.

    With PIPELINE `proof` is the job's own token, and `request` says where to ask with it.
    """

    kind: LoginKind
    client_id: str | None
    proof: SecretStr
    password: SecretStr | None = None
    request: TokenRequest | None = None

    def __str__(self) -> str:
        name = self.client_id or "the person logged in"
        return f"the deployer ({name}, by {self.kind.value})"


def read_deployer(environ: Mapping[str, str], tenant_id: str) -> Deployer:
    """The deployer of the environment.

    Raises SettingsError when ARM_* and AZURE_* disagree or name another tenant than the stack's,
    and LoginError when nothing describes a login, or a client id names an identity without a proof.
    """
    values = _values(environ)
    _check_tenant(values.get("TENANT_ID"), tenant_id)
    client_id = values.get("CLIENT_ID")
    for name, kind in _KINDS:
        if client_id and values.get(name):
            password = values.get("CLIENT_CERTIFICATE_PASSWORD")
            covered = SecretStr(password) if password else None
            return Deployer(kind, client_id, SecretStr(values[name]), covered)
    if uses_oidc(environ):
        return _of_a_pipeline(environ, client_id)
    if client_id and not environ.get("ARM_USE_CLI"):
        raise _without_proof("ARM_CLIENT_ID" if environ.get("ARM_CLIENT_ID") else "AZURE_CLIENT_ID")
    if environ.get("ARM_USE_CLI", "true").lower() in ("false", "0"):
        message = (
            "no login is set: give ARM_CLIENT_ID with ARM_CLIENT_SECRET, "
            "ARM_CLIENT_CERTIFICATE_PATH, ARM_OIDC_TOKEN or ARM_USE_OIDC=true, or let ARM_USE_CLI be true"
        )
        raise LoginError(message, code="environment.credential", key="ARM_CLIENT_ID")
    return Deployer(LoginKind.CLI, None, SecretStr(""))


def _without_proof(variable: str) -> LoginError:
    """An identity was named, so the person that the Azure CLI knows is not silently taken in its place.

    azure-identity, too, takes AZURE_CLIENT_ID for a service principal or a managed identity, and never
    for the person (DefaultAzureCredential, managed_identity_client_id).
    """
    message = (
        f"{variable} is set, but none of ARM_CLIENT_SECRET, ARM_CLIENT_CERTIFICATE_PATH, "
        "ARM_OIDC_TOKEN_FILE_PATH, ARM_OIDC_TOKEN and ARM_USE_OIDC=true is: set one of them, or unset "
        f"{variable} (or set ARM_USE_CLI=true) to log in with the Azure CLI"
    )
    return LoginError(message, code="environment.credential", key=variable)


def _of_a_pipeline(environ: Mapping[str, str], client_id: str | None) -> Deployer:
    if not client_id:
        message = "ARM_USE_OIDC is true, and nobody is named: set ARM_CLIENT_ID, or `login` in fleet.yaml"
        raise LoginError(message, code="environment.credential", key="ARM_CLIENT_ID")
    request = read_request(environ)
    return Deployer(LoginKind.PIPELINE, client_id, request.token, request=request)


_KINDS = (
    ("CLIENT_SECRET", LoginKind.SECRET),
    ("CLIENT_CERTIFICATE_PATH", LoginKind.CERTIFICATE),
    ("OIDC_TOKEN_FILE_PATH", LoginKind.FEDERATED_FILE),
    ("OIDC_TOKEN", LoginKind.FEDERATED_TOKEN),
)


def _values(environ: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for name, azure in _TWINS:
        arm = environ.get(f"ARM_{name}", "")
        other = environ.get(azure, "") if azure else ""
        if arm and other and arm.lower() != other.lower():
            message = f"differs from {azure}; unset one of the two, or give both the same value"
            problems.append(Problem("environment.credential", f"ARM_{name}", "", message))
        values[name] = arm or other
    if problems:
        raise SettingsError(problems, where="the environment")
    return values


def provider_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the azuread provider has to be told besides: it reads ARM_* and knows no AZURE_*.

    Without it, a login of AZURE_* names would be one identity for our own requests and another (the
    person at the Azure CLI) for the provider's.
    """
    twins = ((f"ARM_{name}", environ.get(azure, "")) for name, azure in _TWINS if azure)
    added = {name: value for name, value in twins if value and not environ.get(name)}
    if "ARM_OIDC_TOKEN_FILE_PATH" in added and not _has_own_proof({**environ, **added}):
        added["ARM_USE_OIDC"] = environ.get("ARM_USE_OIDC") or "true"
    return added


def _has_own_proof(environ: Mapping[str, str]) -> bool:
    """Whether a secret or a certificate comes before a federated token, as it does in read_deployer."""
    return bool(environ.get("ARM_CLIENT_SECRET") or environ.get("ARM_CLIENT_CERTIFICATE_PATH"))


def check_tenant(environ: Mapping[str, str], tenant_id: str) -> None:
    """Refuse to work with a login to another tenant than the stack's (SettingsError)."""
    for name in ("ARM_TENANT_ID", "AZURE_TENANT_ID"):
        _check_tenant(environ.get(name), tenant_id)


def _check_tenant(named: str | None, tenant_id: str) -> None:
    if named and named.lower() != tenant_id.lower():
        message = f"the stack's tenant is {tenant_id}; log in to that one, or correct tenantId"
        problem = Problem("environment.tenant", "ARM_TENANT_ID", repr(named), message)
        raise SettingsError([problem], where="the environment")
