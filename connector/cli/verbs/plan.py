"""The verbs of the Dataverse half alone: `plan` shows what `apply` would do, `apply` does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from connector.cli.engine.pulumi import Engine
from connector.cli.open_stack import ask_locks, in_session, records_folder
from connector.cli.paths import file_to_write, one_result_on_stdout
from connector.cli.run import Outcome
from connector.cli.screen import plan as plan_view
from connector.cli.screen.console import Voice
from connector.dataverse import jobs
from connector.dataverse.desired import OptIn
from connector.dataverse.plan_file import read_plan, write_plan
from connector.dataverse.reports import ApplyReport, PlanReport
from connector.errors import ConnectError, DriftError, PersonNeededError, Problem, SettingsError
from connector.records.record import known_of, read_record, updated, write_record
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session


@dataclass(frozen=True)
class PlanOptions:
    """What `plan` was asked for; `out` is the file to write the plan to."""

    markdown: bool = False
    expect_no_changes: bool = False
    out: str | None = None


def plan(
    voice: Voice, stack: str | None, records: str | None, options: PlanOptions, opt_in: OptIn
) -> Outcome:
    """What apply would do; before the first `pulumi up` the application's id is pending."""
    one_result_on_stdout("--markdown", also=options.markdown, as_json=voice.as_json)
    out, folder = file_to_write("--out", options.out, code="plan.file"), records_folder(records)
    engine = Engine(stack, voice.say)
    settings, raw = engine.settings(), engine.raw_outputs()
    outputs = StackOutputs.as_far_as_known(raw)
    known = known_of(read_record(settings.stack, folder))
    voice.title(f"Plan of the Dataverse half: {settings.role_name} ({settings.dynamics_host})")

    async def work(session: Session) -> PlanReport:
        return await jobs.plan(settings, outputs, session, known=known, opt_in=opt_in)

    report = in_session(settings, work)
    if out is not None:
        write_plan(report, opt_in, settings.dynamics_url, out)
        voice.say(f"{out}: the plan, for `apply --plan`")
    if options.markdown:
        print(plan_view.markdown(report, f"{settings.role_name} at {settings.dynamics_host}"), end="")
    else:
        plan_view.show_whole(voice.console, report)
        voice.counts(report)
    return Outcome(report.to_json(), _ending(report, expect_no_changes=options.expect_no_changes))


def _ending(report: PlanReport, *, expect_no_changes: bool) -> ConnectError | None:
    """Exit 7 for a role that is not ours and differs, and for changes where none were expected."""
    if report.refusal is not None:
        return report.refusal
    if expect_no_changes and report.changed:
        message = f"changes were not expected: {plan_view.summary(report)}"
        return DriftError(message, code="plan.changes", key=report.stack)
    return None


def apply(
    voice: Voice, stack: str | None, records: str | None, plan_file: str | None, opt_in: OptIn, *, yes: bool
) -> Outcome:
    """The Dataverse half alone, as it is planned now or as a reviewed plan says."""
    reviewed = read_plan(Path(plan_file)) if plan_file else None
    if reviewed and opt_in != OptIn():
        problem = Problem("plan.options", "--plan", "", "a reviewed plan says what it moves and strips")
        raise SettingsError([problem], where="the command line")
    _need_yes(reviewed.opt_in if reviewed else opt_in, yes=yes)
    folder = records_folder(records, write=True)
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    ask_locks(voice, engine)
    voice.title(f"Dataverse: security role, application user, assignment ({settings.dynamics_host})")
    record = read_record(settings.stack, folder)

    async def work(session: Session) -> ApplyReport:
        return await jobs.apply(
            settings, outputs, session, voice.say, known=known_of(record), opt_in=opt_in, reviewed=reviewed
        )

    report = in_session(settings, work)
    voice.plan(report)
    voice.counts(report)
    write_record(updated(record, settings, outputs, applied=report), folder)
    return Outcome(report.to_json(), report.error)


def _need_yes(opt_in: OptIn, *, yes: bool) -> None:
    if opt_in.strip_extra_roles and not yes:
        message = "taking roles that others assigned needs --yes; plan --strip-extra-roles shows them"
        raise PersonNeededError(message, code="apply.unconfirmed", key="--yes")
