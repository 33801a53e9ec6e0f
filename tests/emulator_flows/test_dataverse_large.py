"""A role of 2,000 privileges in an organization of 200 business units."""

from __future__ import annotations

from tests.bench.plan import measure_plan


def test_a_large_plan_costs_few_requests_and_little_memory() -> None:
    """Tables are read in bulk, copies of the role in one list; the time is `scripts/bench plan`'s matter."""
    nothing, same, drifted = measure_plan(0)
    assert (nothing["requests"], nothing["rounds"]) == (11, 2)
    assert (same["requests"], same["rounds"], same["result"]) == (10, 2, "unchanged")
    assert drifted["result"] == "changes"
    assert {one["privileges"] for one in (nothing, same, drifted)} == {2000}
    assert max(one["mebibytes"] for one in (nothing, same, drifted)) <= 150
