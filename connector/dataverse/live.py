"""Live state of one organization, read side by side: the challenge, users, roles, tables, solution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from connector.dataverse.bearer_challenge import check_challenge
from connector.dataverse.client import DataverseClient, query, text_literal
from connector.dataverse.desired import Desired, Known
from connector.dataverse.privileges import Held, read_held
from connector.dataverse.rows import ADMINISTRATOR_TEMPLATE, RoleRow, UnitRow, UserRow, role_of, user_of
from connector.dataverse.tables import TablePrivilege, read_tables
from connector.dataverse.units import read_units
from connector.errors import ConnectError, RefusedError
from connector.wire.rounds import Started, join, start

_USER_COLUMNS = (
    "systemuserid,applicationid,isdisabled,deletedstate,fullname,applicationiduri,"
    "_businessunitid_value,_createdby_value"
)
_ROLE_COLUMNS = "roleid,name,ismanaged,_roletemplateid_value,_parentrootroleid_value,_businessunitid_value"
_UNIT = "businessunitid($select=businessunitid,name,_parentbusinessunitid_value)"


@dataclass(frozen=True)
class Solution:
    """A solution as the organization holds it."""

    version: str
    managed: bool


@dataclass(frozen=True)
class Live:
    """What one organization holds of a stack's half, and the caller's own user where it is one.

    `units` is read only where a business unit is named, `team_roles` only by `with_team_roles`.
    """

    users: tuple[UserRow, ...]
    ghosts: tuple[UserRow, ...]
    caller_id: str | None
    roles: tuple[RoleRow, ...]
    role_privileges: dict[str, Held]
    tables: dict[str, dict[str, TablePrivilege]]
    solution: Solution | None
    units: tuple[UnitRow, ...] = ()
    team_roles: tuple[tuple[str, RoleRow], ...] = ()


async def read_live(client: DataverseClient, desired: Desired, known: Known) -> Live:
    """Read everything that a plan needs in one round, the challenge beside the token.

    What the challenge finds wrong is raised before what the reads did.
    """
    challenge = start(check_challenge(client.session))
    users = start(read_users(client, desired))
    roles = start(read_roles(client, desired, known))
    held = start(read_role_privileges(client, known.role_id or desired.role_id))
    tables = start(read_tables(client, desired.tables))
    solution = start(_solution(client, desired))
    units = start(_units(client, desired))
    await join_after(challenge, users, roles, held, tables, solution, units)
    mine, caller = users.result()
    return Live(
        users=tuple(user for user in mine if not user.deleted),
        ghosts=tuple(user for user in mine if user.deleted),
        caller_id=caller,
        roles=roles.result(),
        role_privileges=held.result(),
        tables=tables.result(),
        solution=solution.result(),
        units=units.result(),
    )


async def join_after(challenge: Started[None], *reads: Started[Any]) -> None:
    """Wait for the reads; when one fails, what the challenge has to say comes first."""
    try:
        await join(*reads)
    except ConnectError:
        await challenge.task
        raise
    await join(challenge)


async def read_users(client: DataverseClient, desired: Desired) -> tuple[tuple[UserRow, ...], str | None]:
    """The application's users, ghosts too, and the id of the caller's own user if it has one."""
    caller = (client.identity.client_id or "").lower()
    ids = list(dict.fromkeys(one for one in (desired.application_id, caller) if one))
    if not ids:
        return (), None
    path = query(
        "systemusers",
        select=_USER_COLUMNS,
        filter=" or ".join(f"applicationid eq {one}" for one in ids),
        expand=f"systemuserroles_association($select={_ROLE_COLUMNS}),{_UNIT}",
    )
    rows = [user_of(row) for row in await client.rows(path, strong=True)]
    mine = tuple(row for row in rows if row.application_id == desired.application_id)
    own = [row.id for row in rows if row.application_id == caller and not row.deleted]
    return mine, own[0] if own else None


async def read_roles(client: DataverseClient, desired: Desired, known: Known) -> tuple[RoleRow, ...]:
    """Roles of the wanted name or of an id that is known, in every business unit."""
    ids = dict.fromkeys(one for one in (desired.role_id, known.role_id, known.adopted_role_id) if one)
    conditions = [f"name eq {text_literal(desired.role_name)}", *(f"roleid eq {one}" for one in ids)]
    path = query("roles", select=_ROLE_COLUMNS, filter=" or ".join(conditions), expand=_UNIT)
    return tuple(role_of(row) for row in await client.rows(path, strong=True))


async def read_administrators(client: DataverseClient) -> tuple[RoleRow, ...]:
    """System Administrator with its copies, by its template, whatever it is called there."""
    condition = f"_roletemplateid_value eq {ADMINISTRATOR_TEMPLATE}"
    path = query("roles", select=_ROLE_COLUMNS, filter=condition, expand=_UNIT)
    return tuple(role_of(row) for row in await client.rows(path))


async def read_role_privileges(client: DataverseClient, role_id: str) -> dict[str, Held]:
    """Privileges of a role with their depths; none when there is no such role."""
    path = f"RetrieveRolePrivilegesRole(RoleId={role_id})"
    try:
        return read_held(await client.find(path, strong=True))
    except RefusedError as error:
        if error.status == 400:
            return {}
        raise


async def with_team_roles(client: DataverseClient, live: Live) -> Live:
    """Live state with the roles that the application user has through its teams, each with its team."""
    if len(live.users) != 1:
        return live
    path = query(
        f"systemusers({live.users[0].id})/teammembership_association",
        select="teamid,name",
        expand=f"teamroles_association($select={_ROLE_COLUMNS})",
    )
    rows = await client.rows(path, strong=True)
    found = [(str(row["name"]), role_of(role)) for row in rows for role in row["teamroles_association"]]
    return replace(live, team_roles=tuple(found))


async def _solution(client: DataverseClient, desired: Desired) -> Solution | None:
    if desired.solution is None:
        return None
    path = query(
        "solutions",
        select="version,ismanaged",
        filter=f"uniquename eq {text_literal(desired.solution.unique_name)}",
    )
    rows = await client.rows(path)
    return Solution(str(rows[0]["version"]), bool(rows[0]["ismanaged"])) if rows else None


async def _units(client: DataverseClient, desired: Desired) -> tuple[UnitRow, ...]:
    return await read_units(client) if desired.business_unit else ()
