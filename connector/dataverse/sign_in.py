"""The proof that a person can sign in: the authorization-code flow with PKCE, then WhoAmI as that person.

MSAL makes and checks state, nonce and PKCE. What is proved is this stack's own set-up (redirect,
consent, assignment, the person's Dataverse user), not the vendor's endpoint.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msal  # type: ignore[import-untyped]  # ships no types
from azure.core.credentials import AccessToken, TokenCredential

from connector.catalogue.explain import login_code, login_message
from connector.dataverse.client import NO_USER, DataverseClient
from connector.dataverse.evidence import NO_ROLES
from connector.deadlines import GIVEN_TOKEN
from connector.errors import (
    ConnectError,
    LoginError,
    PersonNeededError,
    Problem,
    ProofFailedError,
    RefusedError,
    SettingsError,
    UnreachableError,
)
from connector.settings import CredentialKind
from connector.stack.outputs import StackOutputs
from connector.wire.login import Identity
from connector.wire.login_transport import LoginHttp
from connector.wire.loopback import RedirectListener
from connector.wire.session import Session

# MSAL would have the answer posted. It comes to loopback, and PKCE makes the code worthless to others.
warnings.filterwarnings("ignore", "response_mode='form_post' is recommended", UserWarning)
# Where this machine's clock is off, MSAL logs the claims of the person's token, and goes on.
logging.getLogger("msal").addHandler(logging.NullHandler())

_PAGE_CODES = "AADSTS50105 (not assigned), AADSTS65001 (no consent), AADSTS50011 (redirect URI)"


@dataclass(frozen=True)
class SignedIn:
    """Who signed in, and which user of the organization that is."""

    name: str
    principal_name: str
    user_id: str

    def to_json(self) -> dict[str, str]:
        """The `signedIn` object of the verb's JSON."""
        return {"name": self.name, "principalName": self.principal_name, "userId": self.user_id}


async def prove_sign_in(
    outputs: StackOutputs, session: Session, open_page: Callable[[str], None], *, seconds: float
) -> SignedIn:
    """Let a person sign in within *seconds*; *open_page* shows them the address.

    Raises SettingsError without the setting, PersonNeededError when nobody came back, LoginError and
    ProofFailedError for what was refused, each with its cause.
    """
    _check_possible(session)
    client = await asyncio.to_thread(_client, outputs, session)
    listener = RedirectListener()
    try:
        scope = f"{session.settings.dynamics_url}/user_impersonation"
        flow = client.initiate_auth_code_flow([scope], redirect_uri=listener.redirect_uri)
        open_page(str(flow["auth_uri"]))
        answer = await asyncio.to_thread(listener.wait, seconds, state=str(flow["state"]))
    finally:
        listener.close()
    if answer is None:
        raise _nobody(seconds)
    tokens = await asyncio.to_thread(_redeem, client, flow, answer, session)
    return await _who_am_i(session, tokens)


def _check_possible(session: Session) -> None:
    settings = session.settings
    if not settings.sign_in:
        message = "must be true for verify --sign-in: the application then carries a localhost redirect URI"
        problem = Problem("settings.sign_in", "signIn", "False", f"{message}; set it and deploy")
        raise SettingsError([problem], where=f"the settings of stack {settings.stack}")
    if settings.profile.credential is not CredentialKind.SECRET:
        message = f"profile {settings.profile.name} logs in without a secret; nobody signs in through it"
        raise PersonNeededError(message, code="signin.no_secret", key=settings.profile.name)


def _client(outputs: StackOutputs, session: Session) -> Any:
    """MSAL's client, which reads the tenant's OpenID configuration. Raises UnreachableError."""
    authority = session.authority
    http = LoginHttp(direct=authority.emulated)  # as for every other request: loopback goes by no proxy
    http.verify = authority.ca_file or True
    try:
        return msal.ConfidentialClientApplication(
            outputs.client_id,
            client_credential=outputs.client_secret.get_secret_value(),
            authority=f"{authority.host}/{authority.tenant_id}",
            instance_discovery=not authority.emulated,
            http_client=http,
        )
    except (OSError, ValueError, msal.exceptions.MsalError) as error:
        raise _unanswered(error, session) from None


def _unanswered(error: Exception, session: Session) -> UnreachableError:
    """MSAL's client has no errors of its own: what `requests` and `json` raise comes through it."""
    host = urlsplit(session.authority.host).netloc or session.authority.host
    message = (
        f"the login service {host} did not answer as it should ({type(error).__name__}), and nobody "
        "is signed in; check the network, and run verify --sign-in again"
    )
    return UnreachableError(message, code="host.unreachable", key=host)


def _nobody(seconds: float) -> PersonNeededError:
    message = (
        f"nobody came back from the sign-in page within {seconds:.0f} s. When the page showed an error, "
        f"look its code up with `explain CODE`: {_PAGE_CODES}"
    )
    return PersonNeededError(message, code="signin.timeout", key="--timeout")


def _redeem(client: Any, flow: dict[str, Any], answer: dict[str, str], session: Session) -> dict[str, Any]:
    try:
        tokens: dict[str, Any] = client.acquire_token_by_auth_code_flow(flow, answer)
    except (OSError, json.JSONDecodeError, msal.exceptions.MsalError) as error:
        raise _unanswered(error, session) from None
    except (ValueError, RuntimeError) as error:
        # MSAL's checks of state and nonce; its words name neither code nor token.
        reason = str(error).splitlines()[0][:120]
        message = f"the answer does not belong to this sign-in ({reason}); begin again"
        raise ProofFailedError(message, code="signin.answer", key="state") from None
    if "error" in tokens:
        text = f"{tokens['error']}: {tokens.get('error_description', '')}"
        message = login_message(text, who="the person")
        raise LoginError(message, code="signin.refused", key=login_code(text) or None)
    return tokens


async def _who_am_i(session: Session, tokens: dict[str, Any]) -> SignedIn:
    claims = tokens.get("id_token_claims", {})
    name = str(claims.get("preferred_username", "the person"))
    identity = Identity(name, lambda: _Given(str(tokens["access_token"])), secrets=(tokens["access_token"],))
    try:
        answer = await DataverseClient(session, identity).get("WhoAmI")
    except RefusedError as error:
        raise _explained(error, name, session.settings.dynamics_host) from error
    return SignedIn(str(claims.get("name", name)), name, str(answer["UserId"]))


def _explained(error: RefusedError, name: str, host: str) -> ConnectError:
    if error.service_code == NO_USER:
        message = f"{name} signed in and is no user of {host}: add them to the environment"
        return ProofFailedError(message, code="signin.no_user", key=name)
    if error.service_code == NO_ROLES:
        message = f"{name} signed in and holds no security role in {host}: give them one"
        return ProofFailedError(message, code="signin.no_role", key=name)
    return error


class _Given(TokenCredential):
    """A credential that is one token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """The token, whatever is asked for."""
        del scopes, options
        return AccessToken(self._token, int(time.time()) + GIVEN_TOKEN)
