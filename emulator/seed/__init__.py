"""What is there before anybody does anything: fixed ids, so that tests can name them."""

from __future__ import annotations

import json
from pathlib import Path

from emulator.seed.directory import seed_tenant
from emulator.seed.many import seed_many
from emulator.seed.names import (
    CONTOSO,
    DEPLOYER_SECRET,
    FABRIKAM,
    FABRIKAM_DEPLOYER,
    FABRIKAM_SECRET,
    FULL_DEPLOYER,
    LIMITED_DEPLOYER,
    LIMITED_SECRET,
    ORGANIZATIONS,
    Organization,
    Tenant,
)
from emulator.seed.organization import seed_organization
from emulator.store import Store

__all__ = [
    "CONTOSO",
    "DEPLOYER_SECRET",
    "FABRIKAM",
    "FABRIKAM_DEPLOYER",
    "FABRIKAM_SECRET",
    "FULL_DEPLOYER",
    "LIMITED_DEPLOYER",
    "LIMITED_SECRET",
    "organization_addresses",
    "seed",
]


def seed(store: Store, extra: Path | None = None, tenants: int = 0) -> None:
    """Seed an empty store once; *extra* adds tenants and organizations from a JSON file.

    *tenants* is how many numbered ones there are to be besides.

    The file: {"tenants": [{"id", "name"}], "organizations": [{"id", "tenant", "name", "address",
    "solution", "service_tables", "units": [names of child business units]}]}.
    """
    with store.transaction():
        if store.meta("seeded") != "yes":
            for tenant in (Tenant(CONTOSO, "contoso"), Tenant(FABRIKAM, "fabrikam")):
                seed_tenant(store, tenant)
            for organization in ORGANIZATIONS:
                seed_organization(store, organization)
            store.set_meta("seeded", "yes")
        if extra is not None:
            _seed_extra(store, json.loads(extra.read_text(encoding="utf-8")))
        seed_many(store, tenants)


def _seed_extra(store: Store, content: dict[str, list[dict[str, str | bool]]]) -> None:
    for row in content.get("tenants", []):
        tenant = Tenant(**row)  # type: ignore[arg-type]  # a TypeError names the key that is wrong
        if not store.get(tenant.id, "tenants", tenant.id):
            seed_tenant(store, tenant)
    for row in content.get("organizations", []):
        organization = Organization(**row)  # type: ignore[arg-type]
        if not store.get(organization.id, "organizations", organization.id):
            seed_organization(store, organization)


def organization_addresses(store: Store) -> list[str]:
    """The loopback addresses of all organizations in the store."""
    rows = store.db.execute("SELECT body FROM objects WHERE kind='organizations'")
    return sorted(json.loads(row["body"])["address"] for row in rows)
