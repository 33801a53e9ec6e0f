"""Who calls: the bearer token, the organization it is for, the application user it stands for."""

from __future__ import annotations

from typing import Any

import jwt

from emulator.context import Call
from emulator.dataverse.errors import NoRoles, NotAMember, Unauthorized, UserDisabled
from emulator.store import Document

_CLOCK_SKEW = 300


def organization_of(call: Call) -> Document | None:
    """The organization that answers on the host of the request."""
    return call.store.organization_at(call.header("host").rsplit(":", 1)[0])


def authenticate(call: Call, organization: Document) -> None:
    """Check the bearer token and note its client id; 401 with the challenge otherwise.

    Source of the challenge: PowerPlatform-DataverseServiceClient, AuthorityResolver.
    """
    scheme, _, token = call.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("", headers=_challenge(call, organization, "The request carries no bearer token."))
    try:
        claims = call.ctx.key.read(token)
    except jwt.InvalidTokenError as error:
        raise Unauthorized("", headers=_challenge(call, organization, "IDX10511: bad signature.")) from error
    if reason := _fault_of(call, organization, claims):
        raise Unauthorized("", headers=_challenge(call, organization, reason))
    call.claims = claims
    call.client_id = str(claims.get("appid", ""))


def _fault_of(call: Call, organization: Document, claims: dict[str, Any]) -> str | None:
    now = call.ctx.now()
    if float(claims.get("exp", 0)) + _CLOCK_SKEW <= now:
        return "IDX10223: Lifetime validation failed. The token is expired."
    if float(claims.get("nbf", 0)) - _CLOCK_SKEW > now:
        return "IDX10222: Lifetime validation failed. The token is not yet valid."
    if str(claims.get("aud", "")).rstrip("/") != call.ctx.organization_url(organization["address"]):
        return "IDX10214: Audience validation failed."
    if claims.get("tid") != organization["tenant"]:
        return "IDX10205: Issuer validation failed."
    return None


def _challenge(call: Call, organization: Document, reason: str) -> dict[str, str]:
    authority = f"{call.ctx.authority}/{organization['tenant']}/oauth2/authorize"
    resource = f"{call.ctx.organization_url(organization['address'])}/"
    return {
        "WWW-Authenticate": f"Bearer authorization_uri={authority}, resource_id={resource}",
        "401_error_reason": reason,
    }


def user_of(call: Call, organization: Document) -> Document:
    """The live application user of the caller; refused when there is none or it is disabled."""
    users = call.store.find(organization["id"], "systemusers", deletedstate=0)
    person = call.claims.get("oid") if "scp" in call.claims else None
    for user in users:
        if _is_caller(user, person, call.client_id):
            if user["isdisabled"]:
                raise UserDisabled(
                    f"The specified user(Id = {user['systemuserid']}) is disabled. Consider enabling it."
                )
            return user
    raise NotAMember("The user is not a member of the organization.")


def _is_caller(user: Document, person: str | None, client_id: str) -> bool:
    """A token with scopes stands for a person (by object id), any other for an application."""
    application = (user.get("applicationid") or "").lower()
    if person is not None:
        return not application and user.get("azureactivedirectoryobjectid") == person
    return application == client_id.lower()


def require_roles(user: Document, roles: list[Document]) -> None:
    """Refuse a user that holds no security role, neither of its own nor through a team."""
    if not roles:
        raise NoRoles(
            f"RetrievePrivilegeForUser: The user with id {user['systemuserid']} "
            "has not been assigned any roles."
        )
