"""Which tenant a path means, and which organization a resource URL means."""

from __future__ import annotations

import json

from emulator.context import Context
from emulator.store import Document, Store

TENANTLESS = frozenset({"common", "organizations", "consumers"})


def tenant_id(store: Store, name: str) -> str | None:
    """Return the id of the tenant with this id or verified domain, or None."""
    for row in store.db.execute("SELECT scope, body FROM objects WHERE kind='tenants'"):
        domains = [domain["name"] for domain in json.loads(row["body"])["verifiedDomains"]]
        if name.lower() in (row["scope"], *domains):
            return str(row["scope"])
    return None


def organization_of(ctx: Context, resource: str) -> Document | None:
    """Return the Dataverse organization whose URL *resource* is (a trailing slash is no matter), or None."""
    wanted = resource.rstrip("/").lower()
    for row in ctx.store.db.execute("SELECT body FROM objects WHERE kind='organizations'"):
        organization: Document = json.loads(row["body"])
        if ctx.organization_url(organization["address"]) == wanted:
            return organization
    return None
