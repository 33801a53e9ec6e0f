"""What a client reads before it asks for a token: cloud metadata, OpenID configuration, keys, instances."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from emulator.context import LOGIN_HOST, Call, Context, Reply
from emulator.login.errors import TenantNotFound, UnknownInstance
from emulator.login.tenants import TENANTLESS, tenant_id


def metadata(call: Call) -> Reply:
    """GET /metadata/endpoints: the endpoints that the azuread provider reads (ARM metadata, 2022-09-01)."""
    ctx = call.ctx
    return Reply(
        body={
            "portal": ctx.authority,
            "authentication": {
                "loginEndpoint": ctx.authority,
                "audiences": [ctx.authority],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "graphAudience": ctx.graph,
            "graph": ctx.graph,
            "name": "AzureCloud",
            "suffixes": {},
            "resourceManager": ctx.authority,
            "microsoftGraphResourceId": ctx.graph,
        }
    )


def openid_configuration(call: Call) -> Reply:
    """GET /{tenant}[/v2.0]/.well-known/openid-configuration; common keeps {tenantid} open."""
    asked = call.params["tenant"]
    if asked in TENANTLESS:
        return Reply(body=_configuration(call.ctx, asked, "{tenantid}"))
    found = tenant_id(call.store, asked)
    if found is None:
        raise TenantNotFound(asked)
    return Reply(body=_configuration(call.ctx, found, found))


def issuer(ctx: Context, tenant: str) -> str:
    """The `iss` of a tenant's tokens, the same in both versions of the configuration."""
    return f"{ctx.authority}/{tenant}/v2.0"


def _configuration(ctx: Context, path: str, tenant: str) -> dict[str, Any]:
    base = f"{ctx.authority}/{path}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer(ctx, tenant),
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "tenant_region_scope": None,
        "cloud_instance_name": f"localhost:{ctx.port}",
        "msgraph_host": f"localhost:{ctx.port}",
    }


def keys(call: Call) -> Reply:
    """GET /{tenant}/discovery/v2.0/keys: the JWKS that checks every token."""
    return Reply(body=call.ctx.key.jwks())


def instances(call: Call) -> Reply:
    """GET /common/discovery/instance: which authorities this cloud knows (MSAL's authority validation).

    The asked-for authorization endpoint must be on this host. Raises UnknownInstance.
    """
    asked = urlsplit(call.query.get("authorization_endpoint", ""))
    # MSAL leaves the port out of the authorization endpoint that it asks about.
    if asked.hostname != LOGIN_HOST:
        raise UnknownInstance(asked.geturl())
    tenant = asked.path.strip("/").split("/")[0] or "common"
    host = f"{LOGIN_HOST}:{call.ctx.port}"
    authority = f"{call.ctx.authority}/{tenant}"
    aliases = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    return Reply(
        body={
            "tenant_discovery_endpoint": f"{authority}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [aliases],
        }
    )
