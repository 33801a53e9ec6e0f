"""`remove`: the way back, Dataverse first, and out of the recycle bin where that is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector import naming
from connector.cli.engine.pulumi import Engine
from connector.cli.open_stack import ask_locks, in_session, records_folder
from connector.cli.run import Outcome
from connector.cli.screen.console import Voice, is_person_there, typed
from connector.dataverse import jobs
from connector.dataverse.reports import Change, Report
from connector.errors import CancelledError, PersonNeededError, RefusedError
from connector.records.record import StackRecord, delete_record, known_of, read_record
from connector.settings import Settings
from connector.stack.outputs import StackOutputs
from connector.stack.state import StackState
from connector.wire.session import Session

if TYPE_CHECKING:
    from connector.entra.objects import LiveApplication


@dataclass(frozen=True)
class RemoveOptions:
    """What `remove` was asked for; `purge` empties the recycle bin of this stack, too."""

    yes: bool = False
    unprotect: bool = False
    include_adopted: bool = False
    purge: bool = False


def remove(voice: Voice, stack: str | None, records: str | None, options: RemoveOptions) -> Outcome:
    """The Dataverse half, then `pulumi destroy`, then the recycle bin where that was asked for."""
    folder = records_folder(records)
    engine = Engine(stack, voice.say)
    settings = engine.settings()
    ask_locks(voice, engine)
    raw, state = engine.raw_outputs(), engine.state()
    if not (raw or options.purge) and _is_empty(state):
        return _outcome(voice, settings, ())
    if settings.protect and not options.unprotect:
        message = (
            f"stack {settings.stack} is protected: a new application would mean that the customer "
            "connects again; say --unprotect if that is meant"
        )
        raise RefusedError(message, code="remove.protected", key="protect")
    if not options.include_adopted:
        _check_adopted(settings, state, read_record(settings.stack, folder))
    confirm(voice, settings, options)
    ask_locks(voice, engine)
    changes = _remove_dataverse(voice, settings, raw, folder, options) if raw else ()
    if settings.protect:
        engine.unprotect()
    voice.title("Entra ID: application and all that goes with it")
    changes += engine.destroy()
    delete_record(settings.stack, folder)
    if options.purge:
        ask_locks(voice, engine)
        changes += _purge(voice, settings, raw)
    return _outcome(voice, settings, changes)


def _is_empty(state: StackState) -> bool:
    """Whether nothing was ever deployed, or all of it went: then no protection is in the way either."""
    return not state.resources and not state.pending


def _outcome(voice: Voice, settings: Settings, changes: tuple[Change, ...]) -> Outcome:
    """Say what went."""
    result = "removed" if changes else "nothing"
    voice.say("removed" if result == "removed" else "nothing to remove")
    body = {"verb": "remove", "stack": settings.stack, "result": result}
    return Outcome(body | {"changes": [change.to_json() for change in changes]})


def _check_adopted(settings: Settings, state: StackState, record: StackRecord | None) -> None:
    """Refuse to delete an application that was there before the stack: by the record, or by its age."""
    name = naming.application_resource(settings.profile.name)
    known, object_id = state.resources.get(name), state.object_id(name)
    if known is None or object_id is None:
        return
    live = in_session(settings, lambda session: _application(session, object_id))
    if live is None or not (_is_recorded(record, live) or live.was_there_before(known.since)):
        return
    message = (
        f"{live.display_name} ({live.app_id}) was there before stack {settings.stack} knew it (adopted, or "
        "brought back by `deploy --restore`), and remove would delete it. Nothing was removed. Say "
        "--include-adopted if that is meant; to let it stand and only forget it, `pulumi state delete` takes "
        "its resources out of the stack"
    )
    raise RefusedError(message, code="remove.adopted", key=live.app_id)


async def _application(session: Session, object_id: str) -> LiveApplication | None:
    from connector.entra.directory import Directory  # noqa: PLC0415  # the Graph SDK: half a second

    return await Directory(session).application(object_id)


def _is_recorded(record: StackRecord | None, live: LiveApplication) -> bool:
    return record is not None and record.application_adopted and record.application_object_id == live.id


def confirm(voice: Voice, settings: Settings, options: RemoveOptions) -> None:
    """Let a person type the stack's name. Raises CancelledError, PersonNeededError without a terminal."""
    if options.yes:
        return
    what = f"everything of stack {settings.stack} in tenant {settings.tenant_id}"
    question = f"Remove {what}{', for good' if options.purge else ''}? Type its name: "
    if not is_person_there():
        message = f"remove destroys stack {settings.stack}; without a terminal it needs --yes"
        raise PersonNeededError(message, code="remove.unconfirmed", key="--yes")
    voice.title(question)
    if typed() != settings.stack:
        raise CancelledError("not confirmed; nothing was removed", code="remove.unconfirmed", key="--yes")


def _remove_dataverse(
    voice: Voice, settings: Settings, raw: dict[str, Any], folder: Path, options: RemoveOptions
) -> tuple[Change, ...]:
    outputs = StackOutputs.as_far_as_known(raw) or StackOutputs.from_mapping(raw)
    record = read_record(settings.stack, folder)
    voice.title(f"Dataverse: application user and security role ({settings.dynamics_host})")

    async def work(session: Session) -> Report:
        return await jobs.remove(
            settings,
            outputs,
            session,
            voice.say,
            known=known_of(record),
            include_adopted=options.include_adopted,
        )

    report = in_session(settings, work)
    voice.changes(report.changes)
    return report.changes


def _purge(voice: Voice, settings: Settings, raw: Mapping[str, Any]) -> tuple[Change, ...]:
    from connector.entra.recycle_bin import purge  # noqa: PLC0415  # the Graph SDK: only a purge needs it here

    voice.title("Recycle bin")
    known = [str(raw[name]) for name in ("applicationObjectId", "servicePrincipalObjectId") if name in raw]
    purged = in_session(settings, lambda session: purge(session, known))
    voice.changes(purged)
    return purged
