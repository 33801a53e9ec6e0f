"""`rotate begin`: the other slot's next secret, made and proved, while the old one stays valid.

Whatever kills a run, a secret that was proved stays valid: the new one is added and proved before
anything else, and each step stops where the next run can go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from connector.cli.engine.pulumi import EngineError
from connector.cli.open_stack import in_session
from connector.cli.options import Json, Patch, Records, Stack
from connector.cli.recover import prepare
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.verbs.rotate.other_credentials import check_secret
from connector.cli.verbs.rotate.removal import delete, forget_gone, make_way, unusable
from connector.cli.verbs.rotate.rotation import Rotation, outcome
from connector.dataverse.reports import ProofReport
from connector.errors import ConnectError, ProofFailedError
from connector.report import Action, Change, Verdict
from connector.stack.secrets import Begin, plan_begin
from connector.wire.session import Session


def rotate_begin(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    patch: Patch = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would change and stop.")] = False,
) -> None:
    """Add a secret in the other slot, deploy it and prove it; the old one stays valid."""

    def work(screen: Screen) -> Outcome:
        run = Rotation(screen, stack, records, patch)
        check_secret(run)
        return begin(run, only_preview=preview)

    run_verb("rotate begin", Screen(as_json=json), work)


def begin(run: Rotation, *, only_preview: bool = False) -> Outcome:
    """Add the other slot's next secret, deploy it, prove it; what this run cannot prove goes again."""
    if not only_preview:
        run.ask_locks()
    wanted: Mapping[str, int] = run.settings.slots
    # One read of the state for all that comes before the update, the outputs too.
    run.engine.exported(opened=True)
    step = _planned(run, wanted)
    if step.resumed:
        run.screen.say(f"a rotation was begun before; going on with {step.label}")
    if not only_preview:
        _mend(run, step)
        forget_gone(run)
        wanted = make_way(run) or wanted
        step = _planned(run, wanted)
    run.write_slots(step.slots)
    changes = _previewed(run, step.label, wanted)
    if only_preview:
        run.hand_out_patch(step.slots)
        run.put_back()
        return outcome(run, "begin", "preview", changes)
    made = _deploy(run, step, wanted) if changes or not run.is_current() else ()
    proof = run.prove(fresh=True)
    if proof.verdict is Verdict.FAILED:
        return _not_proved(run, step, proof, wanted if made and not step.first else None)
    run.hand_out_patch(step.slots)
    result = "begun" if proof.verdict is Verdict.PROVED else "unproved"
    if proof.error is None:
        run.screen.say(f"{step.label} is proved and handed out by `handover`; the old secret stays valid")
    return outcome(run, "begin", result, made, proof)


def _mend(run: Rotation, step: Begin) -> None:
    """Access checked, and what an interrupted run left put in order (a secret made and never noted)."""

    async def work(session: Session) -> tuple[Change, ...]:
        return await prepare(run, session, consent=False)

    # What `step` reaches for counts as known, also where the checkout does not know of it yet.
    in_session(run.settings.model_copy(update={"slots": dict(step.slots)}), work)


def _planned(run: Rotation, wanted: Mapping[str, int]) -> Begin:
    """The step from the state as it is now; a secret that opens nothing any more is no new one."""
    live = run.live()
    adopted = bool(run.outside_slots().adopted)
    if adopted and len(live) == 1:
        adopted = not unusable(run, live, run.gone())
    return plan_begin(wanted, live, run.name, adopted=adopted)


def _previewed(run: Rotation, label: str, wanted: Mapping[str, int]) -> tuple[Change, ...]:
    try:
        return run.preview_only(Action.ADDED, label)
    except ConnectError:
        _go_back(run, wanted)
        raise


def _go_back(run: Rotation, wanted: Mapping[str, int]) -> None:
    """The slots without the secret that was not made; a patch says so where one went for it."""
    run.write_slots(wanted)
    if dict(wanted) != dict(run.settings.slots):
        run.hand_out_patch(wanted)


def _deploy(run: Rotation, step: Begin, wanted: Mapping[str, int]) -> tuple[Change, ...]:
    run.screen.title(f"Entra ID: the new secret {step.label}")
    try:
        return run.engine.up()
    except EngineError:
        if step.label not in [one.label for one in run.live()]:
            _go_back(run, wanted)
        raise


def _not_proved(run: Rotation, step: Begin, proof: ProofReport, back_to: Mapping[str, int] | None) -> Outcome:
    """What this run made goes again; what an earlier run made may be in use by now and stays.

    *back_to* are the slots before this run made it, None where it did not.
    """
    cause = proof.error
    code, words = (cause.code, cause.message) if cause else ("proof.failed", "the proof failed")
    if back_to is None:
        message = (
            f"{step.label} did not pass the proof: {words}. It is the stack's only secret, or was made by an "
            "earlier run and may be in use, so it stays, as do the others"
        )
        error = ProofFailedError(message, code=code, key=cause.key if cause else None)
        return outcome(run, "begin", "failed", (), proof, error)
    taken = take_back(run, step.label)
    run.hand_out_patch(back_to)
    message = f"{step.label} did not pass the proof and was taken back; the old secret is as it was. {words}"
    error = ProofFailedError(message, code=code, key=cause.key if cause else None)
    return outcome(run, "begin", "taken_back", taken, proof, error)


def take_back(run: Rotation, label: str) -> tuple[Change, ...]:
    """Delete the newest secret, and nothing else, and return to the slots without it."""
    live = run.live()
    run.screen.title(f"Taking {label} back")
    return delete(run, live[-1], live[:-1])
