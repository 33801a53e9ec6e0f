"""Client secrets that were there before a stack adopted the application: made by hand, retired by a rotation.

Pure. A secret counts as adopted by its key id alone, which `adopt` wrote into the stack's record;
any other that the state does not hold is foreign: reported, and never removed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class HandMade:
    """One client secret outside the slots; never its value. `last_used` is None where it is not known."""

    key_id: str
    name: str = ""
    hint: str = ""
    end: datetime | None = None
    last_used: datetime | None = None
    adopted: bool = True

    @property
    def label(self) -> str:
        """Its name and the first characters of its value, as the portal shows them."""
        kind = "hand-made" if self.adopted else "foreign"
        return f"{kind}: {self.name or 'without a name'}/{self.hint or '?'}"

    def days_left(self, now: datetime) -> int | None:
        """Whole days until it ends, negative when it has ended; None when its end is not known."""
        return None if self.end is None else (self.end - now).days

    def has_ended(self, now: datetime) -> bool:
        """Whether nobody can log in with it any more."""
        left = self.days_left(now)
        return left is not None and left < 0

    def to_json(self, now: datetime) -> dict[str, Any]:
        """The row of `rotate --json` and `status --json`."""
        return {
            "keyId": self.key_id,
            "name": self.name,
            "hint": self.hint,
            "endDate": self.end.isoformat() if self.end else None,
            "daysLeft": self.days_left(now),
            "lastUsed": self.last_used.isoformat() if self.last_used else None,
            "adopted": self.adopted,
        }


@dataclass(frozen=True)
class OutsideSlots:
    """The secrets of an application that no slot holds: adopted and foreign ones, the first to end first.

    `present` holds the key ids of all its secrets, in slots or not; None where it was not read.
    """

    adopted: tuple[HandMade, ...] = ()
    foreign: tuple[HandMade, ...] = ()
    present: frozenset[str] | None = None

    @property
    def all(self) -> tuple[HandMade, ...]:
        """Both kinds."""
        return (*self.adopted, *self.foreign)


def sorted_out(
    secrets: Iterable[HandMade], adopted: Collection[str], in_slots: Collection[str]
) -> OutsideSlots:
    """Tell adopted from foreign by key id; what a slot holds is neither."""
    held, known = ({one.lower() for one in ids} for ids in (in_slots, adopted))
    every = sorted(secrets, key=lambda one: (one.end or _NEVER, one.key_id))
    outside = [one for one in every if one.key_id.lower() not in held]
    mine = tuple(one for one in outside if one.key_id.lower() in known)
    rest = tuple(replace(one, adopted=False) for one in outside if one.key_id.lower() not in known)
    return OutsideSlots(mine, rest, frozenset(one.key_id.lower() for one in every))
