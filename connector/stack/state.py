"""What the engine's state knows of a stack's resources: names, ids, some values, and what was interrupted.

Read from `pulumi stack export` (deployment version 3). Ids are the provider's: `/applications/ID`,
`/servicePrincipals/ID`, `/oauth2PermissionGrants/ID`, `ID/password/KEYID`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connector import naming
from connector.deadlines import YOUNG

_PROVIDER = "azuread:"
_APPLICATION = "azuread:index/application:Application::"
_FACTS = frozenset(
    {
        "displayName",
        "signInAudience",
        "web",
        "publicClient",
        "singlePageApplication",
        "requiredResourceAccesses",
        "appRoleAssignmentRequired",
        "owners",
        "issuer",
        "subject",
        "audiences",
    }
)


@dataclass(frozen=True)
class KnownResource:
    """One resource of the state; `since` is when the state first held it, `scopes` what a grant grants.

    `facts` are the outputs of an application, service principal or federated credential that people change
    by hand; no secret.
    """

    name: str
    id: str
    since: datetime | None = None
    urn: str = ""
    scopes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_young(self) -> bool:
        """Whether it was made within minutes: some of Entra's replicas may not know it yet."""
        return self.since is not None and datetime.now(UTC) - self.since < YOUNG


@dataclass(frozen=True)
class StackState:
    """The provider's resources by name, and how many operations a broken run left half-done.

    `tenant_id` and `dynamics_url` are what the last run connected; empty before the first.
    `fleet` is the fleet that the last run was of; empty for a stack of its own.
    """

    resources: Mapping[str, KnownResource] = field(default_factory=dict)
    pending: int = 0
    tenant_id: str = ""
    dynamics_url: str = ""
    fleet: str = ""

    @classmethod
    def from_export(cls, exported: Mapping[str, Any]) -> StackState:
        """Read the export's JSON; a stack that was never deployed gives an empty state."""
        deployment = exported.get("deployment") or {}
        rows = [row for row in deployment.get("resources") or [] if _is_ours(row)]
        known = (_known(row) for row in rows)
        # A resource with `initErrors` was made and not finished: the state may say less than there is.
        unfinished = sum(1 for row in rows if row.get("initErrors"))
        pending = len(deployment.get("pending_operations") or []) + unfinished
        outputs = _stack_outputs(deployment.get("resources") or [])
        tenant, url, fleet = (
            str(outputs.get(name, "")) for name in ("tenantId", "applicationIdUri", "fleet")
        )
        return cls({one.name: one for one in known}, pending, tenant, url, fleet)

    @property
    def profile(self) -> str:
        """The profile whose application the state holds, by the resource's name; empty without one."""
        end = naming.application_resource("")
        found = (one.name for one in self.resources.values() if _APPLICATION in one.urn)
        return next((name.removesuffix(end) for name in found), "")

    def object_id(self, name: str) -> str | None:
        """The directory object id (or key id) of a resource: the last part of the provider's id."""
        found = self.resources.get(name)
        return found.id.rsplit("/", 1)[-1] if found else None


def _stack_outputs(rows: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    for row in rows:
        if row.get("type") == "pulumi:pulumi:Stack":
            return dict(row.get("outputs") or {})
    return {}


def _is_ours(row: Mapping[str, Any]) -> bool:
    # `delete` marks what a replacement left behind: it is on its way out and no longer ours to keep.
    alive = row.get("custom") and row.get("id") and not row.get("delete")
    return bool(alive) and str(row["type"]).startswith(_PROVIDER)


def _known(row: Mapping[str, Any]) -> KnownResource:
    created = row.get("created")
    # The engine writes nanoseconds, which Python before 3.12 does not read.
    since = datetime.fromisoformat(created[:19] + "+00:00") if created else None
    outputs = row.get("outputs") or {}
    facts = {name: value for name, value in outputs.items() if name in _FACTS}
    scopes = tuple(outputs.get("claimValues") or ())
    name = row["urn"].rsplit("::", 1)[-1]
    return KnownResource(name, str(row["id"]), since, str(row["urn"]), scopes, facts)
