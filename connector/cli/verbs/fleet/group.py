"""`fleet`: many stacks from one file. Here what is done to files; runs over stacks stand beside."""

from __future__ import annotations

import json as jsonlib
import os
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.app import App
from connector.cli.engine.pulumi import PROJECT_DIR
from connector.cli.options import Json
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Voice
from connector.fleet import FLEET_FILE, Fleet, load_fleet
from connector.fleet.selection import matrix as job_matrix
from connector.fleet.selection import select

app = App(no_args_is_help=True, rich_markup_mode=None, help="Many stacks from one file, fleet.yaml.")

File = Annotated[str | None, typer.Option("--fleet", help="The fleet's file; the project's fleet.yaml.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="These stacks alone; names with commas.")]
InRing = Annotated[str | None, typer.Option("--ring", help="The stacks of this ring alone.")]
Shard = Annotated[str | None, typer.Option("--shard", help="K/N: the K-th of N parts of the stacks.")]


def read_fleet(file: str | None) -> Fleet:
    """The fleet of a file. Raises SettingsError with every problem of it."""
    return load_fleet(fleet_path(file), project_dir=PROJECT_DIR)


def fleet_path(file: str | None) -> Path:
    """A fleet's file: as named from here, otherwise in the project's folder.

    Where none is named it is the project's, whatever lies here: its stacks' files are the project's too.
    """
    if file is None:
        return PROJECT_DIR / FLEET_FILE
    named = Path(file)
    return named if named.exists() or named.is_absolute() else PROJECT_DIR / named


@app.command()
def sync(
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

    def work(voice: Voice) -> Outcome:
        from connector.cli.verbs.fleet.files import sync_files  # noqa: PLC0415  # imported when it is wanted

        return sync_files(voice, read_fleet(file), check=check, take_over=take_over, create=create)

    run_verb("fleet sync", Voice(as_json=json), work)


@app.command()
def new(  # noqa: PLR0913, PLR0917  # options of a command line
    file: File = None,
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="Name of the new stack.")] = None,
    tenant_id: Annotated[str | None, typer.Option(help="Directory (tenant) id.")] = None,
    dynamics_url: Annotated[str | None, typer.Option(help="URL of the Dynamics organization.")] = None,
    profile: Annotated[str | None, typer.Option(help="What is connected, by profile.")] = None,
    cloud: Annotated[
        str | None, typer.Option(help="public, usgov, china or emulator; the fleet's by default.")
    ] = None,
    ring: Annotated[str | None, typer.Option(help="Its ring; the last one by default.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
    json: Json = False,
) -> None:
    """Add one stack to fleet.yaml; asks for what is not given, on a terminal."""

    def work(voice: Voice) -> Outcome:
        from connector.cli.verbs.fleet.files import add_stack  # noqa: PLC0415  # imported when it is wanted

        given = {
            "tenantId": tenant_id,
            "dynamicsUrl": dynamics_url,
            "profile": profile,
            "cloud": cloud,
            "ring": ring,
            "owner": owner,
        }
        return add_stack(voice, fleet_path(file), stack, given)

    run_verb("fleet new", Voice(as_json=json), work)


@app.command()
def matrix(
    shards: Annotated[int, typer.Option("--shards", min=1, help="How many jobs at most.")],
    file: File = None,
    only: Only = None,
    ring: InRing = None,
    output: Annotated[
        str | None, typer.Option("--output", help="Make it this output of the pipeline's step, too.")
    ] = None,
) -> None:
    """Print the job matrix of a pipeline as JSON: `{"include": [{"shard", "ring", "stacks"}]}`."""

    def work(_: Voice) -> Outcome:
        chosen = select(read_fleet(file), only=only or (), ring=ring)
        computed = job_matrix(chosen, shards, ring)
        print(jsonlib.dumps(computed))
        if output is not None:
            from connector.cli.verbs.fleet.matrix import hand_out  # noqa: PLC0415  # imported when it is wanted

            hand_out(output, computed, os.environ)
        return Outcome()

    run_verb("fleet matrix", Voice(as_json=False), work)
