"""What this machine knows of its own runs: a note of each engine process that may take a stack's lock.

A lock file says `pid`, host name and time, and containers share all three: process 7 of host `runner` may
be alive in a PID namespace that this one cannot see. So a run that starts the engine leaves a note in a
folder of this user and machine, with what tells one process from every other: boot id, PID namespace, pid
and start time (proc(5)). A run that is killed leaves its note, and the next one can tell whose lock it met.
Where a system has no such names (macOS, Windows) there are no notes, and nobody is known to be dead.
"""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from connector.deadlines import NOTES_KEPT, TAKES_ITS_LOCK
from connector.files import write_whole

#: Commands of the engine that take a stack's lock on a backend of files.
_LOCKING = frozenset({"up", "destroy", "refresh", "import", "state", "cancel"})
#: How Go ends a program that failed within itself, which then leaves its lock behind.
_PANIC = 2


@dataclass(frozen=True)
class Process:
    """One process among all of all machines."""

    boot: str
    namespace: str
    pid: int
    start: str

    def __str__(self) -> str:
        return f"{self.boot} {self.namespace} {self.pid} {self.start}"

    @classmethod
    def parse(cls, text: str) -> Process | None:
        """The process that a text names; None where it names none."""
        match text.split():
            case [boot, namespace, pid, start] if pid.isdecimal():
                return cls(boot, namespace, int(pid), start)
        return None


@dataclass(frozen=True)
class Note:
    """An engine that this user started on this machine: which process, for which stack, and when."""

    process: Process
    host: str
    stack: str
    at: datetime
    file: Path

    def may_have_taken(self, host: str, pid: int, stack: str, at: datetime) -> bool:
        """Whether a lock with these words can be this run's: one that is older or much younger cannot."""
        same = (self.host, self.process.pid, self.stack) == (host, pid, stack)
        return same and self.at <= at <= self.at + TAKES_ITS_LOCK


def process_of(pid: int) -> Process | None:
    """What tells a process of this PID namespace from all others; None where the system cannot say."""
    place, start = _here(), _started(pid)
    return Process(*place, pid, start) if place and start else None


def is_gone(process: Process) -> bool | None:
    """Whether it has ended; None where that cannot be known: another boot, machine or PID namespace."""
    if _here() != (process.boot, process.namespace):
        return None
    if is_dead(process.pid):
        return True
    start = _started(process.pid)
    return start != process.start if start else None


def is_dead(pid: int) -> bool:
    """Whether no process of this PID namespace has that id; False where that cannot be asked (Windows)."""
    # Windows has no question of a process that is not also a signal to it.
    if os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _status(pid)[:1] == ["Z"]


def leave_note(pid: int, arguments: Sequence[str], at: datetime) -> Path | None:
    """Note an engine that was started *at* that time with *arguments*; None where it takes no lock.

    A note that cannot be written stops nothing: its lock is then left to a person.
    """
    process = process_of(pid) if arguments[0] in _LOCKING and "--stack" in arguments else None
    if process is None:
        return None
    stack = arguments[list(arguments).index("--stack") + 1].rsplit("/", 1)[-1]
    known = asdict(process) | {"host": socket.gethostname(), "stack": stack, "at": at.isoformat()}
    with suppress(OSError, RuntimeError):
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(folder, process.boot)
        path = folder / f"{uuid.uuid4().hex}.json"
        write_whole(path, json.dumps(known))
        return path
    return None


def forget_note(note: Path | None, code: int) -> None:
    """Take a note away whose engine has ended by itself: it gave its lock back. A killed one's stays."""
    if note is not None and code >= 0 and code != _PANIC:
        with suppress(OSError):
            note.unlink(missing_ok=True)


def notes() -> tuple[Note, ...]:
    """All notes of this user; none where others may look into their folder, or write there."""
    with suppress(OSError, RuntimeError):
        folder = _folder()
        held = folder.stat()
        if os.name != "nt" and held.st_uid == os.getuid() and not held.st_mode & 0o077:
            return tuple(_read(folder))
    return ()


def _read(folder: Path) -> Iterator[Note]:
    for file in folder.glob("*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            held = json.loads(file.read_text(encoding="utf-8"))
            process = Process(held["boot"], held["namespace"], int(held["pid"]), held["start"])
            yield Note(process, held["host"], held["stack"], datetime.fromisoformat(held["at"]), file)


def _folder() -> Path:
    """Raises RuntimeError for a user without a home."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if os.path.isabs(state) else Path.home() / ".local" / "state"
    return base / "dynamics-connect" / "runs"


def _sweep(folder: Path, boot: str) -> None:
    """Take away what tells nothing any more: notes of this machine's earlier boots, and very old files."""
    old = [one.file for one in _read(folder) if one.host == socket.gethostname() and one.process.boot != boot]
    old += [file for file in folder.iterdir() if time.time() - file.stat().st_mtime > NOTES_KEPT]
    for file in old:
        file.unlink(missing_ok=True)


def _here() -> tuple[str, str] | None:
    """Boot id and namespaces of this process; None without, or where /proc shows another namespace."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # Start times are shifted in a time namespace, so it is part of the name.
        names = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("pid", "time")]
        if boot and os.readlink("/proc/self") == str(os.getpid()):
            return boot, "+".join(names)
    return None


def _started(pid: int) -> str:
    """When it started, in ticks since the boot (the 22nd field of proc(5)); empty where nobody says."""
    return (_status(pid)[19:20] or [""])[0]


def _status(pid: int) -> list[str]:
    """What Linux says of a process after its name: its state first (proc(5))."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return said.rpartition(")")[2].split()
