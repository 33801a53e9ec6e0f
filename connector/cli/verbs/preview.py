"""`preview`: what `deploy` would change in one stack, both halves in one report; nothing is written."""

from __future__ import annotations

import json as jsonlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli.engine.policies import policy_error, read_events
from connector.cli.engine.preview import changes_in, differences_in, errors_in, read_digest
from connector.cli.engine.process import Ran
from connector.cli.engine.pulumi import Engine
from connector.cli.engine.throwaway import throwaway
from connector.cli.open_stack import in_session
from connector.cli.options import Json, Records, Stack, Trace
from connector.cli.paths import file_to_write, one_result_on_stdout, records_folder
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.screen.preview import Entra, Previewed, dataverse_summary, markdown, show
from connector.dataverse import jobs
from connector.dataverse.reports import PlanReport
from connector.errors import ConnectError, DriftError, Problem, SettingsError
from connector.records.record import known_of, read_record
from connector.report import Change
from connector.settings import Settings
from connector.stack.outputs import StackOutputs
from connector.stack.secrets import check_deployable, secrets_of
from connector.wire.deployer import check_tenant
from connector.wire.session import Session


@dataclass(frozen=True)
class PreviewOptions:
    """What `preview` was asked for; `markdown` names a file, or `-` for standard output."""

    markdown: str | None = None
    refresh: bool = False
    policy_pack: str | None = None
    expect_no_changes: bool = False


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

    def work(screen: Screen) -> Outcome:
        file_to_write("--markdown", markdown, stdout=True)
        one_result_on_stdout("--markdown", also=markdown == "-", as_json=json)
        records_folder(records)
        options = PreviewOptions(markdown, refresh, policy_pack, expect_no_changes)
        return _preview(screen, stack, records, options)

    run_verb("preview", Screen(as_json=json), work, trace=trace)


def _preview(screen: Screen, stack: str | None, records: str | None, options: PreviewOptions) -> Outcome:
    """Both halves, read side by side; a stack that does not exist is previewed and not made."""
    with throwaway(stack, screen.say) as (engine, settings, new):
        check_tenant(os.environ, settings.tenant_id)
        raw = {} if new else engine.raw_outputs()
        outputs = StackOutputs.as_far_as_known(raw)
        drift = options.refresh and not new
        with ThreadPoolExecutor(1) as beside:
            # In this context: `--trace` has noted its file there.
            plan = beside.submit(copy_context().run, _plan, settings, outputs, records)
            entra = _entra(engine, options, drift=drift)
            if entra.error is not None and not new:
                entra = replace(entra, error=_stale(engine, settings) or entra.error)
        report, plan_error = plan.result()
    done = Previewed(settings.stack, new, drift, entra, report, plan_error, settings)
    _tell(screen, done, options)
    return Outcome(_body(done), done.error or _unexpected(done, options))


def _stale(engine: Engine, settings: Settings) -> DriftError | None:
    """Whether the engine stumbled over settings older than its state; its own advice would be harmful."""
    try:
        check_deployable(settings.slots, secrets_of(engine.state(), settings.profile.name), settings.stack)
    except DriftError as error:
        return error
    return None


def _plan(
    settings: Settings, outputs: StackOutputs | None, records: str | None
) -> tuple[PlanReport | None, ConnectError | None]:
    """The Dataverse half, or why it could not be read: that hides nothing of the other half."""
    known = known_of(read_record(settings.stack, records_folder(records)))

    async def work(session: Session) -> PlanReport:
        return await jobs.plan(settings, outputs, session, known=known)

    try:
        return in_session(settings, work), None
    except ConnectError as error:
        return None, error


def _entra(engine: Engine, options: PreviewOptions, *, drift: bool) -> Entra:
    """What the engine would change; with *drift*, what moved in the tenant since the last run comes first."""
    moved = _refreshed(engine) if drift else Entra()
    if moved.error is not None:
        return moved
    pack = _pack(options.policy_pack, engine.stack) if options.policy_pack else []
    stream = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"} if pack else {}
    ran = engine.previewed("preview", *pack, env=stream)
    digest, violations = read_events(ran.out) if pack else (read_digest(ran.out), ())
    error = policy_error(violations) or _engine_error(engine, ran, digest)
    details = (*moved.details, *differences_in(digest))
    return Entra((*moved.changes, *changes_in(digest)), details, violations, error)


def _pack(named: str, stack: str) -> list[str]:
    """The engine's options for a policy pack, with the stack's own configuration of it where there is one."""
    folder = Path(named).resolve()
    if not (folder / "PulumiPolicy.yaml").is_file():
        problem = Problem("preview.pack", "--policy-pack", named, "is no folder of a policy pack")
        raise SettingsError([problem], where="the command line")
    own = folder / "config" / f"{stack.rsplit('/', 1)[-1]}.json"
    if not own.is_file():
        return ["--policy-pack", str(folder)]
    _check_configuration(own)
    return ["--policy-pack", str(folder), "--policy-pack-config", str(own)]


def _check_configuration(path: Path) -> None:
    """Raises SettingsError for a file that is no JSON object: the engine's own error does not name it."""
    try:
        read = jsonlib.loads(path.read_bytes())
        problem = "" if isinstance(read, dict) else "must be a JSON object by policy"
    except (ValueError, OSError) as error:
        problem = f"cannot be read as JSON: {error}"
    if problem:
        raise SettingsError([Problem("preview.pack_config", path.name, "", problem)], where=str(path))


def _refreshed(engine: Engine) -> Entra:
    """What somebody changed in the tenant: the state is compared, and stays as it is."""
    ran = engine.previewed("refresh", "--preview-only")
    digest = read_digest(ran.out)
    details = tuple(_by_hand(change) for change in differences_in(digest))
    return Entra(changes_in(digest), details, (), _engine_error(engine, ran, digest))


def _by_hand(change: Change) -> Change:
    """A difference between state and tenant: what was done there, and not what `deploy` would do."""
    return replace(change, detail=f"changed by hand: {change.detail or 'it is gone'}")


def _engine_error(engine: Engine, ran: Ran, digest: dict[str, Any]) -> ConnectError | None:
    """What the engine's own check makes of a preview that failed; the rest of it is still shown."""
    try:
        engine.check(ran, errors_in(digest) or ran.words or "the engine gave no reason")
    except ConnectError as error:
        return error
    return None


def _tell(screen: Screen, done: Previewed, options: PreviewOptions) -> None:
    page = markdown(done)
    if options.markdown == "-":
        print(page, end="")
        return
    if options.markdown:
        Path(options.markdown).write_text(page, encoding="utf-8")
    show(screen, done)


def _unexpected(done: Previewed, options: PreviewOptions) -> ConnectError | None:
    if not (options.expect_no_changes and done.changed):
        return None
    count = len(done.entra.changes)
    half = dataverse_summary(done)
    message = f"changes were not expected in stack {done.stack}: {count} in Entra ID; Dataverse: {half}"
    return DriftError(message, code="preview.changes", key=done.stack)


def _body(done: Previewed) -> dict[str, Any]:
    body = done.plan.to_json() if done.plan else {"stack": done.stack, "changes": []}
    refused = done.plan is not None and done.plan.refusal is not None
    result = "refused" if refused else "changes" if done.changed else "unchanged"
    return body | {
        "verb": "preview",
        "result": "error" if done.entra.error or done.plan_error else result,
        "new": done.new,
        "entra": [change.to_json() for change in done.entra.details],
        "policies": [violation.to_json() for violation in done.entra.violations],
    }
