"""What each verb does: settings from the engine, the work, and what it came to."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from connector.catalogue.codes import known_codes
from connector.catalogue.explain import explained
from connector.cli.engine.pulumi import Engine
from connector.cli.open_stack import ask_locks, directory_checks, in_session, named, records_folder, warm_up
from connector.cli.recover import prepare
from connector.cli.run import Outcome
from connector.cli.screen.console import Voice
from connector.dataverse import jobs
from connector.dataverse.reports import ApplyReport, Change, ProofReport
from connector.errors import ConnectError
from connector.records.record import known_of, read_record, updated, write_record
from connector.settings.problems import nearest
from connector.stack.outputs import StackOutputs
from connector.wire.login import KEY_VARIABLE, other_certificate
from connector.wire.session import Session

_TEXT_LIMIT = 200


def deploy(voice: Voice, stack: str | None, records: str | None, *, restore: bool = False) -> Outcome:
    """Access checked, then `pulumi up`, then apply and the proof; writes the record."""
    folder = records_folder(records, write=True)
    engine = Engine(stack, voice.say)
    settings = engine.settings()
    ask_locks(voice, engine)

    async def work(session: Session) -> Outcome:
        record = read_record(settings.stack, folder)
        mended = await prepare(voice, engine, session, restore=restore, record=record)
        voice.title(f"Entra ID: application, consent, secret, assignments ({settings.stack})")
        entra = mended + await asyncio.to_thread(engine.up)
        if not entra:
            voice.say("nothing to change")
        outputs = await asyncio.to_thread(engine.outputs)
        return await _apply_and_prove(voice, engine, "deploy", session, outputs, folder, entra)

    return in_session(settings, work)


def post_deploy(voice: Voice, stack: str | None, records: str | None) -> Outcome:
    """Apply, then the proof, after a plain `pulumi up`."""
    warm_up()
    folder = records_folder(records, write=True)
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()

    async def work(session: Session) -> Outcome:
        return await _apply_and_prove(voice, engine, "post_deploy", session, outputs, folder, ())

    return in_session(settings, work)


def verify(voice: Voice, stack: str | None, records: str | None) -> Outcome:
    """The proof alone."""
    warm_up()
    folder = records_folder(records, write=True)
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    record = read_record(settings.stack, folder)
    voice.title(f"Proof: logging in as the application ({settings.dynamics_host})")

    async def work(session: Session) -> tuple[ProofReport, StackOutputs]:
        more = directory_checks(settings, outputs, session)
        proof = await jobs.prove(settings, outputs, session, more=more, known=known_of(record))
        report = await named(proof, outputs, session)
        return report, _tell(voice, session, outputs, report)

    report, proved = in_session(settings, work)
    write_record(updated(record, settings, proved, proof=report), folder)
    return Outcome(report.to_json(), report.error)


def explain_code(code: str) -> Outcome:
    """What a code, or a whole error text, means; `-` reads the text from standard input."""
    text = _standard_input() if code == "-" else code
    if not text.strip():
        raise ConnectError("standard input holds nothing to explain", code="explain.unknown", key="-")
    known = explained(text)
    if known is None:
        shown = " ".join(text.split())[:_TEXT_LIMIT]
        near = nearest(shown, known_codes())
        hint = f"; did you mean {near}?" if near else ""
        message = f"{shown}: not in the catalogue (docs/errors.md lists what is){hint}"
        raise ConnectError(message, code="explain.unknown", key=shown)
    print(known)
    return Outcome({"verb": "explain", "result": known})


def _standard_input() -> str:
    """All of it; nothing where it was closed (`<&-`)."""
    return "" if sys.stdin is None else sys.stdin.read()


async def _apply_and_prove(
    voice: Voice,
    engine: Engine,
    verb: str,
    session: Session,
    outputs: StackOutputs,
    folder: Path,
    entra: tuple[Change, ...],
) -> Outcome:
    settings = session.settings
    record = read_record(settings.stack, folder)
    ask_locks(voice, engine)
    voice.title(f"Dataverse: security role, application user, proof ({settings.dynamics_host})")
    applied, proof = await jobs.apply_and_prove(
        settings,
        outputs,
        session,
        voice.say,
        more=directory_checks(settings, outputs, session),
        known=known_of(record),
    )
    proof = await named(proof, outputs, session)
    voice.plan(applied)
    proved = _tell(voice, session, outputs, proof)
    write_record(updated(record, settings, proved, applied=applied, proof=proof), folder)
    return Outcome(_deployed(verb, entra, applied, proof), proof.error)


def _tell(voice: Voice, session: Session, outputs: StackOutputs, proof: ProofReport) -> StackOutputs:
    """Say the verdict; the outputs for the record, which names no certificate that was not the one used."""
    voice.proof(proof)
    used = other_certificate(session.settings, outputs, session.environ)
    if not used or proof.error is not None:
        return outputs
    voice.say(
        f"warning: this was the certificate {used}, and `handover` gives "
        f"{outputs.client_certificate_thumbprint}, which is not proved: let {KEY_VARIABLE} name that one's "
        "file, and run `verify`"
    )
    return outputs.model_copy(update={"client_certificate_key_id": ""})


def _deployed(
    verb: str, entra: tuple[Change, ...], applied: ApplyReport, proof: ProofReport
) -> dict[str, Any]:
    """The JSON body of a deployment: the proof's, with the changes of both halves."""
    written = bool(entra) or applied.changed
    result = ("changed" if written else "unchanged") if proof.error is None else proof.result
    changes = [change.to_json() for change in (*entra, *applied.changes)]
    ids = applied.ids | proof.ids
    return proof.to_json() | {"verb": verb, "result": result, "changes": changes, "ids": ids}
