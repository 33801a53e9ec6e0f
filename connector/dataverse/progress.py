"""How a job tells what it does while it does it."""

from __future__ import annotations

from collections.abc import Callable

#: Receives one short sentence for each step.
Progress = Callable[[str], None]


def quiet(_: str) -> None:
    """Tell nobody."""
