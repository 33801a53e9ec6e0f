"""Business units: the root one, and the one that a stack names by name or id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.dataverse.client import DataverseClient, query
from connector.dataverse.rows import UnitRow, unit_of
from connector.errors import Problem, RefusedError, SettingsError

_SHOWN = 20


@dataclass(frozen=True)
class Units:
    """Business units of a plan by id: the root, and the one that the user belongs in."""

    root: str
    user: str


async def read_units(client: DataverseClient) -> tuple[UnitRow, ...]:
    """Every business unit of the organization."""
    path = query("businessunits", select="businessunitid,name,_parentbusinessunitid_value")
    return tuple(unit_of(row) for row in await client.rows(path))


def choose_units(rows: Sequence[UnitRow], wanted: str | None) -> Units:
    """The root unit and the wanted one (the root where none is named).

    Raises SettingsError with the candidates when a name means none or several units.
    """
    roots = [row for row in rows if not row.parent_id]
    if len(roots) != 1:
        message = f"the organization has {len(roots)} root business units where one is expected"
        raise RefusedError(message, code="dataverse.root_unit", key="businessunits")
    return Units(roots[0].id, roots[0].id if wanted is None else _find(rows, wanted).id)


def _find(rows: Sequence[UnitRow], wanted: str) -> UnitRow:
    text = wanted.strip().lower()
    found = [row for row in rows if text in (row.id, row.name.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"names {len(found)} business units; give the id of one: {_with_ids(found, rows)}"
    else:
        names = ", ".join(sorted(row.name for row in rows)[:_SHOWN])
        message = f"names no business unit; give the name or id of one of: {names}"
    raise SettingsError([Problem("dataverse.business_unit", "dataverse.businessUnit", wanted, message)])


def _with_ids(found: Sequence[UnitRow], rows: Sequence[UnitRow]) -> str:
    names = {row.id: row.name for row in rows}
    told = (f"{row.id} (below {names.get(row.parent_id) or 'nothing'})" for row in found)
    return ", ".join(sorted(told)[:_SHOWN])
