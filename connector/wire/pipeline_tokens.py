"""A pipeline's own tokens: asked for where the pipeline service says, with the token of the job.

GitHub Actions (docs: security/concepts/openid-connect): GET, answer `value`. Azure Pipelines
(REST API distributedtask/oidctoken): POST with a service connection, answer `oidcToken`. The
variables and their order are the azuread provider's (its docs: guides/service_principal_oidc), so
that the provider and this tool log in alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import CustomHookPolicy, RetryPolicy, UserAgentPolicy
from azure.core.rest import HttpRequest, HttpResponse
from pydantic import SecretStr

from connector.deadlines import MORE_TRIES
from connector.errors import LoginError, Problem, SettingsError, UnreachableError
from connector.settings.clouds import is_loopback

AUDIENCE = "api://AzureADTokenExchange"
_AZURE_VERSION = "7.1"
_URLS = ("ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI")
_TOKENS = ("ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN")
_CONNECTIONS = ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID")
_HELP = (
    "on GitHub the job needs `permissions: id-token: write`; on Azure Pipelines map SYSTEM_ACCESSTOKEN and "
    "SYSTEM_OIDCREQUESTURI into the step and set ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"
)


@dataclass(frozen=True)
class TokenRequest:
    """Where to ask and with what; `connection` is Azure Pipelines' service connection, empty on GitHub."""

    url: str
    token: SecretStr
    connection: str = ""


def uses_oidc(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for a federated login, as the azuread provider reads it."""
    return environ.get("ARM_USE_OIDC", "").lower() in ("true", "1")


def read_request(environ: Mapping[str, str]) -> TokenRequest:
    """Where this job gets its tokens.

    Raises LoginError when the job has none, and SettingsError for an address that is not safe.
    """
    url, token = _first(environ, _URLS), _first(environ, _TOKENS)
    if not url or not token:
        missing = "no address to ask for a token" if not url else "no token to ask with"
        message = f"ARM_USE_OIDC is true, and there is {missing}: {_HELP}"
        raise LoginError(message, code="environment.credential", key="ARM_USE_OIDC")
    _check_address(url)
    connection = _first(environ, _CONNECTIONS)
    if not connection and url == environ.get("SYSTEM_OIDCREQUESTURI"):
        message = f"is not set, and Azure Pipelines gives tokens for a service connection alone; {_HELP}"
        raise _problem(_CONNECTIONS[0], "", message)
    if connection.startswith("$(") and connection.endswith(")"):
        # Azure Pipelines leaves the name of a variable that the pipeline does not have as it stands.
        message = (
            "is the name of a variable that this pipeline does not have; give it the connection's resourceId"
        )
        raise _problem(_CONNECTIONS[0], repr(connection), message)
    return TokenRequest(url, SecretStr(token), connection)


def fetch_token(request: TokenRequest, options: Mapping[str, Any]) -> str:
    """A fresh token of this job for Entra's token exchange; good for some minutes.

    *options* are azure-core's (`connection_verify`, hooks). A busy or cut service is asked again:
    asking changes nothing. Raises LoginError for a refusal, UnreachableError for no answer.
    """
    host = urlsplit(request.url).netloc
    policies = [UserAgentPolicy(), RetryPolicy(retry_total=MORE_TRIES, retry_on_methods=["GET", "POST"])]
    hooks = CustomHookPolicy(**options)
    client: PipelineClient[HttpRequest, HttpResponse]
    client = PipelineClient("", policies=[*policies, hooks], **options)
    with client:
        try:
            answer = client.send_request(_http_request(request))
        except AzureError as error:
            reason = type(error).__name__
            message = f"{host}, which gives this job its tokens, did not answer ({reason}); run the job again"
            raise UnreachableError(message, code="host.unreachable", key=host) from None
        return _token_in(answer, host, "oidcToken" if request.connection else "value")


def _http_request(request: TokenRequest) -> HttpRequest:
    headers = {"Authorization": f"Bearer {request.token.get_secret_value()}", "Accept": "application/json"}
    if not request.connection:
        return HttpRequest("GET", _with_query(request.url, audience=AUDIENCE), headers=headers)
    asked = {"api-version": _AZURE_VERSION, "serviceConnectionId": request.connection, "audience": AUDIENCE}
    # Without this header the service answers a refusal with a redirect to a sign-in page.
    more = {"Content-Type": "application/json", "X-TFS-FedAuthRedirect": "Suppress"}
    return HttpRequest("POST", _with_query(request.url, **asked), headers=headers | more)


def _with_query(url: str, **more: str) -> str:
    """The address with parameters added; one that it has already stays."""
    parts = urlsplit(url)
    query = more | dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode(query)))


def _token_in(answer: HttpResponse, host: str, member: str) -> str:
    if answer.status_code != 200:
        message = f"{host} gives this job no token (HTTP {answer.status_code}): {_HELP}"
        raise LoginError(message, code="login.no_token", key=host)
    try:
        found = answer.json()[member]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str) or not found:
        message = f"the answer of {host} holds no token ({member}); compare its address with the service's"
        raise LoginError(message, code="login.no_token", key=host)
    return found


def _check_address(url: str) -> None:
    """The job's token goes over TLS, or stays on this machine."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise _problem(_URLS[0], repr(f"{parts.scheme}://{parts.netloc}"), "must begin with https://")


def _problem(key: str, value: str, message: str) -> SettingsError:
    return SettingsError([Problem("environment.credential", key, value, message)], where="the environment")


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")
