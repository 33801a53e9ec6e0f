"""What set-up says, and how it fails."""

from __future__ import annotations

import sys


class SetupError(Exception):
    """Set-up cannot go on; the message says what to do."""


def say(text: str) -> None:
    """Tell the person what is done now and about how long it takes."""
    print(f"setup: {text}", file=sys.stderr, flush=True)
