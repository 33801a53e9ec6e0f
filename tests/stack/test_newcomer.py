"""What somebody meets who tries the verbs before `deploy`, or names what is not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
NEXT = "  next: there is no client secret of the stack yet; run deploy"


def rotate(stack: Project, verb: str) -> Done:
    """One of the verbs of a rotation."""
    return stack.run(stack.python, "-m", "connector", "rotate", verb, "--stack", stack.stack)


def test_verbs_before_the_first_deployment(project: Callable[..., Project]) -> None:
    """Each says once what there is to say; a protected stack that holds nothing has nothing to remove."""
    stack = project(protect=True)
    status = rotate(stack, "status")
    assert (status.code, status.err.splitlines()) == (0, [NEXT]), status.text
    auto = rotate(stack, "auto")
    assert (auto.code, auto.err.count("run deploy")) == (20, 1), auto.text
    removed = stack.connector("remove")
    assert (removed.code, removed.err) == (0, "  nothing to remove\n")


def test_a_shell_without_passphrase_or_backend_is_told_what_to_set(project: Callable[..., Project]) -> None:
    """The engine's own line, and what it means here."""
    stack = project()
    del stack.env["PULUMI_CONFIG_PASSPHRASE"]
    bare = stack.connector("deploy")
    assert bare.code not in {0, 2}, bare.text
    assert "Set PULUMI_CONFIG_PASSPHRASE" in bare.text
    nowhere = stack.run(stack.python, "-m", "connector", "status", PULUMI_BACKEND_URL="")
    assert nowhere.code != 0, nowhere.text
    assert "Run `pulumi login`" in nowhere.text
    assert "no stack is selected" not in nowhere.text
