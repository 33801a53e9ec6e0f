"""What each verb does: settings from the engine, the work, and what it came to."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from connector import handover as hand
from connector.cli.console import Voice
from connector.cli.engine import PROJECT_DIR, Engine
from connector.cli.run import Outcome
from connector.dataverse import jobs
from connector.dataverse.reports import Change, ProofReport, Report
from connector.deployer import read_deployer
from connector.errors import ConnectError, PersonNeededError, RefusedError
from connector.explain import explain
from connector.records import Record, Records
from connector.session import Session
from connector.settings import Settings
from connector.stack_outputs import StackOutputs

T = TypeVar("T")


def deploy(voice: Voice, stack: str | None, records: str | None) -> Outcome:
    """`pulumi up`, then apply, then the proof; writes the record."""
    engine = Engine(stack, voice.say)
    settings = engine.settings()
    read_deployer(os.environ, settings.tenant_id)
    voice.title(f"Entra ID: application, consent, secret, assignments ({settings.stack})")
    entra = engine.up()
    if not entra:
        voice.say("nothing to change")
    outputs = engine.outputs()
    return _apply_and_prove(voice, "deploy", settings, outputs, _records(records), entra)


def post_deploy(voice: Voice, stack: str | None, records: str | None) -> Outcome:
    """Apply, then the proof, after a plain `pulumi up`."""
    engine = Engine(stack, voice.say)
    settings = engine.settings()
    return _apply_and_prove(voice, "post_deploy", settings, engine.outputs(), _records(records), ())


def apply(voice: Voice, stack: str | None) -> Outcome:
    """The Dataverse half alone."""
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    voice.title(f"Dataverse: security role, application user, assignment ({settings.dynamics_host})")
    record = _records(None).read(settings.stack)

    async def work(session: Session) -> Report:
        return await jobs.apply(settings, outputs, session, voice.say, **_known(record))

    report = _in_session(settings, work)
    _show_changes(voice, report.changes)
    voice.counts(report)
    return Outcome(report.to_json(), report.error)


def verify(voice: Voice, stack: str | None, records: str | None) -> Outcome:
    """The proof alone."""
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    kept = _records(records)
    record = kept.read(settings.stack)
    voice.title(f"Proof: logging in as the application ({settings.dynamics_host})")

    async def work(session: Session) -> ProofReport:
        more = _directory_checks(settings, outputs, session)
        return await jobs.prove(settings, outputs, session, more=more, **_known(record))

    report = _in_session(settings, work)
    voice.proof(report)
    kept.proved(settings, outputs, report)
    return Outcome(report.to_json(), report.error)


def handover(voice: Voice, stack: str | None, *, show_secret: bool) -> Outcome:
    """The values of the connect form; the secret only when it was asked for."""
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    form = hand.handover(settings, outputs)
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
    changes = _remove_dataverse(voice, settings, raw, _records(records)) if raw else ()
    if settings.protect:
        engine.unprotect()
    voice.title("Entra ID: application and all that goes with it")
    entra = engine.destroy()
    _records(records).removed(settings.stack)
    result = "removed" if changes or entra else "nothing"
    voice.say("removed" if result == "removed" else "nothing to remove")
    body = {"verb": "remove", "stack": settings.stack, "result": result}
    return Outcome(body | {"changes": [change.to_json() for change in (*changes, *entra)]})


def explain_code(voice: Voice, code: str) -> Outcome:
    """What a code means."""
    known = explain(code)
    if known is None:
        raise RefusedError(f"{code}: not in the catalogue", code="explain.unknown", key=code)
    print(known)
    return Outcome({"verb": "explain", "result": str(known)})


def _remove_dataverse(
    voice: Voice, settings: Settings, raw: dict[str, object], records: Records
) -> tuple[Change, ...]:
    outputs = StackOutputs.from_mapping(raw)
    record = records.read(settings.stack)
    voice.title(f"Dataverse: application user and security role ({settings.dynamics_host})")

    async def work(session: Session) -> Report:
        adopted = bool(record and record.adopted_user)
        return await jobs.remove(
            settings, outputs, session, voice.say, adopted_user=adopted, **_known(record)
        )

    report = _in_session(settings, work)
    _show_changes(voice, report.changes)
    return report.changes


def _apply_and_prove(
    voice: Voice,
    verb: str,
    settings: Settings,
    outputs: StackOutputs,
    records: Records,
    entra: tuple[Change, ...],
) -> Outcome:
    record = records.read(settings.stack)
    voice.title(f"Dataverse: security role, application user, proof ({settings.dynamics_host})")

    async def work(session: Session) -> tuple[Report, ProofReport]:
        more = _directory_checks(settings, outputs, session)
        return await jobs.apply_and_prove(
            settings, outputs, session, voice.say, more=more, **_known(record)
        )

    applied, proof = _in_session(settings, work)
    _show_changes(voice, applied.changes)
    voice.proof(proof)
    records.deployed(settings, outputs, applied, proof)
    changes = [change.to_json() for change in (*entra, *applied.changes)]
    written = bool(entra) or applied.changed
    result = ("changed" if written else "unchanged") if proof.error is None else proof.result
    body = proof.to_json() | {"verb": verb, "result": result, "changes": changes, "ids": applied.ids | proof.ids}
    voice.table([("application id", outputs.client_id), ("result", result)])
    return Outcome(body, proof.error)


def _in_session(settings: Settings, work: Callable[[Session], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Session(settings) as session:
            return await work(session)

    return asyncio.run(run())


def _directory_checks(
    settings: Settings, outputs: StackOutputs, session: Session
) -> jobs.MoreChecks:
    # Imported here: the Graph SDK costs half a second, and only the proof needs it.
    from connector.entra.checks import directory_checks

    return directory_checks(settings, outputs, session)


def _show_changes(voice: Voice, changes: tuple[Change, ...]) -> None:
    voice.changes(changes)


def _records(folder: str | None) -> Records:
    return Records(Path(folder) if folder else PROJECT_DIR / ".local" / "records")


def _known(record: Record | None) -> dict[str, str | None]:
    return {"recorded_role_id": record.role_id if record else None}


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
