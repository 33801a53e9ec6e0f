"""Fixtures that every kind of test shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.graph import Graph


@pytest.fixture(scope="session")
def shared_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """One emulator for the whole run; use `emulator`, which puts it back to the seed."""
    running = RunningEmulator(tmp_path_factory.mktemp("emulator"))
    yield running
    running.stop()


@pytest.fixture
def emulator(shared_emulator: RunningEmulator) -> RunningEmulator:
    """A running emulator in the state of the seed."""
    shared_emulator.reset()
    return shared_emulator


@pytest.fixture
def graph(emulator: RunningEmulator) -> Graph:
    """Microsoft Graph as the full deployer sees it."""
    return Graph(emulator)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for the engine go first, so that no worker is left with a long one at the end.

    Within both parts the order stays the random one.
    """
    items.sort(key=lambda item: item.get_closest_marker("stack") is None)
