"""The other side of a fleet's process: it stops when the run that started it is gone."""

from __future__ import annotations

import os
import signal
import threading

#: Set for a worker: its standard input ends when the run that started it does.
WORKER = "CONNECT_FLEET_WORKER"


def is_worker() -> bool:
    """Whether this process is one of a fleet's."""
    return bool(os.environ.get(WORKER))


def follow_the_run() -> None:
    """In a worker: stop as by Ctrl-C when the run that started it is gone."""
    if is_worker():
        # A run in a shell's background hands down that interrupts are ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=_until_the_end, daemon=True).start()


def _until_the_end() -> None:
    while os.read(0, 4096):
        pass
    if os.name == "nt":
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        os.killpg(os.getpgid(0), signal.SIGINT)
