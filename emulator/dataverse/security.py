"""Who holds which privilege at which depth.

Sources: powerapps-docs, security-access-coding; power-platform admin docs, security roles
(a user has the privileges of its own roles and of its teams' roles, the widest depth counts).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from emulator.store import Document, Store


class Depth(IntEnum):
    """PrivilegeDepth: user, business unit, parent and child business units, organization."""

    Basic = 0
    Local = 1
    Deep = 2
    Global = 3


@dataclass(frozen=True)
class Held:
    """One privilege as somebody holds it; the business unit is that of the role it comes from."""

    privilege: str
    depth: Depth
    unit: str


def root_of(store: Store, organization: str, role: Document) -> Document:
    """The role that holds the privileges of a role's family: its root, or itself when that is gone."""
    root = store.get(organization, "roles", role.get("_parentrootroleid_value") or role["roleid"])
    return root or {**role, "privileges": {}}


def privileges_of_role(store: Store, organization: str, role: Document) -> list[Held]:
    """What a role grants, with its own business unit."""
    held = root_of(store, organization, role).get("privileges", {})
    return [Held(id, Depth[depth], role["_businessunitid_value"]) for id, depth in held.items()]


def roles_by_id(store: Store, organization: str, ids: Iterable[str]) -> list[Document]:
    """The roles that exist among the ids; an id of a role that is gone is ignored."""
    found = (store.get(organization, "roles", id) for id in ids)
    return [role for role in found if role]


def teams_of(store: Store, organization: str, user: Document) -> list[Document]:
    """The user's teams: its business unit's default team, and those that list it."""
    return [
        team
        for team in store.all(organization, "teams")
        if user["systemuserid"] in team.get("members", [])
        or (team.get("isdefault") and team["_businessunitid_value"] == user["_businessunitid_value"])
    ]


def direct_roles(store: Store, organization: str, user: Document) -> list[Document]:
    """The roles assigned to the user itself."""
    return roles_by_id(store, organization, user.get("roles", []))


def team_roles(store: Store, organization: str, user: Document) -> list[Document]:
    """The roles that the user has through its teams."""
    ids = [id for team in teams_of(store, organization, user) for id in team.get("roles", [])]
    return roles_by_id(store, organization, ids)


def merged(store: Store, organization: str, roles: Iterable[Document]) -> list[Held]:
    """The privileges of several roles, the widest depth of each per business unit."""
    widest: dict[tuple[str, str], Held] = {}
    for role in roles:
        for held in privileges_of_role(store, organization, role):
            known = widest.get((held.privilege, held.unit))
            if known is None or held.depth > known.depth:
                widest[held.privilege, held.unit] = held
    return list(widest.values())


def widest_depths(held: Iterable[Held]) -> dict[str, Depth]:
    """Privilege id → widest depth over all business units."""
    depths: dict[str, Depth] = {}
    for one in held:
        depths[one.privilege] = max(one.depth, depths.get(one.privilege, Depth.Basic))
    return depths
