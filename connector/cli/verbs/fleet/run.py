"""`fleet preview | deploy | verify | rotate`: what each is told, and the run of it over the stacks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli.options import Json, Records
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.verbs.fleet.job import RunOptions, run_fleet
from connector.cli.verbs.fleet.options import File, InRing, Only, Shard, read_fleet

Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the last run: what is done is not done again.")
]
Count = Annotated[
    int | None, typer.Option("--workers", min=1, help="Stacks at a time; by default from cores and memory.")
]


def _run(verb: str, file: str | None, *, json: bool, **options: Any) -> None:
    def work(screen: Screen) -> Outcome:
        return run_fleet(screen, read_fleet(file), verb, RunOptions(**options))

    run_verb(f"fleet {verb}", Screen(as_json=json), work)


def fleet_preview(  # noqa: PLR0913, PLR0917  # options of a command line
    file: File = None,
    only: Only = None,
    ring: InRing = None,
    shard: Shard = None,
    resume: Resume = False,
    workers: Count = None,
    records: Records = None,
    markdown: Annotated[
        str | None,
        typer.Option(
            "--markdown", help="One page of all stacks into this file, `-` for stdout, for a review."
        ),
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Look for what moved in the tenants, too.")
    ] = False,
    policy_pack: Annotated[str | None, typer.Option("--policy-pack", help="Folder of a policy pack.")] = None,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit with 7 when a stack would change.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what `fleet deploy` would change, stack by stack; writes nothing."""
    more = ["--refresh"] * refresh + ["--expect-no-changes"] * expect_no_changes
    more += ["--policy-pack", str(Path(policy_pack).absolute())] if policy_pack else []
    chosen = {"only": only or (), "ring": ring, "shard": shard, "resume": resume}
    told = {"workers": workers, "records": records, "markdown": markdown, "more": tuple(more)}
    _run("preview", file, json=json, **chosen, **told)


def fleet_deploy(  # noqa: PLR0913, PLR0917  # options of a command line
    file: File = None,
    only: Only = None,
    ring: InRing = None,
    shard: Shard = None,
    resume: Resume = False,
    workers: Count = None,
    records: Records = None,
    json: Json = False,
) -> None:
    """Deploy and prove stack by stack, ring after ring; a ring that fails too often stops the run."""
    chosen = {"only": only or (), "ring": ring, "shard": shard, "resume": resume}
    _run("deploy", file, json=json, workers=workers, records=records, **chosen)


def fleet_verify(  # noqa: PLR0913, PLR0917  # options of a command line
    file: File = None,
    only: Only = None,
    ring: InRing = None,
    shard: Shard = None,
    resume: Resume = False,
    workers: Count = None,
    records: Records = None,
    json: Json = False,
) -> None:
    """Prove the connection of every stack."""
    chosen = {"only": only or (), "ring": ring, "shard": shard, "resume": resume}
    _run("verify", file, json=json, workers=workers, records=records, **chosen)


def fleet_rotate(  # noqa: PLR0913, PLR0917  # options of a command line
    file: File = None,
    only: Only = None,
    ring: InRing = None,
    shard: Shard = None,
    resume: Resume = False,
    workers: Count = None,
    records: Records = None,
    patch: Annotated[
        str | None, typer.Option("--patch", help="Folder for the settings' changes, STACK.patch each.")
    ] = None,
    json: Json = False,
) -> None:
    """Do the next due step of every stack's rotation (`rotate auto`)."""
    chosen = {"only": only or (), "ring": ring, "shard": shard, "resume": resume}
    _run("rotate", file, json=json, workers=workers, records=records, patch=patch, **chosen)
