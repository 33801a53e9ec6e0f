"""Every write of apply and remove, broken in turn: the next run goes on, and nothing is there twice.

A few of them by default; all with CONNECT_TEST_ALL=1.
"""

from __future__ import annotations

import os

import pytest

from connector.dataverse import jobs
from tests.emulator_flows.broken import HOWS, STORIES, Story, break_run, foreign, role_of, user_of
from tests.emulator_flows.conftest import NoSleep, runner
from tests.emulator_flows.tenant import ConnectedStack

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")
_ALL = [(story, nth, how) for story in STORIES for nth in range(1, story.writes + 1) for how in HOWS]
# Nine is one more than the ways there are, so that the sample walks through ways and writes alike.
CASES = _ALL if os.environ.get("CONNECT_TEST_ALL") else _ALL[::9]


def _name(case: tuple[Story, int, str]) -> str:
    return f"{case[0].name}, write {case[1]}, {case[2]}"


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s.name)
def test_a_clean_run_has_the_writes_that_are_broken_below(
    stack: ConnectedStack, clock: NoSleep, story: Story
) -> None:
    """The number of writes in the log, so that none is left out."""
    story.before(stack, clock)
    stack.emulator.requests(reset=True)
    runner(stack, clock)(getattr(jobs, story.job))
    writes = [line for line in stack.org_requests() if line["method"] != "GET"]
    assert len(writes) == story.writes


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_the_next_run_converges(
    stack: ConnectedStack, clock: NoSleep, case: tuple[Story, int, str]
) -> None:
    """Whatever became of the write, one more run brings all to where it should be."""
    story, nth, how = case
    story.before(stack, clock)
    others = foreign(stack)
    break_run(stack, clock, story, nth, how)
    stack.emulator.store.db.execute("DELETE FROM faults")
    run = runner(stack, clock)
    run(getattr(jobs, story.job))
    assert foreign(stack) == others
    if story.job == "remove":
        _check_gone(stack)
        assert run(jobs.remove).result == "nothing"
    else:
        assert run(jobs.plan).result == "unchanged"
        assert run(jobs.prove).result == "proved"
        assert user_of(stack)["roles"] == [role_of(stack)["roleid"]]


def _check_gone(stack: ConnectedStack) -> None:
    assert not [r for r in stack.objects("roles") if r["name"] == stack.settings.role_name]
    users = stack.objects("systemusers")
    assert not [u for u in users if u.get("applicationid") == stack.outputs.client_id]
