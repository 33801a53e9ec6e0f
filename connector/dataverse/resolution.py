"""From lines of the role to privileges, by the metadata of the organization's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.dataverse.desired import Desired
from connector.dataverse.privileges import WantedPrivilege, wider
from connector.dataverse.tables import TablePrivilege, Tables
from connector.errors import Problem
from connector.settings.profile import RoleLine
from connector.settings.values import Right


@dataclass
class Resolution:
    """What the lines come to in one environment.

    `pending` needs a solution that is not there yet, `skipped` is optional and absent or covered
    by another table, `unknown` tables should be there and are not, `problems` are lines that
    cannot be met. `forbidden` holds privileges that nobody may hold, by id, as `delete on account`.
    """

    wanted: dict[str, WantedPrivilege] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    forbidden: dict[str, str] = field(default_factory=dict)


def resolve(desired: Desired, tables: Tables, *, solution_there: bool) -> Resolution:
    """Resolve every line; nothing is raised, so that all findings are known at once."""
    found = Resolution()
    for line in desired.lines:
        # None is a table that is not there; an empty one has no privileges of its own and rides on another's.
        privileges = tables.get(line.table)
        if privileges:
            for right in line.rights:
                _take(found, line, right, privileges)
        elif line.covered_by and tables.get(line.covered_by):
            found.skipped[line.table] = f"covered by {line.covered_by}"
        elif line.optional:
            found.skipped[line.table] = "optional, not in this environment"
        # Before "unknown", and by the publisher's prefix: a missing solution excuses no misspelt table.
        elif privileges is None and not solution_there and _may_come(desired, line.table):
            found.pending.extend(f"{right.value} on {line.table}" for right in line.rights)
        elif line.table not in found.unknown:
            found.unknown.append(line.table)
    # Last, and by privilege id: a line for one activity asks for the right on all of them.
    _forbid(found, desired, tables)
    return found


def _may_come(desired: Desired, table: str) -> bool:
    """Whether the missing solution may bring the table: by its publisher's prefix, where that is known."""
    prefix = desired.solution.publisher_prefix if desired.solution else None
    return prefix is None or table.startswith(f"{prefix}_")


def _take(found: Resolution, line: RoleLine, right: Right, privileges: Mapping[str, TablePrivilege]) -> None:
    privilege = privileges.get(right.privilege_type)
    where = f"{line.table}.{right.value}"
    if privilege is None:
        if line.optional:
            found.skipped[where] = "optional, the table has no such right"
        else:
            has = ", ".join(sorted(privileges))
            message = f"the table has no such right; it has {has}"
            found.problems.append(Problem("dataverse.right", where, "", message))
        return
    # Also for an optional line: the right is there, and the depth is a mistake of the profile or the stack.
    depth = line.depth.service_name
    if depth not in privilege.depths:
        can = ", ".join(sorted(privilege.depths))
        message = f"{privilege.name} cannot take depth {line.depth.value}; it can take {can}"
        found.problems.append(Problem("dataverse.depth", where, line.depth.value, message))
        return
    found.wanted[privilege.id] = _merged(found.wanted.get(privilege.id), privilege, line, depth)


def _merged(
    before: WantedPrivilege | None, privilege: TablePrivilege, line: RoleLine, depth: str
) -> WantedPrivilege:
    if before is None:
        return WantedPrivilege(privilege.id, privilege.name, depth, (line.table,))
    # Tables share privileges, and a role holds each at one depth: the widest that any line asks for.
    tables = tuple(dict.fromkeys((*before.tables, line.table)))
    return WantedPrivilege(before.id, before.name, wider(before.depth, depth), tables)


def _forbid(found: Resolution, desired: Desired, tables: Tables) -> None:
    """Privileges that must not be held; a line of the role that wants one of them is a problem."""
    pairs = [(table, right) for line in desired.forbidden for table in line.tables for right in line.rights]
    for table, right in pairs:
        privilege = tables.get(table, {}).get(right.privilege_type)
        if privilege is None:
            continue
        found.forbidden[privilege.id] = f"{right.value} on {table}"
        wanted = found.wanted.get(privilege.id)
        if wanted is not None:
            by = ", ".join(wanted.tables)
            message = f"the profile forbids it ({privilege.name}), and the lines of {by} ask for it"
            found.problems.append(Problem("dataverse.forbidden", f"{table}.{right.value}", "", message))
