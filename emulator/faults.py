"""Faults on purpose, the same at every run: which call fails, how, and how often.

A fault is a row: the METHOD and ROUTE that it meets, the first matching call that
it spoils (nth, from 1), how many from there (times), and the answer. An answer that ends in
`-after` comes when the call has done its work: a client that repeats it does it twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from emulator.store import Store

ANSWERS = (
    "429",
    "500",
    "503",
    "504",
    "404-after",
    "500-after",
    "hang-after",
    "reset-before",
    "reset-after",
    "truncate",
    "hang",
    "lag",
)


@dataclass(frozen=True)
class Fault:
    """What befalls one call; `answer` is one of ANSWERS."""

    answer: str
    times: int
    retry_after: str | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status to answer with, or None when the call is spoilt another way."""
        return int(self.answer) if self.answer.isdigit() else None


def route_matches(route: str, path: str) -> bool:
    """True when *path* is of the form *route*: `{x}` stands for one id, `*` for anything."""
    pieces = re.split(r"(\{[^}]*\}|\*)", route)
    pattern = "".join(
        ".*" if p == "*" else "[^/()]+" if p.startswith("{") else re.escape(p) for p in pieces
    )
    return re.fullmatch(pattern, path, re.IGNORECASE) is not None


def add_fault(
    store: Store, method: str, route: str, *, nth: int, answer: str, retry_after: str | None, times: int
) -> None:
    """Arm a fault. Raises ValueError when the answer is none of ANSWERS or a count is below 1."""
    if answer not in ANSWERS:
        raise ValueError(f"--answer {answer}: one of {', '.join(ANSWERS)}")
    if nth < 1 or times < 1:
        raise ValueError("--nth and --times count from 1")
    store.db.execute(
        "INSERT INTO faults (method, route, nth, answer, retry_after, times) VALUES (?,?,?,?,?,?)",
        (method.upper(), route, nth, answer, retry_after, times),
    )


def clear_faults(store: Store) -> None:
    """Disarm every fault and forget pending replication lags."""
    store.db.execute("DELETE FROM faults")
    store.db.execute("DELETE FROM lags")


def fault_for(store: Store, method: str, path: str, now: float) -> Fault | None:
    """Count this call against the armed faults and return the one that spoils it, if any.

    A client that comes back before its Retry-After has passed is refused again.
    """
    for row in store.db.execute("SELECT * FROM faults ORDER BY number").fetchall():
        if row["method"] not in (method, "*") or not route_matches(row["route"], path):
            continue
        early = now < row["until"]
        seen = row["seen"] + (0 if early else 1)
        due = row["nth"] <= seen < row["nth"] + row["times"]
        until = row["until"]
        if due and not early and row["retry_after"]:
            until = now + _seconds(row["retry_after"])
        store.db.execute("UPDATE faults SET seen=?, until=? WHERE number=?", (seen, until, row["number"]))
        if due or early:
            return Fault(row["answer"], row["times"], row["retry_after"])
    return None


def _seconds(retry_after: str) -> float:
    try:
        return float(retry_after)
    except ValueError:
        return 0.0  # an HTTP date is sent as given and not remembered


def start_lag(store: Store, id: str, reads: int) -> None:
    """Make the next *reads* requests that name this id find nothing (replication lag)."""
    store.db.execute("INSERT OR REPLACE INTO lags VALUES (?,?)", (id.lower(), reads))


def lagging(store: Store, path: str) -> bool:
    """True when the path names an object that has not replicated yet; counts the read."""
    for row in store.db.execute("SELECT id, remaining FROM lags").fetchall():
        if row["id"] in path.lower():
            left = row["remaining"] - 1
            if left > 0:
                store.db.execute("UPDATE lags SET remaining=? WHERE id=?", (left, row["id"]))
            else:
                store.db.execute("DELETE FROM lags WHERE id=?", (row["id"],))
            return True
    return False
