"""Fixtures of the stack tests: engine, provider and emulator, each run in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.project import Project


@pytest.fixture
def project(tmp_path: Path, emulator: RunningEmulator) -> Callable[..., Project]:
    """Make a project whose stack has the given settings changed."""
    return lambda **settings: Project(tmp_path / "p", emulator, **settings)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A stack that `deploy` has made, with an emulator of its own, for all tests of a module."""
    running = RunningEmulator(tmp_path_factory.mktemp("deployed"))
    made = Project(tmp_path_factory.mktemp("project") / "p", running)
    made.first = made.connector("deploy", "--json")
    assert made.first.code == 0, made.first.text
    yield made
    running.stop()


def objects(dump: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """All objects of a kind in all tenants and organizations."""
    return [document for scope in dump.values() for document in scope.get(kind, [])]
