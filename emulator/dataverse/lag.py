"""The permission cache that lags behind edits of roles and their assignments, when switched on.

The organization's `cacheLagReads` says how many GETs after an edit still see what was true
before it; a request with `Consistency: Strong` sees the truth and does not count.
Source: powerapps-docs, webapi/compose-http-requests-handle-errors (Consistency header).
"""

from __future__ import annotations

from emulator.dataverse.security import Depth, Held, direct_roles, merged, team_roles
from emulator.store import Document, Store

_KIND = "permissionCaches"


def permissions(store: Store, organization: str, user: Document) -> tuple[list[Held], list[Held]]:
    """What a user really holds: by its own roles, and through its teams."""
    direct = merged(store, organization, direct_roles(store, organization, user))
    return direct, merged(store, organization, team_roles(store, organization, user))


def before_permission_change(store: Store, organization: Document) -> None:
    """Keep what everybody holds now, for the reads that are to lag."""
    reads = int(organization.get("cacheLagReads") or 0)
    if reads <= 0:
        return
    scope = organization["id"]
    users = {
        user["systemuserid"]: [_packed(part) for part in permissions(store, scope, user)]
        for user in store.all(scope, "systemusers")
    }
    store.put(scope, _KIND, scope, {"id": scope, "remaining": reads, "users": users})


def cached_permissions(store: Store, organization: str, user: Document) -> tuple[list[Held], list[Held]]:
    """What the lagging cache says of a user: the truth when nothing lags."""
    cache = store.get(organization, _KIND, organization)
    if cache is None:
        return permissions(store, organization, user)
    direct, teams = cache["users"].get(user["systemuserid"], [[], []])
    return _unpacked(direct), _unpacked(teams)


def count_read(store: Store, organization: str) -> None:
    """Count one read against the lag and forget the cache after the last."""
    cache = store.get(organization, _KIND, organization)
    if cache is None:
        return
    cache["remaining"] -= 1
    if cache["remaining"] > 0:
        store.put(organization, _KIND, organization, cache)
    else:
        store.delete(organization, _KIND, organization)


def _packed(held: list[Held]) -> list[list[str]]:
    return [[one.privilege, one.depth.name, one.unit] for one in held]


def _unpacked(rows: list[list[str]]) -> list[Held]:
    return [Held(privilege, Depth[depth], unit) for privilege, depth, unit in rows]
