"""`rotate begin` and `finish`, killed: a proved secret opens at every moment, and the next run completes.

A run is killed when a request has been served and before its answer arrives, or when the stack's file or
state has just changed. A sample by default, every request with CONNECT_TEST_ALL=1.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.stack.test_rotation import KEY, in_entra, opens, rotate, slots_in_file
from tests.support.emulator import RunningEmulator
from tests.support.kept import Kept
from tests.support.project import Project

pytestmark = pytest.mark.stack
ALL = bool(os.environ.get("CONNECT_TEST_ALL"))
BEGIN = [46]
FINISH = ["unprotected"]
LONGEST = 60
FINISH_ARGUMENTS = ("finish", "--reconnected", "--yes")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A protected stack that `deploy` has made."""
    running = RunningEmulator(tmp_path_factory.mktemp("rotated"))
    made = Project(tmp_path_factory.mktemp("project") / "p", running, protect=True)
    assert made.connector("deploy").code == 0
    yield made
    running.stop()


@pytest.fixture(scope="module")
def one_secret(stack: Project, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The stack before any rotation."""
    return Kept(stack, tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def two_secrets(stack: Project, one_secret: Kept, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The stack with a rotation begun."""
    one_secret.go_back()
    begun = rotate(stack, "begin")
    assert begun.code == 0, begun.text
    return Kept(stack, tmp_path_factory.mktemp("two"))


def in_state(stack: Project) -> dict[str, bool]:
    """The secrets in the state's file, by label, and whether they are protected; read without the engine."""
    path = stack.folder / "state/.pulumi/stacks/dynamics-connect/test.json"
    try:
        rows = json.loads(path.read_text())["checkpoint"]["latest"]["resources"]
    except (ValueError, OSError):
        return {}  # just being written
    secrets = [r for r in rows if "ApplicationPassword" in r["type"] and r.get("id")]
    return {r["urn"].rsplit("secret-", 1)[-1]: bool(r.get("protect")) for r in secrets}


def moment(stack: Project, at: int | str, slots: dict[str, int]) -> Callable[[], bool]:
    """Says whether the moment to kill has come."""
    moments: dict[int | str, Callable[[], bool]] = {
        "file": lambda: slots_in_file(stack) == slots,
        "secret": lambda: in_entra_now(stack) == ["a-1", "b-2"],
        "state": lambda: "b-2" in in_state(stack),
        "unprotected": lambda: in_state(stack).get("a-1") is False,
    }
    return moments.get(at) or (lambda: hanging(stack.emulator))


def hanging(emulator: RunningEmulator) -> bool:
    """Whether the call that hangs has done its work: its line is in the log."""
    rows = emulator.store.db.execute("SELECT nth FROM faults WHERE seen >= nth").fetchall()
    return bool(rows) and len(emulator.requests()) >= rows[0]["nth"]


def in_entra_now(stack: Project) -> list[str]:
    """The display names of the application's secrets, without asking the engine."""
    documents = [a for scope in stack.emulator.dump().values() for a in scope.get("applications", [])]
    (ours,) = [a for a in documents if "dynamics-connect:test" in a.get("tags", [])]
    return sorted(credential["displayName"] for credential in ours["passwordCredentials"])


def kill(stack: Project, at: int | str, slots: dict[str, int], *arguments: str) -> bool:
    """Run a verb of rotate and kill its process group at a moment; False when it ended before."""
    stack.emulator.requests(reset=True)
    if isinstance(at, int):
        stack.emulator.fault("*", "*", nth=at, answer="hang-after")
    reached = moment(stack, at, slots)
    verb, *rest = arguments
    command = [sys.executable, "-m", "connector", "rotate", verb, "--stack", stack.stack, *rest]
    with subprocess.Popen(
        command, cwd=stack.root, env=stack.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        while not reached():
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            stack.emulator.store.db.execute("DELETE FROM faults")
            return False
        os.killpg(process.pid, signal.SIGKILL)
    stack.emulator.store.db.execute("DELETE FROM faults")
    return True


def still_opens(kept: Kept) -> bool:
    """Whether the secret that was proved when the stack was kept gives a token."""
    return opens_as(kept.stack, kept.secret)


def opens_as(stack: Project, outputs: dict[str, Any]) -> bool:
    """Whether a secret of earlier outputs gives a token."""
    return opens(stack, outputs["clientId"], outputs["clientSecret"])


@pytest.mark.parametrize("at", ["file", "secret", "state", *range(1, LONGEST)] if ALL else BEGIN)
def test_begin_killed(stack: Project, one_secret: Kept, at: int | str) -> None:
    """The old secret opens; the next begin ends with both, also from a checkout that was reset."""
    one_secret.go_back()
    kill(stack, at, {"a": 1, "b": 2}, "begin")
    assert still_opens(one_secret)
    if at == "state" or (isinstance(at, int) and at % 2):
        stack.stack_file.write_text(one_secret.file)
    again = rotate(stack, "begin", "--json")
    assert (again.code, again.json["result"]) == (0, "begun"), again.text
    assert in_entra(stack) == ["a-1", "b-2"]
    assert slots_in_file(stack) == {"a": 1, "b": 2}
    assert still_opens(one_secret)
    assert opens_as(stack, stack.outputs())
    assert stack.pulumi("preview", "--expect-no-changes").code == 0


@pytest.mark.parametrize("at", ["unprotected", "file", *range(1, LONGEST)] if ALL else FINISH)
def test_finish_killed(stack: Project, two_secrets: Kept, at: int | str) -> None:
    """The new secret opens; the next finish ends with it alone, and its settings with it."""
    two_secrets.go_back()
    kill(stack, at, {"b": 2}, *FINISH_ARGUMENTS)
    assert still_opens(two_secrets)
    again = rotate(stack, *FINISH_ARGUMENTS, "--json")
    assert again.code == 0, again.text
    assert in_entra(stack) == ["b-2"]
    assert slots_in_file(stack) == {"b": 2}
    assert still_opens(two_secrets)
    assert stack.pulumi("preview", "--expect-no-changes").code == 0
    assert KEY in stack.stack_file.read_text()
