"""Delegated permission grants: what a client may do for a user, one grant per resource."""

from __future__ import annotations

import secrets

from emulator.context import Call, Reply
from emulator.graph.answers import entity, page
from emulator.graph.errors import BadRequest, CannotBeUpdated, PermissionEntryExists, ScopeNotPublished
from emulator.graph.kinds import GRANT
from emulator.graph.objects import by_id, declared, plain, save, target
from emulator.store import Document

_KNOWN: Document = dict.fromkeys(("id", "clientId", "consentType", "principalId", "resourceId", "scope"))
_IDENTITY = ("clientId", "resourceId", "consentType", "principalId")
# Graph docs, oauth2permissiongrant-post.
_LONGEST_SCOPE = 3850


def list_grants(call: Call) -> Reply:
    """GET /oauth2PermissionGrants."""
    return page(call, GRANT, call.store.all(call.scope, "oauth2PermissionGrants"))


def list_grants_of_client(call: Call) -> Reply:
    """GET /servicePrincipals/{id}/oauth2PermissionGrants: those in which it is the client."""
    client = target(call, "servicePrincipals")
    return page(call, GRANT, call.store.find(call.scope, "oauth2PermissionGrants", clientId=client["id"]))


def get_grant(call: Call) -> Reply:
    """GET /oauth2PermissionGrants/{id}."""
    return entity(call, GRANT, by_id(call, "oauth2PermissionGrants", call.params["id"]))


def create_grant(call: Call) -> Reply:
    """POST /oauth2PermissionGrants: 201. Raises NotFound, PermissionEntryExists, ScopeNotPublished."""
    body = declared(plain(call.json()), _KNOWN, frozenset({"id"}), frozenset())
    grant: Document = _KNOWN | body | {"id": _new_id()}
    by_id(call, "servicePrincipals", str(grant["clientId"]))
    resource = by_id(call, "servicePrincipals", str(grant["resourceId"]))
    _check_consent(call, grant)
    same = {name: grant[name] for name in _IDENTITY}
    if call.store.find(call.scope, "oauth2PermissionGrants", **same):
        raise PermissionEntryExists
    _check_scope(resource, grant["scope"])
    save(call, "oauth2PermissionGrants", grant)
    return entity(call, GRANT, grant, 201)


def _new_id() -> str:
    """An opaque id that never starts with a dash, so that it can be given on a command line."""
    return "g" + secrets.token_urlsafe(31)


def _check_consent(call: Call, grant: Document) -> None:
    if grant["consentType"] not in ("AllPrincipals", "Principal"):
        raise BadRequest(
            "Invalid value specified for property 'consentType' of resource 'OAuth2PermissionGrant'."
        )
    if (grant["consentType"] == "Principal") != (grant["principalId"] is not None):
        raise BadRequest(
            "Invalid value specified for property 'principalId' of resource 'OAuth2PermissionGrant'."
        )
    if grant["principalId"] is not None:
        by_id(call, "users", str(grant["principalId"]))


def _check_scope(resource: Document, scope: object) -> None:
    if not isinstance(scope, str) or len(scope) > _LONGEST_SCOPE:
        raise BadRequest("Invalid value specified for property 'scope' of resource 'OAuth2PermissionGrant'.")
    published = {item["value"] for item in resource["oauth2PermissionScopes"] if item.get("isEnabled")}
    for name in scope.split():
        if name not in published:
            raise ScopeNotPublished(name)


def update_grant(call: Call) -> Reply:
    """PATCH /oauth2PermissionGrants/{id}: 204; only its scope can change."""
    grant = by_id(call, "oauth2PermissionGrants", call.params["id"])
    change = declared(plain(call.json()), _KNOWN, frozenset({"id"}), frozenset())
    for name in _IDENTITY:
        # Also where the value is the grant's own, or empty, as the azuread provider sends it.
        if name in change:
            raise CannotBeUpdated(name)
    resource = by_id(call, "servicePrincipals", grant["resourceId"])
    _check_scope(resource, change.get("scope", grant["scope"]))
    save(call, "oauth2PermissionGrants", grant | change)
    return Reply(204)


def delete_grant(call: Call) -> Reply:
    """DELETE /oauth2PermissionGrants/{id}: 204."""
    grant = by_id(call, "oauth2PermissionGrants", call.params["id"])
    call.store.delete(call.scope, "oauth2PermissionGrants", grant["id"])
    return Reply(204)
