"""`rotate`: a new client secret beside the old one, proved; the old one goes once the new one is typed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from connector.cli.app import App
from connector.cli.open_stack import in_session
from connector.cli.options import Json, Records, Stack, Yes
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Voice, is_person_there, typed
from connector.cli.verbs.rotate import hand_made, steps
from connector.cli.verbs.rotate.other import check_secret, other_than_secret
from connector.cli.verbs.rotate.rotation import Rotating
from connector.entra.secrets import last_uses
from connector.errors import CancelledError, ConnectError, ExpiresSoonError, PersonNeededError
from connector.stack.due import Due, Step, Thresholds, next_step
from connector.stack.secrets import Finish, only_ended, slots_of
from connector.wire.session import Session

app = App(no_args_is_help=True, rich_markup_mode=None, help="Rotate the client secret in two slots.")

Patch = Annotated[
    str | None,
    typer.Option("--patch", help="Write the settings' change to this file, for `git apply`."),
]
Days = Annotated[int | None, typer.Option(min=0, help="Days before the end; by default from the lifetime.")]


@app.command("begin")
def _begin(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    patch: Patch = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would change and stop.")] = False,
) -> None:
    """Add a secret in the other slot, deploy it and prove it; the old one stays valid."""

    def work(voice: Voice) -> Outcome:
        run = Rotating(voice, stack, records, patch)
        check_secret(run)
        return steps.begin(run, only_preview=preview)

    run_verb("rotate begin", Voice(as_json=json), work)


@app.command("finish")
def _finish(
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

    def work(voice: Voice) -> Outcome:
        run = Rotating(voice, stack, records, patch)
        check_secret(run)
        run.ask_locks()
        step = steps.planned_finish(run)
        if step is None:
            voice.say("one secret, and nothing to retire")
            return Outcome({"stack": run.stack, "result": "nothing", **_tables(run)})
        if step.retired:
            _tell_last_use(run, step)
            if not reconnected:
                raise steps.not_reconnected(step)
            _confirm(voice, step, yes=yes)
        return steps.finish(run, step)

    run_verb("rotate finish", Voice(as_json=json), work)


@app.command("status")
def _status(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    patch: Patch = None,
    begin_days: Days = None,
    soon_days: Days = None,
) -> None:
    """Show both slots, days left, and what is next; --patch brings the settings in line with the state."""

    def work(voice: Voice) -> Outcome:
        run = Rotating(voice, stack, records, patch, prove=False)
        if other := other_than_secret(run, begin_days, soon_days):
            other.error = None
            voice.say(f"next: {other.body['next']}")
            return other
        live = run.live()
        due = _due(run, begin_days, soon_days)
        rows = [(f"slot {row['slot']}", run.describe(row)) for row in run.table()]
        voice.table([*rows, *hand_made.lines(run.outside_slots())])
        voice.say(f"next: {due.why}")
        if live:
            run.hand_out_patch(slots_of(live))
        return Outcome({"stack": run.stack, "result": due.step.value, "next": due.why, **_tables(run)})

    run_verb("rotate status", Voice(as_json=json), work)


@app.command("auto")
def _auto(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    patch: Patch = None,
    begin_days: Days = None,
    soon_days: Days = None,
) -> None:
    """For pipelines: the next due step alone; exit 10 when a person is needed, 11 when a secret ends soon."""

    def work(voice: Voice) -> Outcome:
        run = Rotating(voice, stack, records, patch)
        if other := other_than_secret(run, begin_days, soon_days):
            return other
        due = _due(run, begin_days, soon_days)
        if due.step in (Step.BEGIN, Step.FINISH):
            # What writes goes by a clock that is not this machine's alone.
            due = _due(run, begin_days, soon_days, run.now())
        if due.step is not Step.DEPLOY:  # it becomes the error, which is said once
            voice.say(due.why)
        return _carry_out(run, due)

    run_verb("rotate auto", Voice(as_json=json), work)


def _due(run: Rotating, begin_days: int | None, soon_days: int | None, now: datetime | None = None) -> Due:
    days = Thresholds.for_lifetime(run.settings.secret.lifetime_days, begin=begin_days, soon=soon_days)
    old = run.outside_slots().adopted
    return next_step(run.settings.slots, run.live(), now or datetime.now(UTC), days, old)


def _carry_out(run: Rotating, due: Due) -> Outcome:
    live = run.live()
    if due.step is Step.NOTHING:
        run.hand_out_patch(slots_of(live))
        return _as_auto(Outcome({"result": "nothing"}), run)
    if due.step is Step.DEPLOY:
        kind = ExpiresSoonError if due.soon else PersonNeededError
        raise kind(due.why, code="rotation.not_deployed", key=run.stack)
    if due.step is Step.FINISH or due.step is Step.WRITE_SLOTS:
        step = only_ended(steps.planned_finish(run), live, run.now())
        return _as_auto(steps.finish(run, step), run) if step else _as_auto(Outcome(), run)
    if due.step is Step.RECONNECT and run.is_proved(live[-1]):
        run.hand_out_patch(slots_of(live))
        return _as_auto(Outcome({"result": "reconnect"}, _person(due)), run)
    done = steps.begin(run)
    if done.error is None:
        done.error = _person(due)
    return _as_auto(done, run)


def _person(due: Due) -> ConnectError:
    """What a pipeline ends with while the new secret waits to be typed in."""
    message = "the new secret waits for a person: `handover`, type it in, then `rotate finish --reconnected`"
    if due.soon:
        return ExpiresSoonError(f"{message}; the old one ends soon", code="rotation.soon", key="slots")
    return PersonNeededError(message, code="rotation.reconnect", key="slots")


def _as_auto(outcome: Outcome, run: Rotating) -> Outcome:
    outcome.body |= {"verb": "rotate auto", "stack": run.stack, **_tables(run)}
    return outcome


def _tables(run: Rotating) -> dict[str, Any]:
    """The secrets in slots and outside, for `--json`."""
    return {"slots": run.table(), "handMade": hand_made.table(run.outside_slots())}


def _tell_last_use(run: Rotating, step: Finish) -> None:
    """When each secret that would go was last used, with a warning where that is recent."""

    async def ask(session: Session) -> dict[str, datetime]:
        return await last_uses(session, [one.key_id for one in step.retired])

    moments = in_session(run.settings, ask)
    for one in step.retired:
        hand_made.warn(run, one.label, moments.get(one.key_id))


def _confirm(voice: Voice, step: Finish, *, yes: bool) -> None:
    if yes:
        return
    named = ", ".join(one.label for one in step.retired)
    if not is_person_there():
        message = f"this deletes the secret {named}; without a terminal it needs --yes"
        raise PersonNeededError(message, code="rotation.unconfirmed", key="--yes")
    wanted = step.retired[0].label
    voice.title(f"Delete the secret {named}? Type the name {wanted}: ")
    if typed() != wanted:
        raise CancelledError("not confirmed; nothing was retired", code="rotation.unconfirmed", key="--yes")
