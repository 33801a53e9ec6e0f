"""Privileges of tables from their metadata: ids, names and depths are read, never spelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connector.dataverse.client import DataverseClient, Row, query, text_literal
from connector.dataverse.privileges import DEPTHS
from connector.errors import RefusedError
from connector.wire.rounds import join, start

_BULK = 60


@dataclass(frozen=True)
class TablePrivilege:
    """One privilege of a table as its metadata tells it; `depths` are those it can take."""

    id: str
    name: str
    depths: frozenset[str]


#: Table → privilege type (`Read`, `AppendTo`) → privilege.
Tables = Mapping[str, Mapping[str, TablePrivilege]]


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


def _table(row: Row) -> dict[str, TablePrivilege]:
    privileges: dict[str, TablePrivilege] = {}
    for item in row.get("Privileges") or []:
        depths = frozenset(depth for depth in DEPTHS if item.get(f"CanBe{depth}"))
        key = str(item["PrivilegeId"]).lower()
        privileges[str(item["PrivilegeType"])] = TablePrivilege(key, str(item["Name"]), depths)
    return privileges
