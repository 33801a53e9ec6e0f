"""What every half says, below all of them: changes, causes, reports, checks, and words for counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from connector.errors import ConnectError, RefusedError


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


class Verdict(StrEnum):
    """What a proof came to."""

    PROVED = "proved"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Cause:
    """Why a proof failed: a stable code, the object concerned, and a sentence with what to do.

    `person` says that nothing is wrong and a person's step is awaited.
    """

    code: str
    key: str
    message: str
    person: bool = False


@dataclass(frozen=True)
class PrivilegeCount:
    """How many privileges are wanted and held, and which are missing or too many, by name."""

    wanted: int = 0
    held: int = 0
    missing: tuple[str, ...] = ()
    excess: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The `privileges` object."""
        return {
            "wanted": self.wanted,
            "held": self.held,
            "missing": list(self.missing),
            "excess": list(self.excess),
        }


@dataclass(frozen=True)
class Effort:
    """Requests to the organization's host, rounds among them, tokens asked for, and seconds."""

    requests: int = 0
    rounds: int = 0
    tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """Base of the reports."""

    verb: str
    stack: str
    result: str
    changes: tuple[Change, ...] = ()
    privileges: PrivilegeCount = PrivilegeCount()
    effort: Effort = Effort()
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def error(self) -> ConnectError | None:
        """What a verb ends with, or None when all is well."""
        return None

    @property
    def changed(self) -> bool:
        """Whether something was written."""
        return any(change.action in WRITES for change in self.changes)

    def to_json(self) -> dict[str, Any]:
        """The shared JSON shape; never a secret."""
        return {
            "verb": self.verb,
            "stack": self.stack,
            "result": self.result,
            "changes": [change.to_json() for change in self.changes],
            "privileges": self.privileges.to_json(),
            "requests": self.effort.requests,
            "rounds": self.effort.rounds,
            "seconds": round(self.effort.seconds, 3),
            "ids": dict(self.ids),
            "error": self.error.to_json() if self.error else None,
        }


class Answer(StrEnum):
    """Unknown is no failure: it says what could not be seen, or what a person has to decide."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One question: a stable code, the object concerned, the answer, and why, with what to do."""

    code: str
    subject: str
    answer: Answer
    detail: str = ""

    def to_json(self) -> dict[str, str]:
        """The object that JSON reports hold."""
        return {
            "code": self.code,
            "subject": self.subject,
            "answer": self.answer.value,
            "detail": self.detail,
        }


def yes(code: str, subject: str, detail: str = "") -> Check:
    """A check that holds."""
    return Check(code, subject, Answer.YES, detail)


def no(code: str, subject: str, detail: str) -> Check:
    """A check that does not hold."""
    return Check(code, subject, Answer.NO, detail)


def unknown(code: str, subject: str, detail: str) -> Check:
    """A check that nobody here can answer."""
    return Check(code, subject, Answer.UNKNOWN, detail)


async def answered(
    question: Awaitable[Iterable[Check]], code: str, subject: str, needs: str
) -> tuple[Check, ...]:
    """The checks of one question; a refused read makes it unknown, *needs* says what would let it be read.

    Every other error of a service makes it a no.
    """
    try:
        return tuple(await question)
    except RefusedError as error:
        if error.status == 403:
            return (unknown(code, subject, f"the caller may not read it; {needs} would do"),)
        return (no(code, subject, error.message),)
    except ConnectError as error:
        return (no(code, subject, error.message),)


#: Receives one short sentence for each step.
Progress = Callable[[str], None]


def quiet(_: str) -> None:
    """Tell nobody."""


_NAMED = 5
_CAUSE = 200


def counted(number: int, thing: str) -> str:
    """A number and its noun: `1 stack`, `2 stacks`."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def shortened(cause: str) -> str:
    """A cause as a table has room for it, and a sign that there is more."""
    return cause if len(cause) <= _CAUSE else f"{cause[:_CAUSE].rsplit(' ', 1)[0]} …"


def first_few(names: Sequence[str]) -> str:
    """The first names of many, and how many there are besides."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
