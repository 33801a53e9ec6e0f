"""A stack's locks in a folder of this machine: read, named for people, and freed where their run is dead.

The engine's file backend writes one JSON file for each lock: pid, user, host and time. No command of the
engine only asks, so the folder is read; other backends cannot be asked without taking a lock. A lock is
freed, that one file, only where a note of this machine (run_notes.py) names its run, and the run
is gone. Never by `pulumi cancel`, which takes every lock of the stack, a live one too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connector.cli.engine.process import Ran
from connector.cli.engine.run_notes import is_gone, notes
from connector.naming import PROJECT

_HOLDER = re.compile(r"created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)")
_UNREADABLE = re.compile(r"^error: (EOF|unexpected (EOF|end of JSON)|invalid character)", re.MULTILINE)


@dataclass(frozen=True)
class Lock:
    """A lock and who holds it; one without a time could not be read, as one that a full disk left empty."""

    user: str = ""
    host: str = ""
    pid: int = 0
    at: datetime | None = None
    file: Path | None = None

    @property
    def words(self) -> str:
        """Holder and age, or what is wrong with its file."""
        if self.at is None:
            return f"{self.file} cannot be read and names nobody, as a full disk leaves it"
        age = _age((datetime.now(UTC) - self.at).total_seconds())
        return f"{self.user}@{self.host} (pid {self.pid}), since {self.at:%Y-%m-%d %H:%M:%S} UTC ({age})"


def locks_folder(root: Path, project: str, stack: str) -> Path:
    """Where a backend of files keeps the locks of one stack."""
    return root / "locks" / "organization" / project / stack.rsplit("/", 1)[-1]


def read_locks(folder: Path) -> tuple[Lock, ...]:
    """The locks that are there now. Raises OSError where they cannot be read."""
    if not folder.exists():
        return ()
    found = [_read(file) for file in sorted(folder.iterdir()) if file.suffix == ".json"]
    return tuple(lock for lock in found if lock is not None)


def _read(file: Path) -> Lock | None:
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        return _lock(held["username"], held["hostname"], held["pid"], held["timestamp"], file)
    except FileNotFoundError:  # its run has just ended
        return None
    except (ValueError, KeyError, TypeError, OverflowError):
        return Lock(file=file)


def _lock(user: str, host: str, pid: int | str, at: str, file: Path | None = None) -> Lock:
    """Raises ValueError for a time that is none, or without a zone."""
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(at)
    return Lock(str(user), str(host), int(pid), moment.astimezone(UTC), file)


def locks_in(text: str) -> tuple[Lock, ...]:
    """The holders that the engine names, of whatever backend."""
    found: list[Lock] = []
    for user, host, pid, at in _HOLDER.findall(text):
        with suppress(ValueError, OverflowError):
            found.append(_lock(user, host, pid, at))
    return tuple(found)


def met_unreadable_lock(text: str) -> bool:
    """Whether the engine's words can be of a lock that it could not read."""
    return _UNREADABLE.search(text) is not None


def is_left(lock: Lock, stack: str) -> bool:
    """Whether its run is known to be dead: by this machine's notes, and by all that may be meant.

    Two namespaces may each hold a process of that id: a note of another one that matches keeps the lock.
    """
    if lock.at is None:
        return False
    name, at = stack.rsplit("/", 1)[-1], lock.at
    meant = [one for one in notes() if one.may_have_taken(lock.host, lock.pid, name, at)]
    return bool(meant) and all(is_gone(one.process) for one in meant)


def free_left(folder: Path, stack: str) -> tuple[Lock, ...]:
    """Take away the locks of runs that are known to be dead, file by file; returns them."""
    freed = []
    for lock in read_locks(folder):
        if lock.file is None or not is_left(lock, stack):
            continue
        with suppress(OSError):  # one that may not be taken away is named as any other
            lock.file.unlink(missing_ok=True)
            freed.append(lock)
            lock.file.with_name(f"{lock.file.name}.attrs").unlink(missing_ok=True)
    return tuple(freed)


def refusal(stack: str, locks: Sequence[Lock]) -> str:
    """Who holds the stack, and what frees it."""
    held = "; ".join(_unique(lock.words for lock in locks))
    return (
        f"stack {stack} is locked by another run{': ' if held else ''}{held}. It is not known here to have "
        "ended: wait for it, or, once you have made sure that it has, free it with "
        f"`pulumi cancel --stack {stack}`, which takes every lock of the stack"
    )


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _age(seconds: float) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


class StackLocks:
    """The locks of one stack: asked, named, and freed where their run is dead; `say` hears of those."""

    def __init__(
        self, stack: str, root: Callable[[], Path | None], say: Callable[[str], None]
    ) -> None:
        """*root* finds the folder of the backend's files, None where it is no folder of this machine."""
        self._stack, self._root, self._say = stack, root, say

    def free(self) -> bool:
        """Take away those of dead runs; whether there were any."""
        root = self._root()
        freed = free_left(locks_folder(root, PROJECT, self._stack), self._stack) if root else ()
        for lock in freed:
            self._say(f"the stack's lock belongs to a run that is dead; taking it away: {lock.words}")
        return bool(freed)

    def held(self) -> tuple[Lock, ...] | None:
        """Those that are there now; None where the backend does not show them."""
        root = self._root()
        return None if root is None else read_locks(locks_folder(root, PROJECT, self._stack))

    def are_met_by(self, ran: Ran) -> bool:
        """Whether a command failed for a lock, or for one that it could not read."""
        return ran.locked or (ran.code != 0 and met_unreadable_lock(ran.err))

    def refusal_of(self, ran: Ran) -> str:
        """Who holds the stack, where that is why a command failed; else an empty text."""
        if not self.are_met_by(ran):
            return ""
        locks = self.held() or locks_in(ran.err + ran.out)
        return refusal(self._stack, locks) if locks or ran.locked else ""
