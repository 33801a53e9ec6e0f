"""`plan`: what `apply` would change in Dataverse, for people, for a review, or into a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from connector.cli.open_stack import OpenStack
from connector.cli.options import Json, Move, Records, Stack, Strip, Trace
from connector.cli.paths import file_to_write, one_result_on_stdout
from connector.cli.run import Outcome, run_verb
from connector.cli.screen import plan as plan_view
from connector.cli.screen.console import Screen
from connector.dataverse import jobs
from connector.dataverse.desired import OptIn
from connector.dataverse.plan_file import write_plan
from connector.dataverse.reports import PlanReport
from connector.errors import ConnectError, DriftError
from connector.stack.outputs import StackOutputs


@dataclass(frozen=True)
class PlanOptions:
    """What `plan` was asked for; `out` is the file to write the plan to."""

    markdown: bool = False
    expect_no_changes: bool = False
    out: str | None = None


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
    options = PlanOptions(markdown, expect_no_changes, out)
    opt_in = OptIn(move_business_unit, strip_extra_roles)
    run_verb(
        "plan",
        Screen(as_json=json),
        lambda screen: _plan(screen, stack, records, options, opt_in),
        trace=trace,
    )



def _plan(
    screen: Screen, stack: str | None, records: str | None, options: PlanOptions, opt_in: OptIn
) -> Outcome:
    """Before the first `pulumi up` the application's id is pending."""
    one_result_on_stdout("--markdown", also=options.markdown, as_json=screen.as_json)
    out = file_to_write("--out", options.out, code="plan.file")
    opened = OpenStack(screen, stack, records)
    settings, outputs = opened.settings, StackOutputs.as_far_as_known(opened.engine.raw_outputs())
    known = opened.known()
    screen.title(f"Plan of the Dataverse half: {settings.role_name} ({settings.dynamics_host})")
    report = opened.in_session(
        lambda session: jobs.plan(settings, outputs, session, known=known, opt_in=opt_in)
    )
    if out is not None:
        write_plan(report, opt_in, settings.dynamics_url, out)
        screen.say(f"{out}: the plan, for `apply --plan`")
    if options.markdown:
        print(plan_view.markdown(report, f"{settings.role_name} at {settings.dynamics_host}"), end="")
    else:
        plan_view.show_whole(screen.console, report)
        screen.counts(report)
    return Outcome(report.to_json(), _ending(report, expect_no_changes=options.expect_no_changes))


def _ending(report: PlanReport, *, expect_no_changes: bool) -> ConnectError | None:
    """Exit 7 for a role that is not ours and differs, and for changes where none were expected."""
    if report.refusal is not None:
        return report.refusal
    if expect_no_changes and report.changed:
        message = f"changes were not expected: {plan_view.summary(report)}"
        return DriftError(message, code="plan.changes", key=report.stack)
    return None
