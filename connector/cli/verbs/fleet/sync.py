"""`fleet sync`: the stacks' files out of fleet.yaml, and the stacks that the backend does not have."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from typing import Annotated

import typer

from connector.cli.engine.process import run_pulumi
from connector.cli.engine.pulumi import PROJECT_DIR, EngineError, with_explanation
from connector.cli.options import Json
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.verbs.fleet.options import File, backend_environment, read_fleet
from connector.errors import DriftError
from connector.fleet import Fleet
from connector.fleet.sync import FileChange, plan_sync, strays, write_files
from connector.report import counted, first_few


def fleet_sync(
    file: File = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 7 when files differ.")
    ] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Keys set by hand to another value become the fleet's.")
    ] = False,
    create: Annotated[
        bool, typer.Option("--create", help="Then make the stacks that the backend does not have.")
    ] = False,
    json: Json = False,
) -> None:
    """Write Pulumi.STACK.yaml of every stack from fleet.yaml; only keys that it wrote itself are its own."""

    def work(screen: Screen) -> Outcome:
        return sync_files(screen, read_fleet(file), check=check, take_over=take_over, create=create)

    run_verb("fleet sync", Screen(as_json=json), work)


def sync_files(screen: Screen, fleet: Fleet, *, check: bool, take_over: bool, create: bool) -> Outcome:
    """Show the difference, write it, and make stacks that are missing."""
    changes = plan_sync(fleet, PROJECT_DIR, take_over=take_over)
    changed = [change for change in changes if change.changed]
    written = counted(len(changed), "file")
    screen.title(f"Fleet {fleet.name}: {counted(len(changes), 'stack')}, {written} to write")
    for change in changed:
        screen.lines(change.diff)
    stray = strays(fleet, PROJECT_DIR)
    for name in stray:
        told = f"Pulumi.{name}.yaml is of this fleet and fleet.yaml does not name it: `remove` it first"
        screen.say(f"! {told}")
    body = _synced(fleet, changed, stray)
    if check:
        return Outcome(body, _differs(fleet, changed))
    write_files(changes)
    made = _create(screen, fleet) if create else []
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
    return {str(row["name"]).rsplit("/", 1)[-1] for row in jsonlib.loads(ran.out)}


def _create(screen: Screen, fleet: Fleet) -> list[str]:
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
        screen.say(f"made stack {stack.name}; commit Pulumi.{stack.name}.yaml")
        made.append(stack.name)
    return made
