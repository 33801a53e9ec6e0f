"""What a person or an administrator has consented to, as a sign-in asks for it."""

from __future__ import annotations

import uuid

from emulator.context import Call
from emulator.graph.catalogue import DYNAMICS_APP_ID, GRAPH_APP_ID
from emulator.login.errors import InvalidScope, ResourceNotFound
from emulator.login.tenants import organization_of
from emulator.store import Document

_APIS = (DYNAMICS_APP_ID, GRAPH_APP_ID)
# Asked for by every library, and not refused by the emulator where only openid was granted.
_LENIENT = {"profile", "offline_access", "email"}


def resource_of(call: Call, scope: str) -> tuple[str, list[str]]:
    """The resource URL that a scope string names, and the scopes of it.

    Raises InvalidScope, ResourceNotFound.
    """
    named = [one.rpartition("/") for one in scope.split() if "://" in one]
    resources = {base for base, _, _ in named}
    if len(resources) != 1:
        raise InvalidScope(scope)
    (resource,) = resources
    organization = organization_of(call.ctx, resource)
    if organization is None or organization["tenant"] != call.scope:
        raise ResourceNotFound(resource, call.scope)
    return resource, [name for _, _, name in named]


def missing_consent(call: Call, principal: Document, user: Document, scope: str) -> list[str]:
    """The permissions asked for that neither an administrator nor this person has consented to."""
    _, names = resource_of(call, scope)
    plain = [one for one in scope.split() if "://" not in one and one not in _LENIENT]
    wanted = [(DYNAMICS_APP_ID, name) for name in names] + [(GRAPH_APP_ID, name) for name in plain]
    held = {(api, name) for api in _APIS for name in _granted(call, principal, user, api)}
    return [name for api, name in wanted if (api, name) not in held]


def _granted(call: Call, principal: Document, user: Document, api: str) -> set[str]:
    resources = call.store.find(call.scope, "servicePrincipals", appId=api)
    names: set[str] = set()
    for resource in resources:
        grants = call.store.find(
            call.scope, "oauth2PermissionGrants", clientId=principal["id"], resourceId=resource["id"]
        )
        for grant in grants:
            if grant["consentType"] == "AllPrincipals" or grant.get("principalId") == user["id"]:
                names.update(str(grant["scope"]).split())
    return names


def record_consent(call: Call, principal: Document, user: Document, names: list[str]) -> None:
    """Keep a person's own consent: one grant for each API, for this person alone."""
    for api in _APIS:
        (resource,) = call.store.find(call.scope, "servicePrincipals", appId=api)
        published = {scope["value"] for scope in resource["oauth2PermissionScopes"]}
        scope = " ".join(name for name in names if name in published)
        if scope:
            grant = {
                "id": uuid.uuid4().hex,
                "clientId": principal["id"],
                "consentType": "Principal",
                "principalId": user["id"],
                "resourceId": resource["id"],
                "scope": scope,
            }
            call.store.put(call.scope, "oauth2PermissionGrants", grant["id"], grant)
