"""What each verb does: settings from the engine, the work, and what it came to."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from connector.cli.console import Voice
from connector.cli.engine import PROJECT_DIR, Engine
from connector.cli.run import Outcome
from connector.dataverse import jobs
from connector.dataverse.reports import ApplyReport, Cause, Change, ProofReport, Report
from connector.errors import ConnectError, PersonNeededError, RefusedError
from connector.explain import explain
from connector.handover import make_handover
from connector.preflight import check_access
from connector.records import DEFAULT_FOLDER, StackRecord, delete_record, read_record, updated, write_record
from connector.session import Session
from connector.settings import Settings
from connector.stack_outputs import StackOutputs

T = TypeVar("T")


def deploy(voice: Voice, stack: str | None, records: str | None) -> Outcome:
    """Access checked, then `pulumi up`, then apply and the proof; writes the record."""
    engine = Engine(stack, voice.say)
    settings = engine.settings()

    async def work(session: Session) -> Outcome:
        await check_access(session)
        _warm_up()
        voice.title(f"Entra ID: application, consent, secret, assignments ({settings.stack})")
        entra = await asyncio.to_thread(engine.up)
        if not entra:
            voice.say("nothing to change")
        outputs = await asyncio.to_thread(engine.outputs)
        return await _apply_and_prove(voice, "deploy", session, outputs, _folder(records), entra)

    return _in_session(settings, work)


def post_deploy(voice: Voice, stack: str | None, records: str | None) -> Outcome:
    """Apply, then the proof, after a plain `pulumi up`."""
    _warm_up()
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()

    async def work(session: Session) -> Outcome:
        return await _apply_and_prove(voice, "post_deploy", session, outputs, _folder(records), ())

    return _in_session(settings, work)


def apply(voice: Voice, stack: str | None, records: str | None) -> Outcome:
    """The Dataverse half alone."""
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    voice.title(f"Dataverse: security role, application user, assignment ({settings.dynamics_host})")
    folder = _folder(records)
    record = read_record(settings.stack, folder)

    async def work(session: Session) -> ApplyReport:
        return await jobs.apply(settings, outputs, session, voice.say, recorded_role_id=_role_id(record))

    report = _in_session(settings, work)
    voice.changes(report.changes)
    voice.counts(report)
    write_record(updated(record, settings, outputs, applied=report), folder)
    return Outcome(report.to_json(), report.error)


def verify(voice: Voice, stack: str | None, records: str | None) -> Outcome:
    """The proof alone."""
    _warm_up()
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    folder = _folder(records)
    record = read_record(settings.stack, folder)
    voice.title(f"Proof: logging in as the application ({settings.dynamics_host})")

    async def work(session: Session) -> ProofReport:
        more = _directory_checks(settings, outputs, session)
        return await jobs.prove(settings, outputs, session, more=more, recorded_role_id=_role_id(record))

    report = _in_session(settings, work)
    voice.proof(report)
    write_record(updated(record, settings, outputs, proof=report), folder)
    return Outcome(report.to_json(), report.error)


def handover(voice: Voice, stack: str | None, *, show_secret: bool) -> Outcome:
    """The values of the connect form; the secret only when it was asked for."""
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    form = make_handover(settings, outputs)
    if not voice.as_json:
        print(form.text(show_secret=show_secret))
    body = {"verb": "handover", "stack": settings.stack, "result": "shown"}
    return Outcome(body | {"values": form.to_json(show_secret=show_secret)})


def remove(
    voice: Voice, stack: str | None, records: str | None, *, yes: bool, unprotect: bool
) -> Outcome:
    """The way back: the Dataverse half, then `pulumi destroy`."""
    engine = Engine(stack, voice.say)
    settings = engine.settings()
    raw = engine.raw_outputs()
    if settings.protect and not unprotect:
        message = (
            f"stack {settings.stack} is protected: a new application would mean that the customer "
            "connects again; say --unprotect if that is meant"
        )
        raise RefusedError(message, code="remove.protected", key="protect")
    _confirm(voice, settings, yes=yes)
    changes = _remove_dataverse(voice, settings, raw, _folder(records)) if raw else ()
    if settings.protect:
        engine.unprotect()
    voice.title("Entra ID: application and all that goes with it")
    entra = engine.destroy()
    delete_record(settings.stack, _folder(records))
    result = "removed" if changes or entra else "nothing"
    voice.say("removed" if result == "removed" else "nothing to remove")
    body = {"verb": "remove", "stack": settings.stack, "result": result}
    return Outcome(body | {"changes": [change.to_json() for change in (*changes, *entra)]})


def explain_code(code: str) -> Outcome:
    """What a code means."""
    known = explain(code)
    if known is None:
        message = f"{code}: not in the catalogue (docs/errors.md lists what is)"
        raise ConnectError(message, code="explain.unknown", key=code)
    print(known)
    return Outcome({"verb": "explain", "result": str(known)})


def _remove_dataverse(
    voice: Voice, settings: Settings, raw: dict[str, object], folder: Path
) -> tuple[Change, ...]:
    outputs = StackOutputs.from_mapping(raw)
    record = read_record(settings.stack, folder)
    voice.title(f"Dataverse: application user and security role ({settings.dynamics_host})")

    async def work(session: Session) -> Report:
        adopted = bool(record and record.user_adopted)
        return await jobs.remove(
            settings, outputs, session, voice.say, adopted_user=adopted, recorded_role_id=_role_id(record)
        )

    report = _in_session(settings, work)
    voice.changes(report.changes)
    return report.changes


async def _apply_and_prove(
    voice: Voice,
    verb: str,
    session: Session,
    outputs: StackOutputs,
    folder: Path,
    entra: tuple[Change, ...],
) -> Outcome:
    settings = session.settings
    record = read_record(settings.stack, folder)
    voice.title(f"Dataverse: security role, application user, proof ({settings.dynamics_host})")
    applied, proof = await jobs.apply_and_prove(
        settings,
        outputs,
        session,
        voice.say,
        more=_directory_checks(settings, outputs, session),
        recorded_role_id=_role_id(record),
    )
    voice.changes(applied.changes)
    voice.proof(proof)
    write_record(updated(record, settings, outputs, applied=applied, proof=proof), folder)
    return Outcome(_deployed(verb, entra, applied, proof), proof.error)


def _deployed(
    verb: str, entra: tuple[Change, ...], applied: ApplyReport, proof: ProofReport
) -> dict[str, Any]:
    """The JSON body of a deployment: the proof's, with the changes of both halves."""
    written = bool(entra) or applied.changed
    result = ("changed" if written else "unchanged") if proof.error is None else proof.result
    changes = [change.to_json() for change in (*entra, *applied.changes)]
    ids = applied.ids | proof.ids
    return proof.to_json() | {"verb": verb, "result": result, "changes": changes, "ids": ids}


def _warm_up() -> None:
    """Import the Graph SDK while the engine works: it costs half a second, and only the proof needs it."""
    threading.Thread(target=import_module, args=("connector.entra.checks",), daemon=True).start()


def _in_session(settings: Settings, work: Callable[[Session], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Session(settings) as session:
            return await work(session)

    return asyncio.run(run())


def _directory_checks(settings: Settings, outputs: StackOutputs, session: Session) -> jobs.MoreChecks:
    async def checks() -> list[Cause]:
        from connector.entra.checks import directory_causes  # noqa: PLC0415  # see _warm_up

        return await directory_causes(settings, outputs, session)

    return checks


def _folder(named: str | None) -> Path:
    return Path(named) if named else PROJECT_DIR / DEFAULT_FOLDER


def _role_id(record: StackRecord | None) -> str | None:
    return (record.role_id or None) if record else None


def _confirm(voice: Voice, settings: Settings, *, yes: bool) -> None:
    if yes:
        return
    question = f"Remove everything of stack {settings.stack} in tenant {settings.tenant_id}? Type its name: "
    if not sys.stdin.isatty():
        message = f"remove destroys stack {settings.stack}; without a terminal it needs --yes"
        raise PersonNeededError(message, code="remove.unconfirmed", key="--yes")
    voice.title(question)
    if input().strip() != settings.stack:
        raise ConnectError("not confirmed; nothing was removed", code="remove.unconfirmed", key="--yes")
