"""`apply`: the Dataverse half alone, as it is planned now or as a reviewed plan says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.open_stack import OpenStack
from connector.cli.options import Json, Move, Records, Stack, Strip, Trace, Yes
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.dataverse import jobs
from connector.dataverse.desired import OptIn
from connector.dataverse.plan_file import PlanFile, read_plan
from connector.errors import PersonNeededError, Problem, SettingsError


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
        Screen(as_json=json),
        lambda screen: _apply(screen, stack, records, _reviewed(plan_file, opt_in, yes=yes), opt_in),
        trace=trace,
    )


def _reviewed(plan_file: str | None, opt_in: OptIn, *, yes: bool) -> PlanFile | None:
    """The plan that was reviewed, where one is named. Raises SettingsError, PersonNeededError."""
    reviewed = read_plan(Path(plan_file)) if plan_file else None
    if reviewed and opt_in != OptIn():
        problem = Problem("plan.options", "--plan", "", "a reviewed plan says what it moves and strips")
        raise SettingsError([problem], where="the command line")
    _need_yes(reviewed.opt_in if reviewed else opt_in, yes=yes)
    return reviewed


def _apply(
    screen: Screen, stack: str | None, records: str | None, reviewed: PlanFile | None, opt_in: OptIn
) -> Outcome:
    opened = OpenStack(screen, stack, records, writes=True)
    settings, outputs, known = opened.settings, opened.outputs(), opened.known()
    opened.ask_locks()
    screen.title(f"Dataverse: security role, application user, assignment ({settings.dynamics_host})")
    report = opened.in_session(
        lambda session: jobs.apply(
            settings, outputs, session, screen.say, known=known, opt_in=opt_in, reviewed=reviewed
        )
    )
    screen.plan(report)
    screen.counts(report)
    opened.note(outputs, applied=report)
    return Outcome(report.to_json(), report.error)


def _need_yes(opt_in: OptIn, *, yes: bool) -> None:
    if opt_in.strip_extra_roles and not yes:
        message = "taking roles that others assigned needs --yes; plan --strip-extra-roles shows them"
        raise PersonNeededError(message, code="apply.unconfirmed", key="--yes")
