"""A code for tokens: an access token for the resource and an ID token, on behalf of a person.

Source: entra docs, identity-platform/v2-oauth2-auth-code-flow and access-token-claims-reference.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from emulator.context import Call, Reply
from emulator.login.consent import resource_of
from emulator.login.credentials import check_client
from emulator.login.discovery import issuer
from emulator.login.errors import MissingParameter
from emulator.login.sign_in import code_id
from emulator.login.sign_in_errors import BadCode, PublicClientWithSecret
from emulator.login.sign_ins import note_sign_in
from emulator.login.tenants import client_of
from emulator.seed.names import LEAK_MARKER
from emulator.store import Document

LIFETIME = 3599


def redeem(call: Call, form: Mapping[str, str]) -> Reply:
    """POST /{tenant}/oauth2/v2.0/token with grant_type authorization_code."""
    for name in ("client_id", "code", "redirect_uri"):
        if not form.get(name):
            raise MissingParameter(name)
    principal, home, application = client_of(call.store, call.scope, form["client_id"])
    kept, key_id = _take_code(call, form), ""
    if kept["platform"] == "web":
        key_id = check_client(call.ctx, home, application, form).key_id
    elif form.get("client_secret"):
        raise PublicClientWithSecret(application["appId"])
    user = call.store.get(call.scope, "users", kept["user"]) or {}
    resource, names = resource_of(call, kept["scope"])
    note_sign_in(call, application, principal, key_id, resource)
    shared = _shared(call, principal, user)
    access = shared | {"aud": resource, "scp": " ".join(names)}
    identity = shared | {"aud": principal["appId"], "nonce": kept["nonce"]}
    return Reply(
        body={
            "token_type": "Bearer",
            "scope": kept["scope"],
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": call.ctx.key.sign(access),
            "id_token": call.ctx.key.sign(identity),
        },
        headers={"Cache-Control": "no-store", "Pragma": "no-cache"},
    )


def _take_code(call: Call, form: Mapping[str, str]) -> Document:
    """The kept facts of a code; it serves once. Raises BadCode."""
    id = code_id(form["code"])
    kept = call.store.get(call.scope, "authorizationCodes", id)
    if kept is None:
        raise BadCode(70000, "The provided authorization code is invalid or was used before.")
    call.store.delete(call.scope, "authorizationCodes", id)
    if kept["ends"] <= call.ctx.now():
        raise BadCode(70008, "The provided authorization code has expired.")
    if (kept["client"], kept["redirect"]) != (form["client_id"].lower(), form["redirect_uri"]):
        raise BadCode(70000, "The code was issued to another client or redirect URI.")
    if kept["challenge"] and not hmac.compare_digest(kept["challenge"], _s256(form.get("code_verifier", ""))):
        raise BadCode(501481, "The Code_Verifier does not match the code_challenge supplied.")
    return kept


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _shared(call: Call, principal: Document, user: Document) -> dict[str, Any]:
    now = int(call.ctx.now())
    return {
        "iss": issuer(call.ctx, call.scope),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "appid": principal["appId"],
        "azp": principal["appId"],
        "idtyp": "user",
        "name": user.get("displayName", ""),
        "preferred_username": user.get("userPrincipalName", ""),
        "upn": user.get("userPrincipalName", ""),
        "oid": user.get("id", ""),
        "sub": user.get("id", ""),
        "tid": call.scope,
        "ver": "2.0",
        "marker": LEAK_MARKER,
    }
