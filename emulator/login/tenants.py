"""Which tenant a path means, and which organization a resource URL means."""

from __future__ import annotations

import json

from emulator.context import Call, Context
from emulator.login.errors import (
    MissingServicePrincipal,
    NoTenantInRequest,
    TenantNotFound,
    UnknownApplication,
)
from emulator.login.sign_in_errors import SingleTenantOnCommon
from emulator.store import Document, Store

TENANTLESS = frozenset({"common", "organizations", "consumers"})


def tenant_id(store: Store, name: str) -> str | None:
    """Return the id of the tenant with this id or verified domain, or None."""
    if store.get(name.lower(), "tenants", name):
        return name.lower()
    for row in store.db.execute("SELECT scope, body FROM objects WHERE kind='tenants'"):
        domains = [domain["name"] for domain in json.loads(row["body"])["verifiedDomains"]]
        if name.lower() in domains:
            return str(row["scope"])
    return None


def required_tenant(call: Call) -> str:
    """Return the id of the tenant in the path. Raises NoTenantInRequest, TenantNotFound."""
    asked = call.params["tenant"]
    if asked in TENANTLESS:
        raise NoTenantInRequest
    found = tenant_id(call.store, asked)
    if found is None:
        raise TenantNotFound(asked)
    return found


def tenant_of_sign_in(call: Call, client_id: str) -> str:
    """The tenant of a person's sign-in; at /common and /organizations the application's own.

    Raises SingleTenantOnCommon (entra docs, reference-error-codes), and as `required_tenant`.
    """
    if call.params["tenant"] not in ("common", "organizations"):
        return required_tenant(call)
    rows = call.store.db.execute("SELECT DISTINCT scope FROM objects WHERE kind='applications'").fetchall()
    for (tenant,) in rows:
        for application in call.store.find(tenant, "applications", appId=client_id.lower()):
            if application["signInAudience"] == "AzureADMyOrg":
                raise SingleTenantOnCommon(application["appId"], application["displayName"])
            return str(tenant)
    raise UnknownApplication(client_id, call.params["tenant"])


def client_of(store: Store, tenant: str, client_id: str) -> tuple[Document, str, Document]:
    """Return the client's service principal here, its home tenant, and its application there.

    Raises UnknownApplication, MissingServicePrincipal.
    """
    principals = store.find(tenant, "servicePrincipals", appId=client_id.lower())
    home = principals[0]["appOwnerOrganizationId"] if principals else tenant
    applications = store.find(home, "applications", appId=client_id.lower())
    if not applications:
        raise UnknownApplication(client_id, tenant)
    if not principals:
        raise MissingServicePrincipal(client_id, tenant)
    return principals[0], home, applications[0]


def organization_of(ctx: Context, resource: str) -> Document | None:
    """Return the Dataverse organization whose URL *resource* is (a trailing slash is no matter), or None."""
    wanted = resource.rstrip("/").lower()
    address = wanted.removeprefix("https://").rsplit(":", 1)[0]
    return ctx.store.organization_at(address) if ctx.organization_url(address) == wanted else None
