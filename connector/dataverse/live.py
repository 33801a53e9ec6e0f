"""Live state of one organization, read side by side: the challenge, users, roles, tables, solution."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connector.dataverse.challenge import check_challenge
from connector.dataverse.client import DataverseClient, Row, query, text_literal
from connector.dataverse.desired import Desired, TablePrivilege
from connector.dataverse.privileges import DEPTHS, Held, read_held
from connector.errors import ConnectError, RefusedError
from connector.rounds import Started, join, start

_BULK = 60
_USER_COLUMNS = (
    "systemuserid,applicationid,isdisabled,deletedstate,fullname,applicationiduri,_businessunitid_value"
)
_ROLE_COLUMNS = "roleid,name,ismanaged,_roletemplateid_value,_parentrootroleid_value,_businessunitid_value"


@dataclass(frozen=True)
class RoleRow:
    """A role, or the copy of one in a business unit; `root_id` is the role it is a copy of."""

    id: str
    name: str
    root_id: str
    business_unit_id: str
    business_unit_name: str = ""
    in_root_unit: bool = False
    managed: bool = False
    template_id: str = ""

    @property
    def is_copy(self) -> bool:
        """Whether the role is a copy in a child business unit, which cannot be edited."""
        return bool(self.root_id) and self.root_id != self.id


@dataclass(frozen=True)
class UserRow:
    """An application user; `deleted` rows are ghosts that still block the application id."""

    id: str
    application_id: str
    name: str
    business_unit_id: str
    disabled: bool = False
    deleted: bool = False
    application_id_uri: str = ""
    roles: tuple[RoleRow, ...] = ()


@dataclass(frozen=True)
class Live:
    """What one organization holds of a stack's half, and the caller's own user where it is one."""

    users: tuple[UserRow, ...]
    ghosts: tuple[UserRow, ...]
    caller_id: str | None
    roles: tuple[RoleRow, ...]
    role_privileges: dict[str, Held]
    tables: dict[str, dict[str, TablePrivilege]]
    solution_version: str | None


async def read_live(client: DataverseClient, desired: Desired) -> Live:
    """Read everything that a plan needs in one round, the challenge beside the token.

    What the challenge finds wrong is raised before what the reads did.
    """
    challenge = start(check_challenge(client.session))
    users = start(read_users(client, desired))
    roles = start(read_roles(client, desired))
    held = start(read_role_privileges(client, desired.role_id))
    tables = start(read_tables(client, desired.tables))
    solution = start(_solution_version(client, desired))
    await _join_after(challenge, users, roles, held, tables, solution)
    mine, caller = users.result()
    return Live(
        users=tuple(user for user in mine if not user.deleted),
        ghosts=tuple(user for user in mine if user.deleted),
        caller_id=caller,
        roles=roles.result(),
        role_privileges=held.result(),
        tables=tables.result(),
        solution_version=solution.result(),
    )


async def _join_after(challenge: Started[None], *reads: Started[Any]) -> None:
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
    path = query(
        "systemusers",
        select=_USER_COLUMNS,
        filter=" or ".join(f"applicationid eq {one}" for one in ids),
        expand=f"systemuserroles_association($select={_ROLE_COLUMNS})",
    )
    rows = [user_of(row) for row in await client.rows(path, strong=True)]
    mine = tuple(row for row in rows if row.application_id == desired.application_id)
    own = [row.id for row in rows if row.application_id == caller and not row.deleted]
    return mine, own[0] if own else None


async def read_roles(client: DataverseClient, desired: Desired) -> tuple[RoleRow, ...]:
    """Roles of the wanted name or of our id, in every business unit."""
    path = query(
        "roles",
        select=_ROLE_COLUMNS,
        filter=f"name eq {text_literal(desired.role_name)} or roleid eq {desired.role_id}",
        expand="businessunitid($select=businessunitid,name,_parentbusinessunitid_value)",
    )
    return tuple(role_of(row) for row in await client.rows(path, strong=True))


async def read_role_privileges(client: DataverseClient, role_id: str) -> dict[str, Held]:
    """Privileges of a role with their depths; none when there is no such role."""
    path = f"RetrieveRolePrivilegesRole(RoleId={role_id})"
    try:
        return read_held(await client.find(path, strong=True))
    except RefusedError as error:
        if error.status == 400:
            return {}
        raise


async def read_tables(client: DataverseClient, names: Iterable[str]) -> dict[str, dict[str, TablePrivilege]]:
    """Privileges of tables by their type; in bulk where the service takes it, else one by one."""
    wanted = list(names)
    parts = [wanted[i : i + _BULK] for i in range(0, len(wanted), _BULK)]
    bulks = [start(_bulk(client, part)) for part in parts]
    try:
        await join(*bulks)
    except RefusedError as error:
        if error.status not in (400, 404, 501):
            raise
        return await _one_by_one(client, wanted)
    rows = [row for bulk in bulks for row in bulk.result()]
    if any("Privileges" not in row for row in rows):
        return await _one_by_one(client, wanted)
    return {str(row["LogicalName"]): _table(row) for row in rows}


async def _bulk(client: DataverseClient, names: list[str]) -> list[Row]:
    condition = " or ".join(f"LogicalName eq {text_literal(name)}" for name in names)
    path = query("EntityDefinitions", select="LogicalName,Privileges", filter=condition)
    return await client.rows(path, strong=True)


async def _one_by_one(client: DataverseClient, names: list[str]) -> dict[str, dict[str, TablePrivilege]]:
    branches = {name: start(_definition(client, name)) for name in names}
    await join(*branches.values())
    found = {name: branch.result() for name, branch in branches.items()}
    return {name: _table(row) for name, row in found.items() if row is not None}


async def _definition(client: DataverseClient, name: str) -> Row | None:
    path = f"EntityDefinitions(LogicalName={text_literal(name)})"
    return await client.find(query(path, select="LogicalName,Privileges"), strong=True)


async def table_names(client: DataverseClient) -> list[str]:
    """Every table of the organization, to name the nearest one to a name that is none."""
    rows = await client.rows(query("EntityDefinitions", select="LogicalName"))
    return [str(row["LogicalName"]) for row in rows]


async def _solution_version(client: DataverseClient, desired: Desired) -> str | None:
    if desired.solution is None:
        return None
    path = query(
        "solutions",
        select="version,ismanaged",
        filter=f"uniquename eq {text_literal(desired.solution.unique_name)}",
    )
    rows = await client.rows(path)
    return str(rows[0]["version"]) if rows else None


def _table(row: Row) -> dict[str, TablePrivilege]:
    privileges: dict[str, TablePrivilege] = {}
    for item in row.get("Privileges") or []:
        depths = frozenset(depth for depth in DEPTHS if item.get(f"CanBe{depth}"))
        key = str(item["PrivilegeId"]).lower()
        privileges[str(item["PrivilegeType"])] = TablePrivilege(key, str(item["Name"]), depths)
    return privileges


def role_of(row: Row) -> RoleRow:
    """A role's row as the service sends it."""
    unit = row.get("businessunitid") or {}
    return RoleRow(
        id=_id(row["roleid"]),
        name=str(row.get("name") or ""),
        root_id=_id(row.get("_parentrootroleid_value")),
        business_unit_id=_id(row.get("_businessunitid_value")),
        business_unit_name=str(unit.get("name") or ""),
        in_root_unit=bool(unit) and not unit.get("_parentbusinessunitid_value"),
        managed=bool(row.get("ismanaged")),
        template_id=_id(row.get("_roletemplateid_value")),
    )


def user_of(row: Row) -> UserRow:
    """A user's row as the service sends it."""
    return UserRow(
        id=_id(row["systemuserid"]),
        application_id=_id(row.get("applicationid")),
        name=str(row.get("fullname") or ""),
        business_unit_id=_id(row.get("_businessunitid_value")),
        disabled=bool(row.get("isdisabled")),
        deleted=bool(row.get("deletedstate")),
        application_id_uri=str(row.get("applicationiduri") or ""),
        roles=tuple(role_of(role) for role in row.get("systemuserroles_association") or []),
    )


def _id(value: object) -> str:
    return str(value).lower() if value else ""
