"""A plan in a file: what was reviewed, so that apply does that and nothing else.

The file holds no secret: changes, and hashes of what the stack wants and of what was read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from connector.dataverse.desired import Desired, OptIn
from connector.dataverse.live import Live
from connector.dataverse.reports import PlanReport
from connector.errors import DriftError, Problem, SettingsError
from connector.report import Change

FORMAT = 1
_SHOWN = 6
#: What one person's plan and another's apply may see differently without anything having moved.
_READERS_OWN = ("caller_id", "team_roles")


class PlanFile(BaseModel):
    """A reviewed plan; `application_id` is empty when it was made before the first `pulumi up`."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    format: int
    stack: str
    dynamics_url: str
    application_id: str = ""
    move_business_unit: bool = False
    strip_extra_roles: bool = False
    wanted_hash: str
    read_hash: str
    changes: tuple[dict[str, str], ...] = ()

    @property
    def opt_in(self) -> OptIn:
        """What the reviewed plan was allowed to take away."""
        return OptIn(self.move_business_unit, self.strip_extra_roles)

    def check_wanted(self, *, made_for: Desired, stack: str, url: str) -> None:
        """Raise SettingsError for another stack's plan, DriftError when the stack wants something else."""
        if (self.stack, self.dynamics_url) != (stack, url):
            problem = f"is a plan of stack {self.stack} at {self.dynamics_url}, and not of {stack} at {url}"
            raise SettingsError([Problem("plan.stack", "--plan", "", problem)], where="the plan file")
        if self.application_id not in ("", made_for.application_id):
            raise _moved("the application is another one", self.application_id)
        if self.wanted_hash != wanted_hash(made_for):
            raise _moved("the stack's settings or profile ask for something else", "settings")

    def check_read(self, live: Live, changes: Iterable[Change]) -> None:
        """Raise DriftError, naming what differs, when the organization moved since the plan was made."""
        if self.read_hash == read_hash(live):
            return
        before = {_line(change) for change in self.changes}
        now = {_line(change.to_json()) for change in changes}
        found = [f"now {line}" for line in sorted(now - before)]
        found += [f"no longer {line}" for line in sorted(before - now)]
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        said = "; ".join(found[:_SHOWN]) or "something that the plan read, and does not change"
        raise _moved(f"live state moved: {said}{more}", "live state")


def write_plan(report: PlanReport, opt_in: OptIn, url: str, path: Path) -> None:
    """Write the plan; raises SettingsError when the file cannot be written."""
    file = PlanFile(
        format=FORMAT,
        stack=report.stack,
        dynamics_url=url,
        application_id=report.ids.get("applicationId", ""),
        move_business_unit=opt_in.move_business_unit,
        strip_extra_roles=opt_in.strip_extra_roles,
        wanted_hash=report.wanted_hash,
        read_hash=report.read_hash,
        changes=tuple(change.to_json() for change in report.changes),
    )
    try:
        path.write_text(file.model_dump_json(by_alias=True, indent=1) + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise _bad(path, f"cannot be written: {error.strerror}", "--out") from error


def read_plan(path: Path) -> PlanFile:
    """Read a plan; raises SettingsError for a file that is none, or of another format."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        found = raw.get("format") if isinstance(raw, dict) else None
        if found != FORMAT:
            raise _bad(path, f"has format {found!r} and this version reads {FORMAT}; make the plan anew")
        return PlanFile.model_validate(raw)
    except OSError as error:
        raise _bad(path, f"cannot be read: {error.strerror}") from error
    except (ValidationError, ValueError) as error:
        raise _bad(path, "is no plan file; make one with `plan --out FILE`") from error


def wanted_hash(desired: Desired) -> str:
    """A hash of what a stack asks for, the application's id apart."""
    lines = [line.model_dump(mode="json") for line in desired.lines]
    forbidden = [line.model_dump(mode="json") for line in desired.forbidden]
    solution = desired.solution.model_dump(mode="json") if desired.solution else None
    return _hash([desired.role_id, desired.role_name, desired.business_unit, solution, lines, forbidden])


def read_hash(live: Live) -> str:
    """A hash of what was read, in whatever order it came; who read it does not count."""
    read = {name: value for name, value in asdict(live).items() if name not in _READERS_OWN}
    return _hash(_plain(read))


def _plain(value: Any) -> Any:
    """The value with every list and set in one order."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in sorted(value.items())}
    if isinstance(value, (list, tuple, set, frozenset)):
        return sorted((_plain(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _line(change: dict[str, str]) -> str:
    detail = f" ({change['detail']})" if change.get("detail") else ""
    return f"{change['action']} {change['kind']} {change['name']}{detail}"


def _moved(why: str, key: str) -> DriftError:
    message = f"this is no longer what was reviewed: {why}; nothing was written; make and review a new plan"
    return DriftError(message, code="plan.moved", key=key)


def _bad(path: Path, why: str, option: str = "--plan") -> SettingsError:
    return SettingsError([Problem("plan.file", option, str(path), why)], where="the command line")
