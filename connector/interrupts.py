"""Ctrl-C: while the program is still loading a quiet end, and in a fleet's worker the end of its run.

Imports as little as it can: until it is loaded itself, an interrupt shows a traceback.
"""

from __future__ import annotations

import os
import signal
import threading

CANCELLED = 8


class QuietWhileLoading:
    """End at once with exit code 8; an exception would come out of an import, with a traceback."""

    def __enter__(self) -> None:
        self._before = signal.getsignal(signal.SIGINT)
        # A shell's background job ignores interrupts, and goes on doing so.
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, _leave)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)


def _leave(_number: int, _frame: object) -> None:
    os.write(2, b"interrupted\n")
    os._exit(CANCELLED)


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
