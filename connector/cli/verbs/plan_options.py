"""The options of `preview`, `plan` and `apply`: what is looked at before it is done, and the doing of it."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.cli.open_stack import records_folder
from connector.cli.options import Json, Move, Records, Stack, Strip, Trace, Yes
from connector.cli.paths import file_to_write, one_result_on_stdout
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Voice
from connector.cli.verbs import plan as planning
from connector.dataverse.desired import OptIn


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    for verb in (preview, plan, apply):
        app.command()(verb)


def preview(  # noqa: PLR0913, PLR0917  # options of a command line
    stack: Stack = None,
    json: Json = False,
    markdown: Annotated[
        str | None, typer.Option("--markdown", help="Markdown into this file, `-` for stdout, for a review.")
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Look for what moved in the tenant, too.")
    ] = False,
    policy_pack: Annotated[
        str | None, typer.Option("--policy-pack", help="Folder of a policy pack, such as policies.")
    ] = None,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit with 7 when deploy would change something.")
    ] = False,
    records: Records = None,
    trace: Trace = None,
) -> None:
    """Show what `deploy` would change, both halves; writes nothing, and needs no stack in the backend."""

    def work(voice: Voice) -> Outcome:
        from connector.cli.verbs import preview as previewing  # noqa: PLC0415  # imported when it is wanted

        file_to_write("--markdown", markdown, stdout=True)
        one_result_on_stdout("--markdown", also=markdown == "-", as_json=json)
        records_folder(records)
        options = previewing.PreviewOptions(markdown, refresh, policy_pack, expect_no_changes)
        return previewing.preview(voice, stack, records, options)

    run_verb("preview", Voice(as_json=json), work, trace=trace)


def plan(  # noqa: PLR0913, PLR0917  # options of a command line
    stack: Stack = None,
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown on stdout, for a review.")] = False,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit with 7 when apply would change something.")
    ] = False,
    out: Annotated[str | None, typer.Option("--out", help="Write the plan there, for apply --plan.")] = None,
    move_business_unit: Move = False,
    strip_extra_roles: Strip = False,
    records: Records = None,
    trace: Trace = None,
) -> None:
    """Show what `apply` would change in Dataverse: tables, rights and depth; nothing is written."""
    options = planning.PlanOptions(markdown, expect_no_changes, out)
    opt_in = OptIn(move_business_unit, strip_extra_roles)
    run_verb(
        "plan",
        Voice(as_json=json),
        lambda voice: planning.plan(voice, stack, records, options, opt_in),
        trace=trace,
    )


def apply(  # noqa: PLR0913, PLR0917  # options of a command line
    stack: Stack = None,
    json: Json = False,
    plan_file: Annotated[
        str | None, typer.Option("--plan", help="Do what this plan says; refused when live state moved.")
    ] = None,
    move_business_unit: Move = False,
    strip_extra_roles: Strip = False,
    yes: Yes = False,
    records: Records = None,
    trace: Trace = None,
) -> None:
    """Make the Dataverse half: security role, application user, assignment."""
    opt_in = OptIn(move_business_unit, strip_extra_roles)
    run_verb(
        "apply",
        Voice(as_json=json),
        lambda voice: planning.apply(voice, stack, records, plan_file, opt_in, yes=yes),
        trace=trace,
    )
