"""What fleet.yaml may hold, and the fleet that the verbs work from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field, field_validator

from connector.settings.values import Cloud, Shape

#: One ring for a fleet that names none.
ONLY_RING = "all"
_SHARE = re.compile(r"(100|[0-9]{1,2})%")


class Login(Shape):
    """Application (client) ids that log in to a tenant: one that only reads, one that writes.

    Neither is a secret. Without them the environment's own login is used for every tenant.
    """

    reader: str | None = None
    writer: str | None = None


class Ring(Shape):
    """A group of stacks that goes before the next; `stop_after` failed stacks end the run.

    `stop_after` is a count (`2`) or a share of the ring (`10%`); a share is at least one stack.
    """

    name: str
    stop_after: str = "1"

    @field_validator("stop_after")
    @classmethod
    def _count_or_share(cls, text: str) -> str:
        if not (_SHARE.fullmatch(text) or (text.isdigit() and int(text) > 0)):
            raise ValueError("must be a number of stacks from 1, or a share such as '10%'")
        return text

    def limit(self, stacks: int) -> int:
        """How many failed stacks end the run, in a ring of so many."""
        if self.stop_after.endswith("%"):
            return max(1, math.ceil(stacks * int(self.stop_after[:-1]) / 100))
        return int(self.stop_after)


class StackEntry(Shape):
    """One stack as it is written; what it leaves out comes from the defaults.

    `owner` is who answers for it in the agency, `settings` any other key of the stack's configuration.
    """

    tenant_id: str | None = None
    dynamics_url: str | None = None
    profile: str | None = None
    cloud: Cloud | None = None
    ring: str | None = None
    owner: str | None = None
    login: Login = Login()
    settings: dict[str, Any] = Field(default_factory=dict)


class FleetFile(Shape):
    """fleet.yaml as it is written."""

    name: str
    backend: str | None = None
    secrets_provider: str | None = None
    defaults: StackEntry = StackEntry()
    rings: tuple[Ring, ...] = (Ring(name=ONLY_RING),)
    stacks: dict[str, StackEntry] = Field(default_factory=dict)


class FleetStack(Shape):
    """One stack of the fleet, defaults and all.

    `config` is what `fleet sync` writes into the stack's file, by key without prefix, as it was written;
    `dynamics_url` is the URL as every setting is read (lower case, no port 443).
    """

    name: str
    tenant_id: str
    dynamics_url: str
    profile: str
    cloud: Cloud
    ring: str
    owner: str
    login: Login
    config: dict[str, Any]


class Fleet(Shape):
    """The whole fleet, checked; `stacks` in the order of the rings, then of the file."""

    name: str
    backend: str | None
    secrets_provider: str | None
    rings: tuple[Ring, ...]
    stacks: tuple[FleetStack, ...]

    def in_rings(self, stacks: Iterable[FleetStack]) -> tuple[tuple[Ring, tuple[FleetStack, ...]], ...]:
        """Some of the stacks by ring, in the order of the rings; rings without any are left out."""
        by_ring: dict[str, list[FleetStack]] = {}
        for stack in stacks:
            by_ring.setdefault(stack.ring, []).append(stack)
        return tuple((ring, tuple(by_ring[ring.name])) for ring in self.rings if ring.name in by_ring)


def login_environment(stack: FleetStack, environ: Mapping[str, str], *, writes: bool) -> dict[str, str]:
    """The variables that make a login one to this stack's tenant, as this stack's reader or writer.

    The tenant is the stack's own, whatever the environment says, so that one environment serves all.
    """
    client_id = stack.login.writer if writes else stack.login.reader
    changed = {"ARM_TENANT_ID": stack.tenant_id, "AZURE_TENANT_ID": stack.tenant_id}
    if client_id:
        changed |= {"ARM_CLIENT_ID": client_id, "AZURE_CLIENT_ID": client_id}
        if not (environ.get("ARM_CLIENT_ID") or environ.get("AZURE_CLIENT_ID")):
            # A person at a desk: the fleet's file names the pipeline's identities, and `az login` is meant.
            changed["ARM_USE_CLI"] = environ.get("ARM_USE_CLI") or "true"
    return dict(environ) | changed
