"""Two runs of one stack at once: at most one goes on in the engine's half, and the next run converges.

The second begins when the first has sent its k-th write: on a `file://` backend in a PID namespace of its
own, and on Azure blobs, where no lock can be read beforehand. A sample by default; ten moments each with
CONNECT_TEST_ALL=1.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.stack.test_fault_matrix import ENTRA
from tests.stack.test_locks import ELSEWHERE, may_unshare
from tests.support import agreement
from tests.support.azurite import Azurite, has_npm
from tests.support.emulator import RunningEmulator
from tests.support.leaks import leaks_in
from tests.support.project import Done, Project
from tests.support.spoilt import shape

pytestmark = pytest.mark.stack
ALL = bool(os.environ.get("CONNECT_TEST_ALL"))
DEPLOY = (sys.executable, "-m", "connector", "deploy", "--stack", "test", "--json")
#: Spread over the 16 writes of a deploy, of which the last four are Dataverse's.
MOMENTS = (1, 2, 3, 5, 6, 8, 10, 12, 14, 16)
NO_NAMESPACE = pytest.mark.skipif(
    not may_unshare(), reason="this user may not make a PID namespace (unshare)"
)
NO_NPM = pytest.mark.skipif(not has_npm(), reason="npm is not there, and Azurite comes from it")


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azure Blob storage on loopback."""
    running = Azurite(tmp_path_factory.mktemp("azurite"))
    yield running
    running.stop()


@NO_NAMESPACE
@pytest.mark.parametrize("nth", MOMENTS if ALL else (1, 6))
def test_two_runs_on_a_folder(project: Callable[..., Project], emulator: RunningEmulator, nth: int) -> None:
    """The second is in another namespace, as in a container: one is refused, by its lock or by the engine."""
    stack = project()
    first, second = both(stack, nth, *ELSEWHERE)
    check_at_most_one(stack, first, second)
    check_converges(stack)


@NO_NPM
@pytest.mark.parametrize("nth", MOMENTS if ALL else (5,))
def test_two_runs_on_azure_blobs(
    project: Callable[..., Project], emulator: RunningEmulator, blobs: Azurite, nth: int
) -> None:
    """Nobody can ask for a lock there, and the result says so: the engine refuses at its own half."""
    stack = project()
    stack.env |= blobs.env
    stack.pulumi("stack", "rm", "--yes", "--force", "--preserve-config")
    made = stack.pulumi("stack", "init", "test")
    assert made.code == 0, made.text
    first, second = both(stack, nth)
    check_at_most_one(stack, first, second)
    for done in (first, second):
        assert "was not asked before writing" in done.json.get("locks", "was not asked before writing")
    check_converges(stack)


def both(stack: Project, nth: int, *before: str) -> tuple[Done, Done]:
    """A deploy, and another that begins when the first has sent its nth write; both as they end."""
    stack.emulator.requests(reset=True)
    with started(stack) as first:
        while len(writes(stack.emulator)) < nth:
            assert first.poll() is None
        with started(stack, *before) as second:
            return ended(first), ended(second)


def started(stack: Project, *before: str) -> subprocess.Popen[str]:
    """A deploy under way."""
    return subprocess.Popen(
        [*before, *DEPLOY], cwd=stack.root, env=stack.env, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> Done:
    """What it came to."""
    out, err = process.communicate(timeout=240)
    return Done(process.returncode, out, err)


def writes(emulator: RunningEmulator) -> list[dict[str, Any]]:
    """What was sent that changes something, in either half."""
    lines = [one for one in emulator.requests() if one["method"] not in ("GET", "HEAD")]
    return [one for one in lines if one["service"] in ("graph", "dataverse")]


def check_at_most_one(stack: Project, first: Done, second: Done) -> None:
    """Whoever does not end well was refused in words; the directory's writes are those of one run."""
    for done in (first, second):
        assert not leaks_in(done.text.encode())
        assert "Traceback" not in done.text
        if done.code != 0:
            error = done.json["error"]
            assert (error["code"], error["key"]) == ("engine.locked", "test"), done.text
            assert "`pulumi cancel --stack test`" in error["message"]
    sent = Counter(
        (one["method"], shape(one["path"])) for one in writes(stack.emulator) if one["service"] == "graph"
    )  # fmt: skip
    assert sent == Counter((call.method, shape(call.route)) for call in ENTRA)


def check_converges(stack: Project) -> None:
    """The next run ends well, with one of each, and nothing is left of either."""
    again = stack.connector("deploy", "--json")
    assert again.code == 0, again.text
    agreement.check_connected(stack)
