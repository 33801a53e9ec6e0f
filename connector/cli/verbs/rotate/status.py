"""`rotate status`: both slots, days left, and what is next."""

from __future__ import annotations

from connector.cli.options import Days, Json, Patch, Records, Stack
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.verbs.rotate import hand_made
from connector.cli.verbs.rotate.other_credentials import other_than_secret
from connector.cli.verbs.rotate.rotation import Rotation
from connector.records.standing import slot_words
from connector.stack.secrets import slots_of


def rotate_status(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    patch: Patch = None,
    begin_days: Days = None,
    soon_days: Days = None,
) -> None:
    """Show both slots, days left, and what is next; --patch brings the settings in line with the state."""

    def work(screen: Screen) -> Outcome:
        run = Rotation(screen, stack, records, patch, prove=False)
        if other := other_than_secret(run, begin_days, soon_days):
            other.error = None
            screen.say(f"next: {other.body['next']}")
            return other
        live = run.live()
        due = run.due(begin_days, soon_days)
        rows = [(f"slot {row['slot']}", slot_words(row)) for row in run.table()]
        screen.table([*rows, *hand_made.lines(run.outside_slots())])
        screen.say(f"next: {due.why}")
        if live:
            run.hand_out_patch(slots_of(live))
        return Outcome({"stack": run.name, "result": due.step.value, "next": due.why, **run.tables()})

    run_verb("rotate status", Screen(as_json=json), work)
