"""Many tenants, each with one organization: what `serve --tenants N` adds to the seed.

Their organizations are copies of one template, as Power Platform's environment copies are: the
ids of rows are the same in each (environment copies keep record ids), and what nobody has
written yet is kept once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from emulator.seed.directory import deployers, seed_tenant
from emulator.seed.names import DEPLOYER_SECRET, Organization, Tenant
from emulator.seed.organization import TEMPLATE, seed_copy, seed_template
from emulator.store import Store

MOST = 250 * 255
_NAMES = uuid.UUID("5eed0000-0000-4000-8000-00000000007e")


@dataclass(frozen=True)
class Numbered:
    """One of the tenants: its number from 1, its directory, its organization, its deployer's client id."""

    number: int
    tenant: Tenant
    organization: Organization
    deployer: str


def numbered(number: int) -> Numbered:
    """The tenant of a number: `tenant-0001` at 127.1.0.1 and so on, with ids that tests can compute."""
    name = f"tenant-{number:04}"
    tenant = Tenant(str(uuid.uuid5(_NAMES, name)), name, DEPLOYER_SECRET)
    block, place = divmod(number - 1, 250)
    address = f"127.1.{block}.{place + 1}"
    organization = Organization(str(uuid.uuid5(_NAMES, f"{name}/organization")), tenant.id, name, address)
    (deployer,) = deployers(tenant)
    return Numbered(number, tenant, organization, deployer.app_id)


def seed_many(store: Store, count: int) -> None:
    """Seed the tenants from 1 to *count* that are not there yet. Raises ValueError for too many."""
    if not 0 <= count <= MOST:
        raise ValueError(f"--tenants {count}: there can be 0 to {MOST}")
    if count and not store.get(TEMPLATE, "templates", TEMPLATE):
        seed_template(store)
    for one in map(numbered, range(1, count + 1)):
        if not store.get(one.tenant.id, "tenants", one.tenant.id):
            seed_tenant(store, one.tenant)
            seed_copy(store, one.organization)


def there(store: Store) -> Iterator[Numbered]:
    """The numbered tenants that a store holds, in their order."""
    number = 1
    while store.get((one := numbered(number)).tenant.id, "tenants", one.tenant.id):
        yield one
        number += 1
