"""`remove`: the way back, Dataverse first, and out of the recycle bin where that is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from connector import naming
from connector.cli.open_stack import OpenStack
from connector.cli.options import Json, Records, Stack, Trace, Yes
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen, is_person_there, typed
from connector.dataverse import jobs
from connector.entra.directory import Directory
from connector.entra.objects import LiveApplication
from connector.entra.recycle_bin import purge
from connector.errors import CancelledError, PersonNeededError, RefusedError
from connector.records.record import StackRecord, delete_record
from connector.report import Change
from connector.settings import Settings
from connector.stack.outputs import StackOutputs
from connector.stack.state import StackState


@dataclass(frozen=True)
class RemoveOptions:
    """What `remove` was asked for; `purge` empties the recycle bin of this stack, too."""

    yes: bool = False
    unprotect: bool = False
    include_adopted: bool = False
    purge: bool = False


def remove(  # noqa: PLR0913, PLR0917  # options of a command line
    stack: Stack = None,
    json: Json = False,
    yes: Yes = False,
    unprotect: Annotated[bool, typer.Option("--unprotect", help="Lift the protection first.")] = False,
    include_adopted: Annotated[
        bool, typer.Option("--include-adopted", help="Take away what was adopted as found, too.")
    ] = False,
    purge: Annotated[
        bool, typer.Option("--purge", help="Then delete it from the recycle bin, for good.")
    ] = False,
    records: Records = None,
    trace: Trace = None,
) -> None:
    """Take everything of this stack away again; the application stays in the recycle bin for 30 days."""
    options = RemoveOptions(yes, unprotect, include_adopted, purge)

    def work(screen: Screen) -> Outcome:
        return _remove(OpenStack(screen, stack, records), options)

    run_verb("remove", Screen(as_json=json), work, trace=trace)


def _remove(stack: OpenStack, options: RemoveOptions) -> Outcome:
    """The Dataverse half, then `pulumi destroy`, then the recycle bin where that was asked for."""
    stack.ask_locks()
    # The outputs first: their snapshot is in clear, and serves the state as well.
    raw, state = stack.engine.raw_outputs(), stack.state()
    if not (raw or options.purge) and _is_empty(state):
        return _outcome(stack, ())
    if stack.settings.protect and not options.unprotect:
        message = (
            f"stack {stack.name} is protected: a new application would mean that the customer "
            "connects again; say --unprotect if that is meant"
        )
        raise RefusedError(message, code="remove.protected", key="protect")
    object_id = state.object_id(naming.application_resource(stack.settings.profile.name))
    live = _live_application(stack, object_id) if object_id else None
    if live is not None and not options.include_adopted:
        _check_adopted(stack, state, live)
    confirm(stack.screen, stack.settings, options)
    stack.engine.forget()
    stack.ask_locks()
    changes = _remove_dataverse(stack, raw, options) if raw else ()
    if stack.settings.protect:
        stack.engine.unprotect()
    stack.screen.title("Entra ID: application and all that goes with it")
    if object_id and live is None:
        # A run that died after the delete left it in the state, and the provider's delete of what is
        # missing fails at every run.
        stack.engine.refresh()
    changes += stack.engine.destroy()
    delete_record(stack.name, stack.folder)
    if options.purge:
        stack.ask_locks()
        changes += _purge(stack, raw)
    return _outcome(stack, changes)


def _is_empty(state: StackState) -> bool:
    """Whether nothing was ever deployed, or all of it went: then no protection is in the way either."""
    return not state.resources and not state.pending


def _outcome(stack: OpenStack, changes: tuple[Change, ...]) -> Outcome:
    """Say what went."""
    result = "removed" if changes else "nothing"
    stack.screen.say("removed" if result == "removed" else "nothing to remove")
    body = {"verb": "remove", "stack": stack.name, "result": result}
    return Outcome(body | {"changes": [change.to_json() for change in changes]})


def _live_application(stack: OpenStack, object_id: str) -> LiveApplication | None:
    """The application as the directory has it; None where it is gone."""
    return stack.in_session(lambda session: Directory(session).application(object_id))


def _check_adopted(stack: OpenStack, state: StackState, live: LiveApplication) -> None:
    """Refuse to delete an application that was there before the stack: by the record, or by its age."""
    known = state.resources[naming.application_resource(stack.settings.profile.name)]
    if not (_is_recorded(stack.record(), live) or live.was_there_before(known.since)):
        return
    message = (
        f"{live.display_name} ({live.app_id}) was there before stack {stack.name} knew it (adopted, or "
        "brought back by `deploy --restore`), and remove would delete it. Nothing was removed. Say "
        "--include-adopted if that is meant; to let it stand and only forget it, `pulumi state delete` takes "
        "its resources out of the stack"
    )
    raise RefusedError(message, code="remove.adopted", key=live.app_id)


def _is_recorded(record: StackRecord | None, live: LiveApplication) -> bool:
    return record is not None and record.application_adopted and record.application_object_id == live.id


def confirm(screen: Screen, settings: Settings, options: RemoveOptions) -> None:
    """Let a person type the stack's name. Raises CancelledError, PersonNeededError without a terminal."""
    if options.yes:
        return
    what = f"everything of stack {settings.stack} in tenant {settings.tenant_id}"
    question = f"Remove {what}{', for good' if options.purge else ''}? Type its name: "
    if not is_person_there():
        message = f"remove destroys stack {settings.stack}; without a terminal it needs --yes"
        raise PersonNeededError(message, code="remove.unconfirmed", key="--yes")
    screen.title(question)
    if typed() != settings.stack:
        raise CancelledError("not confirmed; nothing was removed", code="remove.unconfirmed", key="--yes")


def _remove_dataverse(
    stack: OpenStack, raw: dict[str, Any], options: RemoveOptions
) -> tuple[Change, ...]:
    settings, screen, known = stack.settings, stack.screen, stack.known()
    outputs = StackOutputs.as_far_as_known(raw) or StackOutputs.from_mapping(raw)
    screen.title(f"Dataverse: application user and security role ({settings.dynamics_host})")
    adopted = options.include_adopted
    report = stack.in_session(
        lambda session: jobs.remove(
            settings, outputs, session, screen.say, known=known, include_adopted=adopted
        )
    )
    screen.changes(report.changes)
    return report.changes


def _purge(stack: OpenStack, raw: Mapping[str, Any]) -> tuple[Change, ...]:
    stack.screen.title("Recycle bin")
    ids = [str(raw[name]) for name in ("applicationObjectId", "servicePrincipalObjectId") if name in raw]
    purged = stack.in_session(lambda session: purge(session, ids))
    stack.screen.changes(purged)
    return purged
