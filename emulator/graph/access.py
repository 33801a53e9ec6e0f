"""Who may call what: the token first, then its roles.

A route states its needs as sets of role names: one of each set must be in the token
(graph docs, the Permissions table of each API). Application.ReadWrite.OwnedBy counts for
`owned` routes, on objects that the caller owns.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from emulator.context import Call, Reply
from emulator.graph.errors import InvalidToken, NotAllowed

Rule = Callable[[Call], Reply]
OWNED_BY = "Application.ReadWrite.OwnedBy"


@dataclass(frozen=True)
class Needs:
    """What a route asks of the token: one role of each set, or OwnedBy where `owned`."""

    sets: tuple[frozenset[str], ...] = ()
    owned: bool = False


def needs(*sets: str, owned: bool = False) -> Needs:
    """Build a Needs from strings of role names parted by blanks."""
    return Needs(tuple(frozenset(names.split()) for names in sets), owned)


def authenticate(call: Call) -> None:
    """Read the bearer token into the call. Raises InvalidToken."""
    scheme, _, token = call.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("Access token is empty.")
    try:
        claims = call.ctx.key.read(token.strip())
    except jwt.InvalidTokenError as error:
        raise InvalidToken("Access token validation failure. Invalid access token signature.") from error
    call.client_id = str(claims.get("appid", ""))
    if str(claims.get("aud", "")).rstrip("/") != call.ctx.graph:
        raise InvalidToken("Access token validation failure. Invalid audience.")
    if float(claims.get("exp", 0)) <= call.ctx.now():
        raise InvalidToken("Lifetime validation failed, the token is expired.")
    tenant = str(claims.get("tid", ""))
    if call.store.get(tenant, "tenants", tenant) is None:
        raise InvalidToken("Access token validation failure. Invalid tenant.")
    call.scope, call.claims = tenant, claims


def roles(call: Call) -> frozenset[str]:
    """The application roles in the caller's token."""
    return frozenset(call.claims.get("roles") or ())


def owned_only(call: Call) -> bool:
    """True when OwnedBy is all that lets the caller write applications."""
    return OWNED_BY in roles(call) and "Application.ReadWrite.All" not in roles(call)


def guarded(rule: Rule, needed: Needs) -> Rule:
    """Wrap a rule: the token is read and its roles are checked before the rule runs."""

    @functools.wraps(rule)
    def checked(call: Call) -> Reply:
        authenticate(call)
        _check_roles(call, needed)
        return rule(call)

    return checked


def _check_roles(call: Call, needed: Needs) -> None:
    held = roles(call)
    if all(wanted & held for wanted in needed.sets):
        return
    if not (needed.owned and OWNED_BY in held and _owns_target(call)):
        raise NotAllowed


def _owns_target(call: Call) -> bool:
    """True when the path's object lists the caller among its owners, or the path names none (a POST)."""
    id, app_id = call.params.get("id"), call.params.get("app_id")
    if id is None and app_id is None:
        return True
    # /v1.0/applications/…, /v1.0/servicePrincipals(appId=…), /v1.0/directory/deletedItems/…
    segments = call.request.url.path.split("/")
    kind = segments[3] if segments[2] == "directory" else segments[2].partition("(")[0]
    wanted: dict[str, object] = {"id": id.lower()} if id else {"appId": str(app_id).lower()}
    found = call.store.find(call.scope, kind, **wanted)
    return any(call.claims["oid"] in document["_owners"] for document in found)
