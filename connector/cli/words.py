"""Small turns of phrase that several verbs share."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 5


def counted(number: int, thing: str) -> str:
    """A number and its noun: `1 stack`, `2 stacks`."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def first_few(names: Sequence[str]) -> str:
    """The first names of many, and how many there are besides."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
