"""Rounds out of the emulator's log: how long the longest chain of requests is in which each waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def rounds_of(log: Iterable[dict[str, Any]]) -> int:
    """The largest number of requests of which none overlaps another: a chain of answers waited for.

    Needs a latency in the emulator, so that requests sent side by side do overlap.
    """
    count, free_from = 0, 0.0
    for line in sorted(log, key=lambda line: float(line["ended"])):
        if line["started"] >= free_from:
            count, free_from = count + 1, line["ended"]
    return count


def of_service(log: Iterable[dict[str, Any]], service: str) -> list[dict[str, Any]]:
    """The lines of one service: login, graph or dataverse."""
    return [line for line in log if line["service"] == service]


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """True when two requests were under way at the same time."""
    return bool(one["started"] < other["ended"] and other["started"] < one["ended"])
