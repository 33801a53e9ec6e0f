"""Fixtures of the trap tests: those of the flows, and a run whose requests are watched."""

from __future__ import annotations

import pytest

from tests.emulator_flows.conftest import NoSleep, Run, clock, run, runner, stack
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.watched import Watched

__all__ = ["clock", "run", "stack"]


@pytest.fixture
def watched(stack: ConnectedStack) -> Watched:
    """The transport of `watched_run`."""
    return Watched(stack.emulator.trust)


@pytest.fixture
def watched_run(stack: ConnectedStack, clock: NoSleep, watched: Watched) -> Run:
    """Run a job on the stack as the full deployer, each request seen."""
    return runner(stack, clock, transport=watched)
