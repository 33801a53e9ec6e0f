"""A stack that an earlier version of the program made previews clean with today's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
STATES = sorted((Path(__file__).parent / "states").glob("*.json"))


def with_salt(stack: Project, state: Path) -> None:
    """Give the stack's file the salt that the state's secrets are encrypted with."""
    salted = yaml.safe_load(stack.stack_file.read_text())
    salted["encryptionsalt"] = state.with_suffix(".salt").read_text().strip()
    stack.stack_file.write_text(yaml.safe_dump(salted))


@pytest.mark.parametrize("state", STATES, ids=[path.stem for path in STATES])
def test_an_older_state_previews_without_change(
    state: Path, project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Renaming a resource or changing an input without an alias would show here as a replacement."""
    stack = project()
    with_salt(stack, state)
    moved = stack.folder / "state.json"
    moved.write_text(state.read_text().replace("@PORT@", str(emulator.port)))
    imported = stack.pulumi("stack", "import", "--file", str(moved))
    assert imported.code == 0, imported.text
    preview = stack.pulumi("preview", "--expect-no-changes", "--diff")
    assert preview.code == 0, preview.text
    assert "15 unchanged" in preview.text
