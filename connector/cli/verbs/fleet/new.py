"""`fleet new`: one more stack in fleet.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.engine.pulumi import PROJECT_DIR
from connector.cli.options import Json
from connector.cli.paths import file_to_write
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen, is_person_there
from connector.cli.verbs.fleet.options import File, fleet_path
from connector.errors import Problem, SettingsError
from connector.files import write_whole
from connector.fleet.new import with_stack
from connector.settings.values import Cloud

_QUESTIONS = {
    "stack": "Name of the stack (customer and environment, such as acme-prod)",
    "tenantId": "Directory (tenant) id",
    "dynamicsUrl": "URL of the Dynamics organization",
    "owner": "Who answers for it (mail)",
}


def fleet_new(  # noqa: PLR0913, PLR0917  # options of a command line
    file: File = None,
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="Name of the new stack.")] = None,
    tenant_id: Annotated[str | None, typer.Option(help="Directory (tenant) id.")] = None,
    dynamics_url: Annotated[str | None, typer.Option(help="URL of the Dynamics organization.")] = None,
    profile: Annotated[str | None, typer.Option(help="What is connected, by profile.")] = None,
    cloud: Annotated[
        str | None, typer.Option(help=f"{', '.join(Cloud)}; the fleet's by default.")
    ] = None,
    ring: Annotated[str | None, typer.Option(help="Its ring; the last one by default.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
    json: Json = False,
) -> None:
    """Add one stack to fleet.yaml; asks for what is not given, on a terminal."""

    def work(screen: Screen) -> Outcome:
        given = {
            "tenantId": tenant_id,
            "dynamicsUrl": dynamics_url,
            "profile": profile,
            "cloud": cloud,
            "ring": ring,
            "owner": owner,
        }
        return add_stack(screen, fleet_path(file), stack, given)

    run_verb("fleet new", Screen(as_json=json), work)


def add_stack(screen: Screen, path: Path, stack: str | None, given: Mapping[str, str | None]) -> Outcome:
    """One more entry in the fleet's file, checked with all the others before it is written."""
    file_to_write("--fleet", str(path))
    answers = _answers({"stack": stack, **given})
    name = answers.pop("stack")
    text, fleet = with_stack(path, name, dict(answers), project_dir=PROJECT_DIR)
    write_whole(path, text, mode=0o644)
    screen.say(f"{path.name}: stack {name} added; `fleet sync --create` writes its file and makes the stack")
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
