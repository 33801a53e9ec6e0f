"""`fleet sync` and `fleet new`: fleet.yaml, the stacks' files, and the stacks that the backend has."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import typer

from connector.cli.engine.process import run_pulumi
from connector.cli.engine.pulumi import PROJECT_DIR, EngineError, with_explanation
from connector.cli.paths import file_to_write
from connector.cli.run import Outcome
from connector.cli.screen.console import Voice, is_person_there
from connector.errors import DriftError, Problem, SettingsError
from connector.files import write_whole
from connector.fleet import Fleet
from connector.fleet.addition import with_stack
from connector.fleet.sync import FileChange, plan_sync, strays, write_files
from connector.report import counted, first_few
from connector.settings.problems import shown

_QUESTIONS = {
    "stack": "Name of the stack (customer and environment, such as acme-prod)",
    "tenantId": "Directory (tenant) id",
    "dynamicsUrl": "URL of the Dynamics organization",
    "owner": "Who answers for it (mail)",
}


def backend_environment(fleet: Fleet) -> dict[str, str]:
    """The variable that names the fleet's backend. Raises SettingsError where the environment has another."""
    if fleet.backend is None:
        return {}
    there = os.environ.get("PULUMI_BACKEND_URL")
    if there and there != fleet.backend:
        wanted = _without_password(fleet.backend)
        message = f"fleet.yaml says {wanted}; unset the variable, or work with the other fleet's file"
        problem = Problem("fleet.backend", "PULUMI_BACKEND_URL", shown(_without_password(there)), message)
        raise SettingsError([problem], where="the environment")
    return {"PULUMI_BACKEND_URL": fleet.backend}


def _without_password(url: str) -> str:
    """A backend's URL as it may be shown: `postgres://` holds name and password before its host."""
    return re.sub(r"//.*@", "//…@", url)


def sync_files(voice: Voice, fleet: Fleet, *, check: bool, take_over: bool, create: bool) -> Outcome:
    """Show the difference, write it, and make stacks that are missing."""
    changes = plan_sync(fleet, PROJECT_DIR, take_over=take_over)
    changed = [change for change in changes if change.changed]
    written = counted(len(changed), "file")
    voice.title(f"Fleet {fleet.name}: {counted(len(changes), 'stack')}, {written} to write")
    for change in changed:
        voice.lines(change.diff)
    stray = strays(fleet, PROJECT_DIR)
    for name in stray:
        voice.say(f"! Pulumi.{name}.yaml is of this fleet and fleet.yaml does not name it: `remove` it first")
    body = _synced(fleet, changed, stray)
    if check:
        return Outcome(body, _differs(fleet, changed))
    write_files(changes)
    made = _create(voice, fleet) if create else []
    return Outcome(body | {"result": "written" if changed else "unchanged", "created": made})


def _synced(fleet: Fleet, changed: list[FileChange], stray: tuple[str, ...]) -> dict[str, object]:
    return {
        "fleet": fleet.name,
        "result": "differs" if changed else "unchanged",
        "files": [{"stack": c.stack, "file": c.path.name, "diff": c.diff} for c in changed],
        "strays": list(stray),
        "created": [],
    }


def _differs(fleet: Fleet, changed: list[FileChange]) -> DriftError | None:
    if not changed:
        return None
    names = first_few([change.path.name for change in changed])
    message = f"fleet {fleet.name} and {names} differ; run `fleet sync` and commit what it writes"
    return DriftError(message, code="fleet.out_of_sync", key=changed[0].path.name)


def existing_stacks(env: Mapping[str, str]) -> set[str]:
    """Names of the stacks that the backend has. Raises EngineError."""
    ran = run_pulumi(["stack", "ls", "--json"], PROJECT_DIR, env=env)
    if ran.code != 0:
        raise EngineError(with_explanation(ran.words), status=ran.code)
    return {str(row["name"]).rsplit("/", 1)[-1] for row in json.loads(ran.out)}


def _create(voice: Voice, fleet: Fleet) -> list[str]:
    """Make missing stacks. Each writes its salt or key into its file, which has to be committed."""
    env = backend_environment(fleet)
    there = existing_stacks(env)
    made = []
    for stack in fleet.stacks:
        if stack.name in there:
            continue
        provider = ["--secrets-provider", fleet.secrets_provider] if fleet.secrets_provider else []
        ran = run_pulumi(["stack", "init", stack.name, "--no-select", *provider], PROJECT_DIR, env=env)
        if ran.code != 0:
            message = f"stack {stack.name} could not be made: {with_explanation(ran.words)}"
            raise EngineError(message, status=ran.code)
        voice.say(f"made stack {stack.name}; commit Pulumi.{stack.name}.yaml")
        made.append(stack.name)
    return made


def add_stack(voice: Voice, path: Path, stack: str | None, given: Mapping[str, str | None]) -> Outcome:
    """One more entry in the fleet's file, checked with all the others before it is written."""
    file_to_write("--fleet", str(path))
    answers = _answers({"stack": stack, **given})
    name = answers.pop("stack")
    text, fleet = with_stack(path, name, dict(answers), project_dir=PROJECT_DIR)
    write_whole(path, text, mode=0o644)
    voice.say(f"{path.name}: stack {name} added; `fleet sync --create` writes its file and makes the stack")
    (made,) = [one for one in fleet.stacks if one.name == name]
    return Outcome({"fleet": fleet.name, "result": "added", "stack": name, "ring": made.ring})


def _answers(given: Mapping[str, str | None]) -> dict[str, str]:
    """What was given, and what a person answers; without a terminal the missing options are named."""
    answers = {key: value for key, value in given.items() if value is not None}
    missing = [key for key in _QUESTIONS if key not in answers]
    if missing and not is_person_there():
        problems = [
            Problem("fleet.missing", f"--{_option(key)}", "", f"is needed: {_QUESTIONS[key]}")
            for key in missing
        ]
        raise SettingsError(problems, where="the command line")
    for key in missing:
        answers[key] = str(typer.prompt(_QUESTIONS[key], err=True))
    return answers


def _option(key: str) -> str:
    return {"tenantId": "tenant-id", "dynamicsUrl": "dynamics-url"}.get(key, key)
