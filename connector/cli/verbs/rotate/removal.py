"""Secrets that go: one by an update that deletes it and nothing else, or out of a state that still names it.

A secret opens nothing any more when it has ended, or was removed from the application by hand. Such a
one is never handed out, and it holds up no rotation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.cli.verbs.rotate.rotation import Rotation
from connector.errors import ConnectError
from connector.report import Action, Change
from connector.stack.secrets import LiveSecret, slots_of


def forget_gone(run: Rotation) -> bool:
    """Let the state follow where one of two secrets was deleted by a run that died before it said so.

    The provider does not take a secret that is missing for deleted: its delete fails.
    """
    if len(run.live()) < 2:
        return False
    gone = run.gone()
    if len(gone) != 1:
        return False
    run.screen.say(f"{gone[0].label} is gone from the application already; the state follows")
    run.engine.refresh(gone[0].urn)
    return True


def delete(run: Rotation, gone: LiveSecret, rest: tuple[LiveSecret, ...]) -> tuple[Change, ...]:
    """An update that deletes one secret; its protection is lifted for this alone, and put back on refusal."""
    before = run.slots_in_file
    run.write_slots(slots_of(rest))
    if gone.protected:
        run.engine.unprotect(gone.urn)
    try:
        run.preview_only(Action.REMOVED, gone.label)
    except ConnectError:
        if gone.protected:
            run.engine.protect(gone.urn)
        run.write_slots(before)
        raise
    changes = run.engine.up()
    run.note(run.outputs())
    return changes


def unusable(
    run: Rotation, live: Sequence[LiveSecret], removed: Sequence[LiveSecret]
) -> tuple[LiveSecret, ...]:
    """Those that open nothing any more: ended, or *removed* from the application (`Rotation.gone`)."""
    now = run.now()
    return tuple(one for one in live if one.has_ended(now) or one in removed)


def make_way(run: Rotation) -> Mapping[str, int] | None:
    """Where the newer of two secrets opens nothing any more, free a slot; the slots then, None without need.

    The older one goes where it opens nothing either; otherwise it is in use, and the newer one goes.
    """
    live = run.live()
    if len(live) < 2:
        return None
    removed = run.gone()
    useless = unusable(run, live, removed)
    if live[-1] not in useless:
        return None
    gone = live[0] if live[0] in useless else live[-1]
    rest = tuple(one for one in live if one is not gone)
    run.screen.title(f"{live[-1].label} opens nothing any more: {gone.label} makes way for a new secret")
    if gone in removed:
        run.engine.refresh(gone.urn)
        run.write_slots(slots_of(rest))
    else:
        delete(run, gone, rest)
    return slots_of(rest)
