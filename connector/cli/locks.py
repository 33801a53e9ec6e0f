"""A stack's lock whose holder is dead: a killed run leaves it, and nobody will take it away.

The file backend says who holds a lock: `created by USER@HOST (pid N) at TIME`. Only a process of
this machine can be known to be dead; every other lock is left to a person.
"""

from __future__ import annotations

import os
import re
import socket

_HOLDER = re.compile(r"created by \S+@(\S+) \(pid (\d+)\)")


def holders_are_dead(text: str) -> bool:
    """Whether every lock that the engine complains of belongs to a dead process of this machine."""
    holders = _HOLDER.findall(text)
    return bool(holders) and all(_is_dead(host, int(pid)) for host, pid in holders)


def _is_dead(host: str, pid: int) -> bool:
    # Windows has no question of a process that is not also a signal to it.
    if host != socket.gethostname() or os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
