"""What is done to an object, and one line about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a plan does to an object, or why it does nothing."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    KEPT = "kept"
    FOREIGN = "foreign"
    PENDING = "pending"


#: Actions that write.
WRITES = frozenset({Action.ADDED, Action.CHANGED, Action.REMOVED})


@dataclass(frozen=True)
class Change:
    """One line of a plan: the action, the kind of object, its name, what exactly, from what, to what."""

    action: Action
    kind: str
    name: str
    detail: str = ""
    before: str = ""
    after: str = ""

    def to_json(self) -> dict[str, str]:
        """The object that JSON reports hold."""
        return {
            "action": self.action.value,
            "kind": self.kind,
            "name": self.name,
            "detail": self.detail,
            "before": self.before,
            "after": self.after,
        }
