"""The options of `fleet preview | deploy | verify | rotate | status`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli.options import Json, Records
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Voice
from connector.cli.verbs.fleet.group import File, InRing, Only, Shard, read_fleet
from connector.fleet.selection import select

Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the last run: what is done is not done again.")
]
Count = Annotated[
    int | None, typer.Option("--workers", min=1, help="Stacks at a time; by default from cores and memory.")
]

_PLAIN = {
    "deploy": "Deploy and prove stack by stack, ring after ring; a ring that fails too often stops the run.",
    "verify": "Prove the connection of every stack.",
}


def register(app: typer.Typer) -> None:
    """Add the verbs to the group."""
    app.command()(preview)
    for verb, text in _PLAIN.items():
        app.command(verb, help=text)(_over_stacks(verb))
    app.command()(rotate)
    app.command()(status)


def _run(verb: str, file: str | None, *, json: bool, **options: Any) -> None:
    def work(voice: Voice) -> Outcome:
        from connector.cli.verbs.fleet.run import RunOptions, run_fleet  # noqa: PLC0415  # imported when it is wanted

        return run_fleet(voice, read_fleet(file), verb, RunOptions(**options))

    run_verb(f"fleet {verb}", Voice(as_json=json), work)


def preview(  # noqa: PLR0913, PLR0917  # options of a command line
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


def _over_stacks(verb: str) -> Callable[..., None]:
    """A verb that is told which stacks, and nothing besides."""

    def run(  # noqa: PLR0913, PLR0917  # options of a command line
        file: File = None,
        only: Only = None,
        ring: InRing = None,
        shard: Shard = None,
        resume: Resume = False,
        workers: Count = None,
        records: Records = None,
        json: Json = False,
    ) -> None:
        chosen = {"only": only or (), "ring": ring, "shard": shard, "resume": resume}
        _run(verb, file, json=json, workers=workers, records=records, **chosen)

    return run


def rotate(  # noqa: PLR0913, PLR0917  # options of a command line
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


def status(  # noqa: PLR0913, PLR0917  # options of a command line
    file: File = None,
    only: Only = None,
    ring: InRing = None,
    shard: Shard = None,
    records: Records = None,
    soon_days: Annotated[
        int | None,
        typer.Option(min=0, help="Days before an end that count as soon (30, a sixth of a lifetime)."),
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option("--concurrency", min=1, help="Stacks read side by side (3).")
    ] = None,
    report: Annotated[
        str | None, typer.Option("--report", help="Write one HTML page for people there.")
    ] = None,
    json: Json = False,
) -> None:
    """Show how every stack stands: drift, consent, days left, last proof; reads only, without the engine."""

    def work(voice: Voice) -> Outcome:
        # imported when it is wanted: it brings the Graph SDK
        from connector.cli.verbs.fleet.status import StatusOptions, fleet_status  # noqa: PLC0415

        fleet = read_fleet(file)
        chosen = select(fleet, only=only or (), ring=ring, shard=shard)
        return fleet_status(voice, fleet, chosen, StatusOptions(records, soon_days, concurrency, report))

    run_verb("fleet status", Voice(as_json=json), work)
