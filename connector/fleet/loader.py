"""From fleet.yaml to Fleet: every problem of every stack is reported at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connector.errors import Problem, SettingsError
from connector.fleet.model import Fleet, FleetFile, FleetStack, Login, StackEntry
from connector.settings import Cloud, load_settings
from connector.settings.clouds import normalise_url
from connector.settings.model import DEFAULTS
from connector.settings.problems import from_pydantic, nearest, shown
from connector.settings.stack_file import project_defaults
from connector.settings.yaml_text import read_mapping

FLEET_FILE = "fleet.yaml"
#: Keys that have a place of their own, or that other verbs write.
_ELSEWHERE = {
    "profile": "write it beside settings",
    "tenantId": "write it beside settings",
    "dynamicsUrl": "write it beside settings",
    "cloud": "write it beside settings",
    "slots": "`rotate` writes it",
    "fleet": "`fleet sync` writes it",
}
# What a file's name and every backend take: Pulumi's own rule for stack names.
_STACK_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")


def load_fleet(path: Path, *, project_dir: Path) -> Fleet:
    """Read and check a fleet's file; raises SettingsError (exit 2) with every problem of it."""
    if not path.exists():
        message = "there is no such file; `fleet new` begins one, `--fleet FILE` names another"
        raise SettingsError([Problem("fleet.no_file", "--fleet", str(path), message)], where=path.name)
    raw = read_mapping(path, name=path.name)
    try:
        # A section that is named and still empty is one that was not written.
        written = FleetFile.model_validate({k: v for k, v in raw.items() if v is not None})
    except ValidationError as error:
        raise SettingsError(list(from_pydantic(error, FleetFile)), where=path.name) from error
    problems = [*_file_problems(written)]
    if not written.rings:
        raise SettingsError(problems, where=path.name)
    project = project_defaults(project_dir)
    stacks = [_stack(name, entry, written, project) for name, entry in written.stacks.items()]
    for stack in stacks:
        problems.extend(_stack_problems(stack, project, project_dir))
    problems.extend(_shared_environments(stacks))
    if problems:
        raise SettingsError(problems, where=path.name)
    order = {ring.name: number for number, ring in enumerate(written.rings)}
    ordered = tuple(sorted(stacks, key=lambda stack: order[stack.ring]))
    return Fleet(
        name=written.name,
        backend=written.backend,
        secrets_provider=written.secrets_provider,
        rings=written.rings,
        stacks=ordered,
    )


def _stack(name: str, entry: StackEntry, written: FleetFile, project: Mapping[str, Any]) -> FleetStack:
    base = written.defaults
    own = merged(base.settings, entry.settings)
    cloud = entry.cloud or base.cloud or Cloud(project.get("cloud", DEFAULTS.cloud))
    given = {
        "profile": entry.profile or base.profile,
        "tenantId": entry.tenant_id or base.tenant_id,
        "dynamicsUrl": entry.dynamics_url or base.dynamics_url,
        "cloud": cloud.value if entry.cloud or base.cloud else None,
    }
    return FleetStack(
        name=name,
        tenant_id=(given["tenantId"] or "").lower(),
        dynamics_url=normalise_url(given["dynamicsUrl"] or ""),
        profile=given["profile"] or str(project.get("profile", "")),
        cloud=cloud,
        ring=entry.ring or base.ring or written.rings[-1].name,
        owner=entry.owner or base.owner or "",
        login=_login(entry.login, base.login),
        config={key: value for key, value in (given | own).items() if value is not None},
    )


def _login(own: Login, base: Login) -> Login:
    return Login(reader=own.reader or base.reader, writer=own.writer or base.writer)


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Two mappings as one: mappings inside are merged too, anything else of *own* replaces."""
    result = dict(base)
    for key, value in own.items():
        before = result.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            result[key] = merged(before, value)
        else:
            result[key] = value
    return result


def _file_problems(written: FleetFile) -> Iterator[Problem]:
    if not _STACK_NAME.fullmatch(written.name):
        yield _name_problem("name", written.name)
    rings = [ring.name for ring in written.rings]
    if not rings or len(set(rings)) != len(rings):
        yield Problem("fleet.rings", "rings", shown(rings), "must name at least one ring, and none twice")
    yield from _entry_problems("defaults", written.defaults, rings)
    for name, entry in written.stacks.items():
        if not _STACK_NAME.fullmatch(name):
            yield _name_problem(f"stacks.{name}", name)
        yield from _entry_problems(f"stacks.{name}", entry, rings)


def _entry_problems(key: str, entry: StackEntry, rings: list[str]) -> Iterator[Problem]:
    if entry.ring is not None and entry.ring not in rings:
        near = nearest(entry.ring, rings)
        hint = f"did you mean {near!r}? " if near else ""
        message = f"is no ring; {hint}there are: {', '.join(rings)}"
        yield Problem("fleet.rings", f"{key}.ring", shown(entry.ring), message)
    for name in entry.settings.keys() & _ELSEWHERE.keys():
        message = f"does not belong here; {_ELSEWHERE[name]}"
        yield Problem("fleet.settings_key", f"{key}.settings.{name}", "", message)


def _name_problem(key: str, name: str) -> Problem:
    message = "must be 1 to 100 letters, digits, dots, dashes and underscores"
    return Problem("fleet.name", key, shown(name), message)


def _stack_problems(stack: FleetStack, project: Mapping[str, Any], project_dir: Path) -> Iterator[Problem]:
    """The settings' own rules, each key by its place in this file."""
    raw = {key: value for key, value in stack.config.items() if key not in ("slots", "fleet")}
    try:
        load_settings({**project, **raw}, stack=stack.name, project_dir=project_dir)
    except SettingsError as error:
        for problem in error.problems:
            own = problem.key.split(".")[0].split("[")[0] in _ELSEWHERE
            place = f"stacks.{stack.name}.{'' if own else 'settings.'}{problem.key}"
            yield Problem(problem.rule, place, problem.value, problem.message)


def _shared_environments(stacks: list[FleetStack]) -> Iterator[Problem]:
    """Two stacks of one organization: of one tenant, and for two different connections."""
    seen: dict[str, list[FleetStack]] = {}
    for stack in stacks:
        host = stack.dynamics_url
        for other in seen.setdefault(host, []) if host else []:
            key = f"stacks.{stack.name}.dynamicsUrl"
            if other.tenant_id != stack.tenant_id:
                message = f"is stack {other.name}'s too, in another tenant; an organization has one tenant"
                yield Problem("fleet.same_environment", key, shown(stack.dynamics_url), message)
            elif other.profile == stack.profile:
                message = f"is stack {other.name}'s too, for the same profile; one of the two is enough"
                yield Problem("fleet.same_environment", key, shown(stack.dynamics_url), message)
        if host:
            seen[host].append(stack)
