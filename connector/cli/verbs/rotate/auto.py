"""`rotate auto`: the next due step alone, for pipelines."""

from __future__ import annotations

from connector.cli.options import Days, Json, Patch, Records, Stack
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.verbs.rotate.begin import begin
from connector.cli.verbs.rotate.finish import finish, planned_finish
from connector.cli.verbs.rotate.other_credentials import other_than_secret
from connector.cli.verbs.rotate.rotation import Rotation
from connector.errors import ConnectError, ExpiresSoonError, PersonNeededError
from connector.stack.due import Due, Step
from connector.stack.secrets import only_ended, slots_of


def rotate_auto(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    patch: Patch = None,
    begin_days: Days = None,
    soon_days: Days = None,
) -> None:
    """For pipelines: the next due step alone; exit 20 when a person is needed, 21 when a secret ends soon."""

    def work(screen: Screen) -> Outcome:
        run = Rotation(screen, stack, records, patch)
        if other := other_than_secret(run, begin_days, soon_days):
            return other
        due = run.due(begin_days, soon_days)
        if due.step in (Step.BEGIN, Step.FINISH):
            # What writes goes by a clock that is not this machine's alone.
            due = run.due(begin_days, soon_days, run.now())
        if due.step is not Step.DEPLOY:  # it becomes the error, which is said once
            screen.say(due.why)
        return _carry_out(run, due)

    run_verb("rotate auto", Screen(as_json=json), work)


def _carry_out(run: Rotation, due: Due) -> Outcome:
    live = run.live()
    if due.step is Step.NOTHING:
        run.hand_out_patch(slots_of(live))
        return _as_auto(Outcome({"result": "nothing"}), run)
    if due.step is Step.DEPLOY:
        kind = ExpiresSoonError if due.soon else PersonNeededError
        raise kind(due.why, code="rotation.not_deployed", key=run.name)
    if due.step is Step.FINISH or due.step is Step.WRITE_SLOTS:
        step = only_ended(planned_finish(run), live, run.now())
        return _as_auto(finish(run, step), run) if step else _as_auto(Outcome(), run)
    if due.step is Step.RECONNECT and run.is_proved(live[-1]):
        run.hand_out_patch(slots_of(live))
        return _as_auto(Outcome({"result": "reconnect"}, _person(due)), run)
    done = begin(run)
    if done.error is None:
        done.error = _person(due)
    return _as_auto(done, run)


def _person(due: Due) -> ConnectError:
    """What a pipeline ends with while the new secret waits to be typed in."""
    message = "the new secret waits for a person: `handover`, type it in, then `rotate finish --reconnected`"
    if due.soon:
        return ExpiresSoonError(f"{message}; the old one ends soon", code="rotation.soon", key="slots")
    return PersonNeededError(message, code="rotation.reconnect", key="slots")


def _as_auto(outcome: Outcome, run: Rotation) -> Outcome:
    outcome.body |= {"verb": "rotate auto", "stack": run.name, **run.tables()}
    return outcome
