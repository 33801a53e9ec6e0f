"""`deploy`: the Entra half by the engine, then Dataverse and the proof; and the second part alone."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from connector.cli.open_stack import OpenStack, directory_checks, named
from connector.cli.options import Json, Records, Stack, Trace
from connector.cli.recover import prepare
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.verbs.verify import tell
from connector.dataverse import jobs
from connector.dataverse.reports import ApplyReport, ProofReport
from connector.report import Change
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session


def deploy(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    restore: Annotated[bool, typer.Option("--restore", help="Bring the deleted one back first.")] = False,
    trace: Trace = None,
) -> None:
    """Make everything: `pulumi up`, then the security role and application user, then the proof."""

    def work(screen: Screen) -> Outcome:
        return _deploy(OpenStack(screen, stack, records, writes=True), restore=restore)

    run_verb("deploy", Screen(as_json=json), work, trace=trace)


def post_deploy(screen: Screen, stack: str | None, records: str | None) -> Outcome:
    """Apply, then the proof, after a plain `pulumi up` (scripts/post_deploy.py)."""
    opened = OpenStack(screen, stack, records, writes=True)
    outputs = opened.outputs()
    return opened.in_session(
        lambda session: _apply_and_prove(opened, "post_deploy", session, outputs, ())
    )


def _deploy(stack: OpenStack, *, restore: bool) -> Outcome:
    """Access checked, then `pulumi up`, then apply and the proof; writes the record."""
    stack.ask_locks()

    async def work(session: Session) -> Outcome:
        mended = await prepare(stack, session, restore=restore)
        stack.screen.title(f"Entra ID: application, consent, secret, assignments ({stack.name})")
        entra = mended + await asyncio.to_thread(stack.engine.up)
        if not entra:
            stack.screen.say("nothing to change")
        outputs = await asyncio.to_thread(stack.outputs)
        return await _apply_and_prove(stack, "deploy", session, outputs, entra)

    return stack.in_session(work)


async def _apply_and_prove(
    stack: OpenStack, verb: str, session: Session, outputs: StackOutputs, entra: tuple[Change, ...]
) -> Outcome:
    settings, screen = stack.settings, stack.screen
    stack.ask_locks()
    screen.title(f"Dataverse: security role, application user, proof ({settings.dynamics_host})")
    more = directory_checks(settings, outputs, session)
    applied, proof = await jobs.apply_and_prove(
        settings, outputs, session, screen.say, more=more, known=stack.known()
    )
    proof = await named(proof, outputs, session)
    screen.plan(applied)
    stack.note(tell(screen, session, outputs, proof), applied=applied, proof=proof)
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
