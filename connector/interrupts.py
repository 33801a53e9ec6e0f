"""Ctrl-C while the program is still loading: a quiet end, since nothing was begun.

Imports as little as it can: until it is loaded itself, an interrupt shows a traceback.
"""

from __future__ import annotations

import os
import signal

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
