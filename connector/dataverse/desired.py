"""What a stack wants in Dataverse before the organization was asked anything."""

from __future__ import annotations

from dataclasses import dataclass

from connector import naming
from connector.errors import Problem, SettingsError
from connector.settings import Settings
from connector.settings.profile import ForbiddenLine, RequiredSolution, RoleLine
from connector.settings.values import Basis


@dataclass(frozen=True)
class OptIn:
    """What a plan may take away from somebody else's hand only because a person asked for it."""

    move_business_unit: bool = False
    strip_extra_roles: bool = False


@dataclass(frozen=True)
class Known:
    """What earlier runs recorded: by these ids an object is ours, or was adopted as found."""

    role_id: str = ""
    adopted_role_id: str = ""
    user_id: str = ""
    user_adopted: bool = False


NOTHING_KNOWN = Known()
NO_OPT_IN = OptIn()


@dataclass(frozen=True)
class Desired:
    """Names, ids and role lines that a stack asks for.

    `application_id` is empty before the first `pulumi up`: the plan is then made without it.
    """

    role_name: str
    role_id: str
    application_id: str
    business_unit: str | None
    solution: RequiredSolution | None
    lines: tuple[RoleLine, ...]
    forbidden: tuple[ForbiddenLine, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that a line names, forbids or is covered by, each once."""
        covering = (line.covered_by for line in self.lines if line.covered_by)
        barred = (table for line in self.forbidden for table in line.tables)
        return tuple(dict.fromkeys([*(line.table for line in self.lines), *covering, *barred]))


def desired_of(settings: Settings, application_id: str) -> Desired:
    """The desired state of a stack: the profile's role, with the stack's additions and removals.

    Raises SettingsError for a removal that removes nothing.
    """
    name = settings.role_name
    return Desired(
        role_name=name,
        role_id=naming.role_id(settings.dynamics_host, settings.stack, name),
        application_id=application_id.lower(),
        business_unit=settings.dataverse.business_unit,
        solution=settings.profile.solution,
        lines=_lines(settings),
        forbidden=settings.profile.role.forbidden,
    )


def _lines(settings: Settings) -> tuple[RoleLine, ...]:
    base, own = settings.profile.role.tables, settings.dataverse
    _check_removals(settings)
    removed = {(line.table, right) for line in own.remove for right in line.rights}
    added = (line.model_copy(update={"basis": Basis.STACK}) for line in own.add)
    kept: list[RoleLine] = []
    for line in (*base, *added):
        rights = tuple(right for right in line.rights if (line.table, right) not in removed)
        if rights:
            kept.append(line.model_copy(update={"rights": rights}))
    return tuple(kept)


def _check_removals(settings: Settings) -> None:
    given = {(line.table, right) for line in settings.profile.role.tables for right in line.rights}
    problems = []
    for i, line in enumerate(settings.dataverse.remove):
        for right in line.rights:
            if (line.table, right) not in given:
                message = f"the profile gives no right {right.value} on {line.table}; nothing to remove"
                problems.append(Problem("dataverse.remove", f"dataverse.remove[{i}]", "", message))
    if problems:
        raise SettingsError(problems, where=f"the settings of stack {settings.stack}")


def version_at_least(version: str, minimum: str) -> bool:
    """Whether a dotted version is the minimum or later; missing parts count as zero."""
    one, other = (_numbers(text) for text in (version, minimum))
    length = max(len(one), len(other))
    return _padded(one, length) >= _padded(other, length)


def _numbers(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


def _padded(numbers: list[int], length: int) -> list[int]:
    return numbers + [0] * (length - len(numbers))
