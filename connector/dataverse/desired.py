"""What a stack wants in Dataverse: lines of the role, resolved to privileges by table metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connector import naming
from connector.dataverse.privileges import WantedPrivilege, wider
from connector.errors import Problem
from connector.settings import Settings
from connector.settings.profile import RequiredSolution, RoleLine
from connector.settings.values import Right


@dataclass(frozen=True)
class TablePrivilege:
    """One privilege of a table as its metadata tells it; `depths` are those it can take."""

    id: str
    name: str
    depths: frozenset[str]


Tables = Mapping[str, Mapping[str, TablePrivilege]]


@dataclass(frozen=True)
class Desired:
    """Names, ids and role lines that a stack asks for, before Dataverse was asked anything."""

    role_name: str
    role_id: str
    application_id: str
    business_unit: str | None
    solution: RequiredSolution | None
    lines: tuple[RoleLine, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that a line names or is covered by, each once."""
        covering = (line.covered_by for line in self.lines if line.covered_by)
        return tuple(dict.fromkeys([*(line.table for line in self.lines), *covering]))


def desired_of(settings: Settings, application_id: str) -> Desired:
    """The desired state of a stack: the profile's role, with the stack's additions and removals."""
    name = settings.role_name
    host = settings.dynamics_host
    return Desired(
        role_name=name,
        role_id=naming.role_id(host, settings.stack, name),
        application_id=application_id.lower(),
        business_unit=settings.dataverse.business_unit,
        solution=settings.profile.solution,
        lines=_lines(settings),
    )


def _lines(settings: Settings) -> tuple[RoleLine, ...]:
    removed = {(line.table, right) for line in settings.dataverse.remove for right in line.rights}
    kept: list[RoleLine] = []
    for line in (*settings.profile.role.tables, *settings.dataverse.add):
        rights = tuple(right for right in line.rights if (line.table, right) not in removed)
        if rights:
            kept.append(line.model_copy(update={"rights": rights}))
    return tuple(kept)


@dataclass
class Resolution:
    """What the lines come to in one environment.

    `pending` needs a solution that is not there yet, `skipped` is optional and absent or covered
    by another table, `unknown` tables should be there and are not, `problems` are lines whose
    right or depth the table does not have.
    """

    wanted: dict[str, WantedPrivilege] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def resolve(lines: Iterable[RoleLine], tables: Tables, *, solution_there: bool) -> Resolution:
    """Resolve every line; nothing is raised, so that all findings are known at once."""
    found = Resolution()
    for line in lines:
        privileges = tables.get(line.table)
        if privileges:
            for right in line.rights:
                _take(found, line, right, privileges)
        elif line.covered_by and tables.get(line.covered_by):
            found.skipped.append(f"{line.table} (covered by {line.covered_by})")
        elif line.optional:
            found.skipped.append(f"{line.table} (optional, not in this environment)")
        elif privileges is None and not solution_there:
            found.pending.extend(f"{right.value} on {line.table}" for right in line.rights)
        elif line.table not in found.unknown:
            found.unknown.append(line.table)
    return found


def _take(found: Resolution, line: RoleLine, right: Right, privileges: Mapping[str, TablePrivilege]) -> None:
    privilege = privileges.get(right.privilege_type)
    where = f"{line.table}.{right.value}"
    if privilege is None:
        if line.optional:
            found.skipped.append(f"{where} (optional, the table has no such right)")
        else:
            has = ", ".join(sorted(privileges))
            message = f"the table has no such right; it has {has}"
            found.problems.append(Problem("dataverse.right", where, "", message))
        return
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
    tables = tuple(dict.fromkeys((*before.tables, line.table)))
    return WantedPrivilege(before.id, before.name, wider(before.depth, depth), tables)


def version_at_least(version: str, minimum: str) -> bool:
    """Whether a dotted version is the minimum or later; missing parts count as zero."""
    one, other = (_numbers(text) for text in (version, minimum))
    length = max(len(one), len(other))
    return _padded(one, length) >= _padded(other, length)


def _numbers(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


def _padded(numbers: list[int], length: int) -> list[int]:
    return numbers + [0] * (length - len(numbers))
