"""Runs side by side on one stack: at most one goes on, and what a dead one left is freed by who knows it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from emulator.seed import CONTOSO
from tests.support.agreement import MARKER, check_connected
from tests.support.emulator import RunningEmulator
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
#: A PID namespace of its own, with its own /proc, as in a container that shares the host's name.
ELSEWHERE = ("unshare", "--pid", "--fork", "--mount-proc")
DEPLOY = (sys.executable, "-m", "connector", "deploy", "--stack", "test", "--json")
PASSWORD = "/v1.0/applications/{id}/addPassword"


def may_unshare() -> bool:
    """Whether this user may make a PID namespace."""
    try:
        return subprocess.run([*ELSEWHERE, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@contextmanager
def held(stack: Project, *before: str) -> Iterator[None]:
    """A deploy that waits in the middle of its Entra half for as long as the block; then it is killed."""
    stack.emulator.fault("POST", PASSWORD, answer="429", retry_after="600")
    with subprocess.Popen(
        [*before, *DEPLOY], cwd=stack.root, env=stack.env, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            while not stack.emulator.store.db.execute("SELECT 1 FROM faults WHERE seen >= nth").fetchall():
                assert process.poll() is None
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    stack.emulator.store.db.execute("DELETE FROM faults")


def secrets(emulator: RunningEmulator) -> list[str]:
    """The client secrets of the stack's application."""
    applications = [a for a in emulator.dump()[CONTOSO]["applications"] if MARKER in a["tags"]]
    return [secret["displayName"] for one in applications for secret in one["passwordCredentials"]]


def check_refused(done: Done) -> None:
    """In words: who holds the stack, since when, and what frees it."""
    error = done.json["error"]
    assert (done.code != 0, error["code"], error["key"]) == (True, "engine.locked", "test"), done.text
    for words in (f"@{os.uname().nodename} (pid ", "since 20", "`pulumi cancel --stack test`"):
        assert words in error["message"]
    assert "Traceback" not in done.text


@pytest.mark.skipif(not may_unshare(), reason="this user may not make a PID namespace (unshare)")
def test_a_live_run_keeps_its_lock_from_every_namespace(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Beside it, in a namespace that cannot see it, and once it is dead for who cannot know that."""
    stack = project()
    with held(stack):
        for place in ((), ELSEWHERE):
            check_refused(stack.run(*place, *DEPLOY))
            assert secrets(emulator) == []
    # Killed: the other namespace does not know, and its own does.
    check_refused(stack.run(*ELSEWHERE, *DEPLOY))
    again = stack.connector("deploy")
    assert again.code == 0, again.text
    assert "the stack's lock belongs to a run that is dead" in again.text
    check_connected(stack)


@pytest.mark.skipif(not may_unshare(), reason="this user may not make a PID namespace (unshare)")
def test_a_run_that_died_in_another_namespace_is_freed_by_a_person(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Host and user are the same, and no such process is here: it is refused until `pulumi cancel`."""
    stack = project()
    with held(stack, *ELSEWHERE):
        check_refused(stack.connector("deploy", "--json"))
    check_refused(stack.connector("deploy", "--json"))
    assert secrets(emulator) == []
    assert stack.pulumi("cancel", "--yes").code == 0
    assert stack.connector("deploy").code == 0
    check_connected(stack)
