"""The token endpoint: client credentials in, an RS256 access token out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from emulator.context import Call, Context, Reply
from emulator.graph.catalogue import DYNAMICS_APP_ID, GRAPH_APP_ID
from emulator.login.credentials import check_client
from emulator.login.discovery import issuer
from emulator.login.errors import (
    ApplicationDisabled,
    InvalidScope,
    MissingParameter,
    ResourceDisabled,
    ResourceNotFound,
    UnsupportedGrantType,
)
from emulator.login.policies import check_policies
from emulator.login.redemption import redeem
from emulator.login.sign_ins import note_sign_in
from emulator.login.tenants import client_of, organization_of, required_tenant, tenant_of_sign_in
from emulator.seed.names import LEAK_MARKER
from emulator.store import Document

LIFETIME = 3599


def token(call: Call) -> Reply:
    """POST /{tenant}/oauth2/v2.0/token (entra docs, identity-platform/v2-oauth2-client-creds-grant-flow)."""
    form = dict(parse_qsl(call.raw.decode("utf-8", "replace"), keep_blank_values=True))
    call.client_id = form.get("client_id", "")
    if form.get("grant_type") == "authorization_code":
        call.scope = tenant_of_sign_in(call, call.client_id)
        return redeem(call, form)
    tenant = call.scope = required_tenant(call)
    resource = _resource(form)
    principal, home, application = client_of(call.store, tenant, form["client_id"])
    proof = check_client(call.ctx, home, application, form)
    if not principal["accountEnabled"]:
        raise ApplicationDisabled(principal["appId"], principal["displayName"])
    check_policies(call.ctx.store, tenant, principal["appId"])
    roles = _roles_on(call.ctx, tenant, resource, principal)
    claims = _claims(call.ctx, tenant, resource, principal, roles) | {"appidacr": proof.method}
    note_sign_in(call, application, principal, proof.key_id, resource)
    return Reply(
        body={
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": call.ctx.key.sign(claims),
        },
        headers={"Cache-Control": "no-store", "Pragma": "no-cache", "x-ms-request-id": str(uuid.uuid4())},
    )


def _resource(form: Mapping[str, str]) -> str:
    """Return the resource that the scope names. Raises the refusals of a malformed request."""
    for name in ("grant_type", "client_id"):
        if not form.get(name):
            raise MissingParameter(name)
    if form["grant_type"] != "client_credentials":
        raise UnsupportedGrantType(form["grant_type"])
    if not form.get("scope"):
        raise MissingParameter("scope")
    scopes = form["scope"].split()
    if len(scopes) != 1 or not scopes[0].endswith("/.default"):
        raise InvalidScope(form["scope"])
    return scopes[0].removesuffix("/.default")


def _roles_on(ctx: Context, tenant: str, resource: str, principal: Document) -> list[str] | None:
    """Return the app roles that the client holds on Graph; None for Dataverse, which has none.

    An organization is a resource of its own tenant only. Raises ResourceNotFound, ResourceDisabled.
    """
    organization = organization_of(ctx, resource)
    if organization is not None and organization["tenant"] == tenant:
        _resource_principal(ctx, tenant, DYNAMICS_APP_ID, resource)
        return None
    if resource.rstrip("/") != ctx.graph:
        raise ResourceNotFound(resource, tenant)
    graph = _resource_principal(ctx, tenant, GRAPH_APP_ID, resource)
    names = {role["id"]: role.get("value") for role in graph["appRoles"]}
    held = ctx.store.find(tenant, "appRoleAssignments", principalId=principal["id"], resourceId=graph["id"])
    return sorted(names[row["appRoleId"]] for row in held if row["appRoleId"] in names)


def _resource_principal(ctx: Context, tenant: str, app_id: str, resource: str) -> Document:
    found = ctx.store.find(tenant, "servicePrincipals", appId=app_id)
    if not found:
        raise ResourceNotFound(resource, tenant)
    if not found[0]["accountEnabled"]:
        raise ResourceDisabled(resource)
    return found[0]


def _claims(
    ctx: Context, tenant: str, resource: str, principal: Document, roles: list[str] | None
) -> dict[str, Any]:
    now = int(ctx.now())
    claims: dict[str, Any] = {
        "aud": resource,
        "iss": issuer(ctx, tenant),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "appid": principal["appId"],
        "azp": principal["appId"],
        "app_displayname": principal["displayName"],
        "idtyp": "app",
        "oid": principal["id"],
        "sub": principal["id"],
        "tid": tenant,
        "uti": uuid.uuid4().hex,
        "ver": "2.0",
        "marker": LEAK_MARKER,
    }
    return claims if roles is None else claims | {"roles": roles}
