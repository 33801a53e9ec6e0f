"""`rotate begin` and `rotate finish`, step by step; each stops where the next run can go on.

Whatever kills a run, a secret that was proved stays valid: the new one is added and proved before
anything else, and the old one goes last, by an update that deletes it and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connector.cli.engine.pulumi import EngineError
from connector.cli.open_stack import in_session
from connector.cli.recover import prepare
from connector.cli.run import Outcome
from connector.cli.verbs.rotate import hand_made
from connector.cli.verbs.rotate.removing import delete, forget_gone, make_way, unusable
from connector.cli.verbs.rotate.rotation import Rotating
from connector.dataverse.reports import Action, Change, ProofReport, Verdict
from connector.errors import ConnectError, DriftError, PersonNeededError, ProofFailedError
from connector.stack.secrets import Begin, Finish, plan_begin, plan_finish
from connector.wire.session import Session


def begin(run: Rotating, *, only_preview: bool = False) -> Outcome:
    """Add the other slot's next secret, deploy it, prove it; what this run cannot prove goes again."""
    if not only_preview:
        run.ask_locks()
    wanted: Mapping[str, int] = run.settings.slots
    step = _planned(run, wanted)
    if step.resumed:
        run.voice.say(f"a rotation was begun before; going on with {step.label}")
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
        return _outcome(run, "begin", "preview", changes)
    made = _deploy(run, step, wanted) if changes or not _current(run) else ()
    proof = run.prove(fresh=True)
    if proof.verdict is Verdict.FAILED:
        return _not_proved(run, step, proof, wanted if made and not step.first else None)
    run.hand_out_patch(step.slots)
    result = "begun" if proof.verdict is Verdict.PROVED else "unproved"
    if proof.error is None:
        run.voice.say(f"{step.label} is proved and handed out by `handover`; the old secret stays valid")
    return _outcome(run, "begin", result, made, proof)


def _mend(run: Rotating, step: Begin) -> None:
    """Access checked, and what an interrupted run left put in order (a secret made and never noted)."""

    async def work(session: Session) -> tuple[Change, ...]:
        return await prepare(run.voice, run.engine, session, record=run.record(), consent=False)

    # What `step` reaches for counts as known, also where the checkout does not know of it yet.
    in_session(run.settings.model_copy(update={"slots": dict(step.slots)}), work)


def _planned(run: Rotating, wanted: Mapping[str, int]) -> Begin:
    """The step from the state as it is now; a secret that opens nothing any more is no new one."""
    live = run.live()
    adopted = bool(run.outside_slots().adopted)
    if adopted and len(live) == 1:
        adopted = not unusable(run, live, run.gone())
    return plan_begin(wanted, live, run.stack, adopted=adopted)


def _previewed(run: Rotating, label: str, wanted: Mapping[str, int]) -> tuple[Change, ...]:
    try:
        return run.preview_only(Action.ADDED, label)
    except ConnectError:
        _go_back(run, wanted)
        raise


def _go_back(run: Rotating, wanted: Mapping[str, int]) -> None:
    """The slots without the secret that was not made; a patch says so where one went for it."""
    run.write_slots(wanted)
    if dict(wanted) != dict(run.settings.slots):
        run.hand_out_patch(wanted)


def _current(run: Rotating) -> bool:
    """Whether the outputs already hand out the newest secret."""
    return run.outputs().client_secret_key_id == run.live()[-1].key_id


def _deploy(run: Rotating, step: Begin, wanted: Mapping[str, int]) -> tuple[Change, ...]:
    run.voice.title(f"Entra ID: the new secret {step.label}")
    try:
        return run.engine.up()
    except EngineError:
        if step.label not in [one.label for one in run.live()]:
            _go_back(run, wanted)
        raise


def _not_proved(run: Rotating, step: Begin, proof: ProofReport, back_to: Mapping[str, int] | None) -> Outcome:
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
        return _outcome(run, "begin", "failed", (), proof, error)
    taken = take_back(run, step.label)
    run.hand_out_patch(back_to)
    message = f"{step.label} did not pass the proof and was taken back; the old secret is as it was. {words}"
    error = ProofFailedError(message, code=code, key=cause.key if cause else None)
    return _outcome(run, "begin", "taken_back", taken, proof, error)


def take_back(run: Rotating, label: str) -> tuple[Change, ...]:
    """Delete the newest secret, and nothing else, and return to the slots without it."""
    live = run.live()
    run.voice.title(f"Taking {label} back")
    return delete(run, live[-1], live[:-1])


def finish(run: Rotating, step: Finish) -> Outcome:
    """Prove once more with the new secret, then delete the old ones and nothing else."""
    run.ask_locks()
    if not step.retired:
        run.voice.say("the old secret is gone already; the settings follow")
        run.write_slots(step.slots)
        run.hand_out_patch(step.slots)
        return _outcome(run, "finish", "finished", ())
    if step.old is not None and forget_gone(run):
        planned_finish(run)
        followed = _follow(run, step)
        if not step.hand_made:
            return followed
        step = replace(step, old=None)
    if not _current(run):
        message = f"{step.new.label} was made and never handed out or proved; run `rotate begin` to go on"
        raise DriftError(message, code="rotation.not_begun", key=step.new.label)
    proof = run.prove()
    if proof.error is not None:
        run.voice.say(f"nothing was retired: {step.new.label} is not proved")
        return _outcome(run, "finish", proof.result, (), proof)
    named = ", ".join(one.label for one in step.retired)
    run.ask_locks()
    run.voice.title(f"Retiring {named}")
    changes = hand_made.retire(run, step.hand_made)
    if step.old is not None:
        changes += delete(run, step.old, run.live()[1:])
    run.write_slots(step.slots)
    run.hand_out_patch(step.slots)
    run.voice.say(f"{named} is retired; {step.new.label} is the new secret")
    for one in run.live()[:-1]:
        run.voice.say(f"{one.label} is still there; `rotate finish --reconnected` retires it")
    return _outcome(run, "finish", "finished", changes, proof)


def _follow(run: Rotating, step: Finish) -> Outcome:
    """The old secret has gone already: settings and outputs follow."""
    run.write_slots(step.slots)
    run.engine.up()
    run.note()
    run.hand_out_patch(step.slots)
    return _outcome(run, "finish", "finished", ())


def planned_finish(run: Rotating) -> Finish | None:
    """What `finish` would do; None when there is one secret and nothing to retire."""
    return plan_finish(run.settings.slots, run.live(), run.stack, run.outside_slots().adopted)


def not_reconnected(step: Finish) -> PersonNeededError:
    """The refusal to retire a secret that may be in use."""
    message = (
        f"{', '.join(one.label for one in step.retired)} may still be in use: type {step.new.label} into "
        "the connect form (`handover` gives it), sign in again there, then say --reconnected"
    )
    return PersonNeededError(message, code="rotation.not_reconnected", key="--reconnected")


def _outcome(
    run: Rotating,
    verb: str,
    result: str,
    changes: tuple[Change, ...],
    proof: ProofReport | None = None,
    error: ConnectError | None = None,
) -> Outcome:
    body: dict[str, Any] = proof.to_json() if proof else {"stack": run.stack}
    body |= {"verb": f"rotate {verb}", "result": result, "changes": [change.to_json() for change in changes]}
    body |= {"slots": run.table(), "handMade": hand_made.table(run.outside_slots(anew=True))}
    return Outcome(body, error or (proof.error if proof else None))
