"""A role as a security reviewer reads it: tables, rights and depth, effective and not only asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connector.dataverse.desired import Desired
from connector.dataverse.privileges import Comparison
from connector.dataverse.resolution import Resolution
from connector.dataverse.tables import TablePrivilege, Tables
from connector.report import Action
from connector.settings.profile import RoleLine
from connector.settings.values import Right


@dataclass(frozen=True)
class Cell:
    """One right on one table: its depth afterwards, the one before, and what happens.

    `shared`: not asked for on this table, but held there too, since tables share the privilege
    (every activity has the same ones, security-access-coding.md).
    """

    action: Action
    depth: str = ""
    before: str = ""
    shared: bool = False
    privilege: str = ""

    def to_json(self) -> dict[str, Any]:
        """The object of the JSON report."""
        return {
            "action": self.action.value,
            "depth": self.depth,
            "before": self.before,
            "shared": self.shared,
            "privilege": self.privilege,
        }


@dataclass(frozen=True)
class MatrixRow:
    """One table: where its lines come from, a note where it has no privileges here, and its cells."""

    table: str
    basis: tuple[str, ...]
    note: str
    cells: Mapping[Right, Cell]

    def to_json(self) -> dict[str, Any]:
        """The object of the JSON report."""
        cells = {right.value: cell.to_json() for right, cell in self.cells.items()}
        return {"table": self.table, "basis": list(self.basis), "note": self.note, "rights": cells}


def make_matrix(
    desired: Desired, resolution: Resolution, tables: Tables, comparison: Comparison, *, ours: bool
) -> tuple[MatrixRow, ...]:
    """One row a table of the role, in the order of its lines, and those that hold too much."""
    cells = _cells_by_privilege(resolution, comparison, ours=ours)
    excess = {one.id for one in comparison.excess}
    lines: dict[str, list[RoleLine]] = {}
    for line in desired.lines:
        lines.setdefault(line.table, []).append(line)
    for table in desired.tables:
        if any(one.id in excess for one in tables.get(table, {}).values()):
            lines.setdefault(table, [])
    return tuple(_row(table, own, tables.get(table), resolution, cells) for table, own in lines.items())


def _row(
    table: str,
    lines: Iterable[RoleLine],
    privileges: Mapping[str, TablePrivilege] | None,
    resolution: Resolution,
    cells: Mapping[str, Cell],
) -> MatrixRow:
    asked = {right: line.depth.service_name for line in lines for right in line.rights}
    basis = tuple(dict.fromkeys(line.basis.value for line in lines))
    note = resolution.skipped.get(table, "")
    if privileges is None and not note:
        waiting = {right: Cell(Action.PENDING, depth) for right, depth in asked.items()}
        return MatrixRow(table, basis, "waits for the solution", waiting)
    found: dict[Right, Cell] = {}
    for right in Right:
        privilege = (privileges or {}).get(right.privilege_type)
        if privilege is not None and (cell := cells.get(privilege.id)):
            found[right] = replace(cell, shared=right not in asked, privilege=privilege.name)
    return MatrixRow(table, basis, note, found)


def _cells_by_privilege(
    resolution: Resolution, comparison: Comparison, *, ours: bool
) -> dict[str, Cell]:
    """What happens to each privilege, by its id; on a role that is not ours nothing does."""
    cells = {id: Cell(Action.KEPT, one.depth, one.depth) for id, one in resolution.wanted.items()}
    for lacking in comparison.lacking:
        cells[lacking.id] = Cell(Action.ADDED, lacking.depth)
    for wanted, held in (*comparison.narrow, *comparison.wide):
        cells[wanted.id] = Cell(Action.CHANGED, wanted.depth, held.depth)
    for excess in comparison.excess:
        cells[excess.id] = Cell(Action.REMOVED, "", excess.depth)
    if ours:
        return cells
    return {id: _left(cell) for id, cell in cells.items()}


def _left(cell: Cell) -> Cell:
    return cell if cell.action is Action.KEPT else Cell(Action.FOREIGN, cell.before, cell.before)
