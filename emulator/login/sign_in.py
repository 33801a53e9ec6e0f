"""Signing a person in: the authorization endpoint, and the code that it gives out.

Source: entra docs, identity-platform/v2-oauth2-auth-code-flow (state, nonce, PKCE with S256,
codes that serve once and for ten minutes), reply-url (exact match, the port of localhost ignored),
reference-error-codes for what the page shows instead of redirecting.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from emulator.context import Call, Reply
from emulator.errors import LoginError
from emulator.login.consent import missing_consent, record_consent
from emulator.login.errors import MissingParameter
from emulator.login.pages import consent_page, error_page, sign_in_page
from emulator.login.sign_in_errors import (
    ConsentMissing,
    RedirectMismatch,
    UnsupportedResponseType,
    UserNotAssigned,
)
from emulator.login.tenants import client_of, required_tenant, tenant_of_sign_in
from emulator.seed.names import LEAK_MARKER
from emulator.store import Document

CODE_SECONDS = 600
_PARAMETERS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)


def authorize(call: Call) -> Reply:
    """GET /{tenant}/oauth2/v2.0/authorize: the page on which a person is picked."""
    asked = dict(parse_qsl(call.request.url.query, keep_blank_values=True))
    tenant = tenant_of_sign_in(call, asked.get("client_id", ""))
    call.scope, call.client_id = tenant, asked.get("client_id", "")
    principal, _ = _checked(call, asked)
    users = call.store.all(tenant, "users")
    return _html(sign_in_page(principal["displayName"], users, _kept(asked), f"/{tenant}/login"))


def submit(call: Call) -> Reply:
    """POST /{tenant}/login: the person picked, and consent if it was asked for; back to the application."""
    form = dict(parse_qsl(call.raw.decode("utf-8", "replace"), keep_blank_values=True))
    tenant = required_tenant(call)
    call.scope, call.client_id = tenant, form.get("client_id", "")
    principal, platform = _checked(call, form)
    user = call.store.get(tenant, "users", form.get("user", ""))
    if user is None:
        raise MissingParameter("user")
    _check_assignment(call, principal, user)
    missing = missing_consent(call, principal, user, form["scope"])
    if missing and form.get("consent") != "accepted":
        if principal["appRoleAssignmentRequired"]:
            # User consent is off where assignment is required; only an administrator's counts.
            raise ConsentMissing(principal["appId"], principal["displayName"])
        hidden = _kept(form) | {"user": user["id"]}
        return _html(consent_page(principal["displayName"], missing, hidden, f"/{tenant}/login"))
    if missing:
        record_consent(call, principal, user, missing)
    return _redirect(form, _new_code(call, form, user, platform))


def _checked(call: Call, asked: Mapping[str, str]) -> tuple[Document, str]:
    """The client's service principal and the platform of the redirect URI, once the request is good."""
    for name in ("client_id", "redirect_uri", "response_type", "scope"):
        if not asked.get(name):
            raise MissingParameter(name)
    if asked["response_type"] != "code":
        raise UnsupportedResponseType(asked["response_type"])
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        raise MissingParameter("code_challenge_method")
    principal, _, application = client_of(call.store, call.scope, asked["client_id"])
    for platform in ("web", "publicClient", "spa"):
        uris = (application.get(platform) or {}).get("redirectUris") or []
        if any(_same_redirect(asked["redirect_uri"], uri) for uri in uris):
            return principal, platform
    raise RedirectMismatch(asked["redirect_uri"], application["appId"])


def _same_redirect(asked: str, registered: str) -> bool:
    if asked == registered:
        return True
    one, other = urlsplit(asked), urlsplit(registered)
    local = one.hostname == other.hostname == "localhost"
    return local and (one.scheme, one.path, one.query) == (other.scheme, other.path, other.query)


def _check_assignment(call: Call, principal: Document, user: Document) -> None:
    if not principal["appRoleAssignmentRequired"]:
        return
    assigned = {
        row["principalId"]
        for row in call.store.find(call.scope, "appRoleAssignments", resourceId=principal["id"])
    }
    groups = [g["id"] for g in call.store.all(call.scope, "groups") if user["id"] in g.get("_members", [])]
    if not assigned.intersection([user["id"], *groups]):
        raise UserNotAssigned(user["userPrincipalName"], principal["appId"], principal["displayName"])


def _new_code(call: Call, form: Mapping[str, str], user: Document, platform: str) -> str:
    code = f"1.{LEAK_MARKER}.{secrets.token_urlsafe(24)}"
    document = {
        "client": form["client_id"].lower(),
        "redirect": form["redirect_uri"],
        "scope": form["scope"],
        "nonce": form.get("nonce", ""),
        "challenge": form.get("code_challenge", ""),
        "platform": platform,
        "user": user["id"],
        "ends": call.ctx.now() + CODE_SECONDS,
    }
    call.store.put(call.scope, "authorizationCodes", code_id(code), document)
    return code


def code_id(code: str) -> str:
    """Under which name a code is kept: its hash, never itself."""
    return hashlib.sha256(code.encode()).hexdigest()


def _redirect(form: Mapping[str, str], code: str) -> Reply:
    separator = "&" if urlsplit(form["redirect_uri"]).query else "?"
    back = {"code": code, "state": form.get("state", ""), "session_state": secrets.token_hex(16)}
    return Reply(302, headers={"Location": f"{form['redirect_uri']}{separator}{urlencode(back)}"})


def _kept(asked: Mapping[str, str]) -> dict[str, str]:
    return {name: asked[name] for name in _PARAMETERS if name in asked}


def _html(text: str) -> Reply:
    return Reply(body=text, media_type="text/html", headers={"Cache-Control": "no-store"})


def on_page(rule: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """Show a refusal as a page, as Entra does: before a person is known nobody is redirected."""

    def shown(call: Call) -> Reply:
        try:
            return rule(call)
        except LoginError as error:
            text = error_page(error.number, error.message)
            return Reply(error.status, text, {"Cache-Control": "no-store"}, media_type="text/html")

    return shown
