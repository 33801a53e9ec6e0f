"""Seed one Dataverse organization."""

from __future__ import annotations

from emulator.seed.names import Organization
from emulator.store import Store


def seed_organization(store: Store, organization: Organization) -> None:
    """Write the organization with everything that is there before anybody does anything."""
    store.put(
        organization.id,
        "organizations",
        organization.id,
        {"id": organization.id, "tenant": organization.tenant, "name": organization.name, "address": organization.address},
    )
