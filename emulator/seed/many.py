"""Many tenants: each with an organization on a loopback address of its own, and one secret for all deployers.

For fleets. Tenant N (from 1) has the id 7e000000-0000-4000-8000-NNNNNNNNNNNN, its organization
0e000000-0000-4000-8000-NNNNNNNNNNNN, its deployer the client id uuid5(tenant id, "deployer"), and
DEPLOYER_SECRET opens them all, as a multi-tenant application's would.
"""

from __future__ import annotations

from typing import Any

from emulator.seed.directory import deployers, seed_tenant
from emulator.seed.names import DEPLOYER_SECRET, Organization, Tenant
from emulator.seed.organization import seed_organization
from emulator.store import Store

MOST = 5000
_PER_NET = 250


def seed_many(store: Store, count: int) -> None:
    """Add the tenants that are not there yet. Raises ValueError for a number out of range."""
    if not 0 <= count <= MOST:
        raise ValueError(f"--tenants {count}: 0 to {MOST}")
    for number in range(1, count + 1):
        tenant = tenant_of(number)
        if not store.get(tenant.id, "tenants", tenant.id):
            seed_tenant(store, tenant)
            seed_organization(store, organization_of(number))


def tenant_of(number: int) -> Tenant:
    """The tenant of that number."""
    return Tenant(f"7e000000-0000-4000-8000-{number:012d}", f"tenant-{number:04d}", DEPLOYER_SECRET)


def organization_of(number: int) -> Organization:
    """Its organization: 127.1.0.1 to 127.1.0.250, then 127.1.1.1 and on."""
    net, host = divmod(number - 1, _PER_NET)
    tenant = tenant_of(number)
    return Organization(
        f"0e000000-0000-4000-8000-{number:012d}", tenant.id, tenant.name, f"127.1.{net}.{host + 1}"
    )


def listed(store: Store, port: int) -> list[dict[str, Any]]:
    """Every organization with its tenant and first deployer, in the order of their making."""
    rows = []
    for scope in store.scopes("organizations"):
        for organization in store.all(scope, "organizations"):
            tenant = store.get(organization["tenant"], "tenants", organization["tenant"]) or {}
            named = Tenant(organization["tenant"], str(tenant.get("displayName", "")))
            rows.append(
                {
                    "tenantId": named.id,
                    "tenant": named.name,
                    "organizationId": organization["id"],
                    "dynamicsUrl": f"https://{organization['address']}:{port}",
                    "deployerClientId": deployers(named)[0].app_id,
                }
            )
    return rows
