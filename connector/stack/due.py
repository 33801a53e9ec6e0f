"""When a rotation is due: the next step for pipelines and for people, out of dates alone.

Days are whole days. A rotation begins early enough that a person has weeks to type the new secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.stack.hand_made import HandMade
from connector.stack.secrets import LiveSecret, slots_of

BEGIN_DAYS = 60
SOON_DAYS = 30


class Step(StrEnum):
    """What comes next: nothing, a run's own work (begin, finish, write the file), or a person's."""

    NOTHING = "nothing"
    BEGIN = "begin"
    RECONNECT = "reconnect"
    FINISH = "finish"
    WRITE_SLOTS = "write_slots"
    DEPLOY = "deploy"


@dataclass(frozen=True)
class Due:
    """The next step, why, and whether a secret in use ends soon."""

    step: Step
    why: str
    soon: bool = False


@dataclass(frozen=True)
class Thresholds:
    """Days before an end: when a rotation begins, and what counts as soon."""

    begin: int
    soon: int

    @classmethod
    def for_lifetime(cls, days: int, *, begin: int | None = None, soon: int | None = None) -> Thresholds:
        """As asked for; otherwise 60 and 30 days, less for secrets that live shorter than 180."""
        return cls(
            begin if begin is not None else min(BEGIN_DAYS, days // 3),
            soon if soon is not None else min(SOON_DAYS, days // 6),
        )


def next_step(
    wanted: Mapping[str, int],
    live: tuple[LiveSecret, ...],
    now: datetime,
    days: Thresholds,
    hand_made: tuple[HandMade, ...] = (),
) -> Due:
    """The one next step of a stack, from its settings, its live secrets (the oldest first) and the date.

    `hand_made` are the secrets of an adopted application that are still there: old ones, too.
    """
    if not live:
        soon = any(_ends_within(one, days.soon, now) for one in hand_made)
        return Due(Step.DEPLOY, "there is no client secret of the stack yet; run deploy", soon)
    old, new = live[0], live[-1]
    left = old.days_left(now)
    soon = any(_ends_within(one, days.soon, now) for one in live)
    # The proof that `finish` asks for needs the newest, so beside an ended one nothing can be retired. One
    # that is alone takes the course of every single secret below: its days are within any threshold.
    if new.has_ended(now) and (len(live) > 1 or hand_made):
        return Due(Step.BEGIN, f"{new.label} has ended; `rotate begin` makes another", soon)
    # Hand-made secrets are old ones once a slot's secret is the new one: a rotation that was begun comes
    # first, and so does a file that names another slot.
    settled = len(live) > 1 or dict(wanted) == slots_of(live)
    if hand_made and settled:
        return _with_hand_made(live, hand_made, now, days)
    if len(live) == 1:
        return _with_one(wanted, new, left, soon, days)
    if left is not None and left < 0:
        why = f"the old secret {old.label} has ended; `rotate finish --reconnected` removes it"
        # Without `soon`, which the ended one alone would make true.
        return Due(Step.FINISH, why)
    why = (
        f"{new.label} waits to be typed into the connect form; then run `rotate finish --reconnected` "
        f"({old.label} {describe(left)})"
    )
    return Due(Step.RECONNECT, why, soon)


def _with_hand_made(
    live: tuple[LiveSecret, ...], hand_made: tuple[HandMade, ...], now: datetime, days: Thresholds
) -> Due:
    """Hand-made secrets count as old ones: the newest slot waits to be typed in."""
    old: tuple[LiveSecret | HandMade, ...] = (*live[:-1], *hand_made)
    ended = [one for one in old if (left := one.days_left(now)) is not None and left < 0]
    if ended:
        named = ", ".join(one.label for one in ended)
        return Due(Step.FINISH, f"{named} has ended; `rotate finish --reconnected` removes it")
    soon = any(_ends_within(one, days.soon, now) for one in (*old, *live[-1:]))
    named = ", ".join(f"{one.label} {describe(one.days_left(now))}" for one in old)
    why = (
        f"{live[-1].label} waits to be typed into the connect form; then run "
        f"`rotate finish --reconnected` ({named})"
    )
    return Due(Step.RECONNECT, why, soon)


def _ends_within(secret: LiveSecret | HandMade, days: int, now: datetime) -> bool:
    left = secret.days_left(now)
    return left is not None and left <= days


def _with_one(
    wanted: Mapping[str, int], secret: LiveSecret, left: int | None, soon: bool, days: Thresholds
) -> Due:
    beyond = [n for n in wanted.values() if n > secret.generation]
    if beyond:
        return Due(Step.BEGIN, "a rotation was begun and not deployed; `rotate begin` goes on", soon)
    # The old one is retired and the file does not say so yet (a killed run, a patch that waits to be merged):
    # until it does, deploy refuses.
    if dict(wanted) != slots_of((secret,)):
        return Due(Step.WRITE_SLOTS, f"{secret.label} is the only secret left, and the settings name another")
    if left is not None and left <= days.begin:
        return Due(Step.BEGIN, f"{secret.label} {describe(left)}; run `rotate begin`", soon)
    return Due(Step.NOTHING, f"nothing is due; {secret.label} {describe(left)}")


def describe(left: int | None) -> str:
    """Days left in words."""
    if left is None:
        return "has no known end"
    return f"ends in {left} days" if left >= 0 else f"ended {-left} days ago"
