"""A stack's lock whose holder is dead: a killed run leaves it, and nobody will take it away.

The file backend says who holds a lock: `created by USER@HOST (pid N) at TIME`. Only a process of
this machine can be known to be dead; every other lock is left to a person.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

_HOLDER = re.compile(r"created by \S+@(\S+) \(pid (\d+)\)")


def holders_are_dead(text: str) -> bool:
    """Whether every lock that the engine complains of belongs to a dead process of this machine."""
    holders = _HOLDER.findall(text)
    return bool(holders) and all(is_dead_there(host, int(pid)) for host, pid in holders)


def is_dead_there(host: str, pid: int) -> bool:
    """Whether a process of that machine has ended, which is only known of this one."""
    return host == socket.gethostname() and is_dead(pid)


def is_dead(pid: int) -> bool:
    """Whether a process of this machine has ended; False where that cannot be asked (Windows)."""
    # Windows has no question of a process that is not also a signal to it.
    if os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether the process has ended and nobody has asked how (Linux: proc(5), the state after the name)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] == ["Z"]
