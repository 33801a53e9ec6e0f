"""Privileges of the pipeline's roles by name: some belong to no table whose metadata could be read."""

from __future__ import annotations

from collections.abc import Iterable

from connector.dataverse.client import DataverseClient, Row, query, text_literal
from connector.dataverse.privileges import DEPTHS, INJECTED, WantedPrivilege
from connector.dataverse.resolution import Resolution
from connector.errors import RefusedError

_COLUMNS = "privilegeid,name,canbebasic,canbelocal,canbedeep,canbeglobal"


async def read_privileges(client: DataverseClient, names: Iterable[str]) -> dict[str, WantedPrivilege]:
    """Privileges by their lower-case name, each at the widest depth that it can take."""
    condition = " or ".join(f"name eq {text_literal(name)}" for name in names)
    if not condition:
        return {}
    rows = await client.rows(query("privileges", select=_COLUMNS, filter=condition))
    return {str(row["name"]).lower(): _privilege(row) for row in rows}


def _privilege(row: Row) -> WantedPrivilege:
    depths = [depth for depth in DEPTHS if row.get(f"canbe{depth.lower()}")]
    return WantedPrivilege(str(row["privilegeid"]).lower(), str(row["name"]), depths[-1], ())


def named(names: Iterable[str], found: dict[str, WantedPrivilege]) -> Resolution:
    """What a role with these privileges wants. Raises RefusedError for one that the environment lacks."""
    wanted = list(names)
    absent = [name for name in wanted if name.lower() not in found]
    if absent:
        message = f"the environment has no privilege {', '.join(absent)}; check that dynamicsUrl is Dataverse"
        raise RefusedError(message, code="bootstrap.privilege_unknown", key=absent[0])
    privileges = (found[name.lower()] for name in wanted)
    return Resolution(wanted={one.id: one for one in privileges})


def with_profile(own: Resolution, profile: Resolution, found: dict[str, WantedPrivilege]) -> Resolution:
    """The writer's narrower role: its own privileges, the profile's, and what the platform adds to any role.

    All that the profile's role will hold has to be held by whoever hands it out.
    """
    injected = {found[name].id: found[name] for name in sorted(INJECTED) if name in found}
    wanted = {**profile.wanted, **injected, **own.wanted}
    return Resolution(wanted=wanted, pending=list(profile.pending), skipped=dict(profile.skipped))
