"""Fixtures that every kind of test shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.graph import Graph
from tests.support.matrix_report import matrix_lines


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
    """Files that wait for the engine go first, the longest before all, so that no worker is left with it.

    Within these parts the order stays the random one.
    """
    items.sort(key=lambda item: item.get_closest_marker("stack") is None)
    items.sort(key=lambda item: item.path.name != "test_fault_matrix.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The fault matrix at the end: a line for each cell, and the counts."""
    found = [report for kind in ("passed", "failed", "error") for report in terminalreporter.getreports(kind)]
    for line in matrix_lines(one for one in found if isinstance(one, pytest.TestReport)):
        terminalreporter.write_line(line)
