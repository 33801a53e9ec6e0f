"""`rotate finish`: the new secret proved once more, then the old ones deleted, and nothing else.

The old secret goes last, by an update that deletes it alone; each step stops where the next run can go on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from connector.cli.options import Json, Patch, Records, Stack, Yes
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen, is_person_there, typed
from connector.cli.verbs.rotate import hand_made
from connector.cli.verbs.rotate.other_credentials import check_secret
from connector.cli.verbs.rotate.removal import delete, forget_gone
from connector.cli.verbs.rotate.rotation import Rotation, outcome
from connector.entra.secrets import last_uses
from connector.errors import CancelledError, DriftError, PersonNeededError
from connector.stack.secrets import Finish, plan_finish
from connector.wire.session import Session


def rotate_finish(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    patch: Patch = None,
    yes: Yes = False,
    reconnected: Annotated[
        bool, typer.Option("--reconnected", help="The new secret was typed in, and the connection works.")
    ] = False,
) -> None:
    """Retire the old secret, once the new one is typed in and passed the proof again."""

    def work(screen: Screen) -> Outcome:
        run = Rotation(screen, stack, records, patch)
        check_secret(run)
        run.ask_locks()
        step = planned_finish(run)
        if step is None:
            screen.say("one secret, and nothing to retire")
            return Outcome({"stack": run.name, "result": "nothing", **run.tables()})
        if step.retired:
            _tell_last_use(run, step)
            if not reconnected:
                raise not_reconnected(step)
            _confirm(screen, step, yes=yes)
            run.engine.forget()
        return finish(run, step)

    run_verb("rotate finish", Screen(as_json=json), work)


def finish(run: Rotation, step: Finish) -> Outcome:
    """Prove once more with the new secret, then delete the old ones and nothing else."""
    run.ask_locks()
    if not step.retired:
        run.screen.say("the old secret is gone already; the settings follow")
        run.write_slots(step.slots)
        run.hand_out_patch(step.slots)
        return outcome(run, "finish", "finished", ())
    if step.old is not None and forget_gone(run):
        planned_finish(run)
        followed = _follow(run, step)
        if not step.hand_made:
            return followed
        step = replace(step, old=None)
    if not run.is_current():
        message = f"{step.new.label} was made and never handed out or proved; run `rotate begin` to go on"
        raise DriftError(message, code="rotation.not_begun", key=step.new.label)
    proof = run.prove()
    if proof.error is not None:
        run.screen.say(f"nothing was retired: {step.new.label} is not proved")
        return outcome(run, "finish", proof.result, (), proof)
    named = ", ".join(one.label for one in step.retired)
    run.ask_locks()
    run.screen.title(f"Retiring {named}")
    changes = hand_made.retire(run, step.hand_made)
    if step.old is not None:
        changes += delete(run, step.old, run.live()[1:])
    run.write_slots(step.slots)
    run.hand_out_patch(step.slots)
    run.screen.say(f"{named} is retired; {step.new.label} is the new secret")
    for one in run.live()[:-1]:
        run.screen.say(f"{one.label} is still there; `rotate finish --reconnected` retires it")
    return outcome(run, "finish", "finished", changes, proof)


def _follow(run: Rotation, step: Finish) -> Outcome:
    """The old secret has gone already: settings and outputs follow."""
    run.write_slots(step.slots)
    run.engine.up()
    run.note(run.outputs())
    run.hand_out_patch(step.slots)
    return outcome(run, "finish", "finished", ())


def planned_finish(run: Rotation) -> Finish | None:
    """What `finish` would do; None when there is one secret and nothing to retire."""
    return plan_finish(run.settings.slots, run.live(), run.name, run.outside_slots().adopted)


def not_reconnected(step: Finish) -> PersonNeededError:
    """The refusal to retire a secret that may be in use."""
    message = (
        f"{', '.join(one.label for one in step.retired)} may still be in use: type {step.new.label} into "
        "the connect form (`handover` gives it), sign in again there, then say --reconnected"
    )
    return PersonNeededError(message, code="rotation.not_reconnected", key="--reconnected")


def _tell_last_use(run: Rotation, step: Finish) -> None:
    """When each secret that would go was last used, with a warning where that is recent."""

    async def ask(session: Session) -> dict[str, datetime]:
        return await last_uses(session, [one.key_id for one in step.retired])

    moments = run.in_session(ask)
    for one in step.retired:
        hand_made.warn(run, one.label, moments.get(one.key_id))


def _confirm(screen: Screen, step: Finish, *, yes: bool) -> None:
    if yes:
        return
    named = ", ".join(one.label for one in step.retired)
    if not is_person_there():
        message = f"this deletes the secret {named}; without a terminal it needs --yes"
        raise PersonNeededError(message, code="rotation.unconfirmed", key="--yes")
    wanted = step.retired[0].label
    screen.title(f"Delete the secret {named}? Type the name {wanted}: ")
    if typed() != wanted:
        raise CancelledError("not confirmed; nothing was retired", code="rotation.unconfirmed", key="--yes")
