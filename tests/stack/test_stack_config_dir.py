"""A project that keeps its stacks' files in a folder of their own (`stackConfigDir`, case R29)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.project import Project

pytestmark = pytest.mark.stack


def test_r29_every_verb_finds_the_stacks_file(project: Callable[..., Project]) -> None:
    """Preview leaves it as it is, a rotation writes its slots there, and none is made beside Pulumi.yaml."""
    stack = project()
    declared = stack.root / "Pulumi.yaml"
    declared.write_text(declared.read_text() + "stackConfigDir: stacks\n")
    own = stack.root / "stacks" / stack.stack_file.name
    own.parent.mkdir()
    stack.stack_file.rename(own)
    before = own.read_text()
    previewed = stack.connector("preview", "--json")
    assert (previewed.code, own.read_text()) == (0, before), previewed.text
    deployed = stack.connector("deploy", "--json")
    assert (deployed.code, deployed.json["result"]) == (0, "changed"), deployed.text
    begun = stack.run(stack.python, "-m", "connector", "rotate", "begin", "--stack", stack.stack)
    assert begun.code == 0, begun.text
    assert "b: 2" in own.read_text()
    assert not stack.stack_file.exists()
