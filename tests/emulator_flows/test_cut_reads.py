"""A connection that is cut under any one read of a verb: the verb goes on as if nothing had been."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connector.dataverse import jobs
from connector.preflight import run_checks
from connector.report import Answer
from tests.emulator_flows.conftest import NoSleep, Run, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.emulator_flows.test_entra_preflight import state_of


def _preflight(stack: ConnectedStack, clock: NoSleep) -> set[Answer]:
    async def work() -> set[Answer]:
        async with stack.session(patience=clock.patience()) as session:
            return {check.answer for check in await run_checks(session, state_of(stack))}

    return asyncio.run(work())


def _reads(stack: ConnectedStack) -> list[dict[str, Any]]:
    return [r for r in stack.emulator.requests() if r["method"] == "GET" and r["service"] != "control"]


def test_preflight_goes_on_after_each_cut(stack: ConnectedStack, clock: NoSleep) -> None:
    """Every route of a clean run, Graph's and Dataverse's, cut once each."""
    assert _preflight(stack, clock) == {Answer.YES}
    routes = sorted({str(r["path"]).split("?")[0] for r in _reads(stack)})
    assert len(routes) > 10
    for route in routes:
        stack.emulator.fault("GET", route, answer="reset-before")
        assert _preflight(stack, clock) == {Answer.YES}, route


@pytest.mark.parametrize("answer", ["reset-before", "504"])
def test_the_proof_goes_on_after_each_spoilt_read(
    stack: ConnectedStack, clock: NoSleep, run: Run, answer: str
) -> None:
    """Cut, or lost by a gateway: what the application may do is proved all the same."""
    assert run(jobs.apply_and_prove)[1].result == "proved"
    stack.emulator.requests(reset=True)
    assert runner(stack, clock)(jobs.prove).result == "proved"
    for route in sorted({str(r["path"]).split("?")[0] for r in _reads(stack)}):
        stack.emulator.fault("GET", route, answer=answer)
        assert runner(stack, clock)(jobs.prove).result == "proved", route
