"""The lines and counts of the fault matrix, as the end of a test run prints them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pytest

Counts = Counter[tuple[str, str]]

_TESTS = "tests/stack/test_fault_matrix.py::test_the_next_run_converges["


def matrix_lines(reports: Iterable[pytest.TestReport]) -> list[str]:
    """One line for each cell that ran, then the cells by verb and fault; empty where none ran."""
    lines: list[str] = []
    counts: Counts = Counter()
    converged: Counts = Counter()
    for report in reports:
        if not report.nodeid.startswith(_TESTS) or (report.passed and report.when != "call"):
            continue
        verb, call, fault = _named(report.nodeid)
        counts[verb, fault] += 1
        converged[verb, fault] += report.passed
        seconds = f"{report.duration:.1f} s"
        lines.append(f"{verb:22} {call:60} {fault:18} {_words(report):14} {seconds}")
    return [*sorted(lines), "", *_table(counts, converged)] if lines else []


def _named(nodeid: str) -> Sequence[str]:
    verb, _, rest = nodeid.removeprefix(_TESTS).removesuffix("]").partition(": ")
    call, _, fault = rest.rpartition(", ")
    return verb, call, fault


def _words(report: pytest.TestReport) -> str:
    return "converged" if report.passed else "not converged"


def _table(counts: Counts, converged: Counts) -> list[str]:
    """Converged of all, verbs down and faults across."""
    faults = list(dict.fromkeys(fault for _, fault in counts))
    verbs = list(dict.fromkeys(verb for verb, _ in counts))
    across = [*faults, "all"]
    rows = [[verb, *(_count(counts, converged, verb, one) for one in across)] for verb in [*verbs, "all"]]
    rows.insert(0, ["converged / cells", *across])
    return ["  ".join(f"{text:>{17 if i else 22}}" for i, text in enumerate(row)) for row in rows]


def _count(counts: Counts, converged: Counts, verb: str, fault: str) -> str:
    of = [key for key in counts if verb in (key[0], "all") and fault in (key[1], "all")]
    return f"{sum(converged[key] for key in of)}/{sum(counts[key] for key in of)}" if of else "-"
