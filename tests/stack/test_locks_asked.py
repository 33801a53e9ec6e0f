"""Nothing is written under another run's lock, in either half: it is read before the first write."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.docs.test_schemas import check
from tests.support.emulator import RunningEmulator
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
CONNECT = (sys.executable, "-m", "connector")
VERBS = {
    "deploy": ("deploy",),
    "deploy --restore": ("deploy", "--restore"),
    "apply": ("apply",),
    "adopt": ("adopt", "--application-id", "5b1e5c5c-0000-4000-8000-000000000000"),
    "rotate begin": ("rotate", "begin"),
    "rotate finish": ("rotate", "finish", "--reconnected", "--yes"),
    "remove": ("remove", "--yes", "--unprotect", "--purge"),
}


def lock_file(stack: Project) -> Path:
    """Where the engine of another machine puts its lock."""
    folder = stack.folder / "state" / ".pulumi" / "locks" / "organization" / "dynamics-connect" / stack.stack
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "7e1b4f5e-0000-4000-8000-000000000000.json"


@contextmanager
def locked(stack: Project, text: str | None = None) -> Iterator[Path]:
    """The lock of another machine's run, or whatever *text* says, as long as the block lasts."""
    held = {"pid": 1, "username": "runner", "hostname": "elsewhere"}
    held["timestamp"] = datetime.now(UTC).isoformat()
    file = lock_file(stack)
    file.write_text(json.dumps(held) if text is None else text)
    yield file
    file.unlink()


def writes(emulator: RunningEmulator, *services: str) -> list[dict[str, Any]]:
    """What was sent that changes something."""
    return [r for r in emulator.requests() if r["service"] in services and r["method"] not in ("GET", "HEAD")]


def check_refused(stack: Project, done: Done, *, saying: str = "runner@elsewhere (pid 1), since ") -> None:
    """In words, with holder and command, and the lock is where it was."""
    error = done.json["error"]
    assert (done.code, error["code"], error["key"]) == (1, "engine.locked", "test"), done.text
    assert saying in error["message"]
    assert "`pulumi cancel --stack test`" in error["message"]
    assert lock_file(stack).exists()


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_that_writes_reads_the_locks_first(deployed: Project, verb: str) -> None:
    """Another machine's run may be at work: nothing at all is written, in neither half."""
    deployed.emulator.requests(reset=True)
    before = deployed.stack_file.read_text()
    with locked(deployed):
        done = deployed.run(*CONNECT, *VERBS[verb], "--stack", "test", "--json")
        check_refused(deployed, done)
    assert writes(deployed.emulator, "graph", "dataverse") == []
    assert check(verb.split(maxsplit=1)[0], done.json) == []
    assert deployed.stack_file.read_text() == before


def test_the_post_deploy_script_reads_them_too(deployed: Project) -> None:
    """It has no engine's half that would have met the lock."""
    deployed.emulator.requests(reset=True)
    with locked(deployed):
        script = (sys.executable, "scripts/post_deploy.py", "--stack", "test", "--json")
        check_refused(deployed, deployed.run(*script))
    assert writes(deployed.emulator, "graph", "dataverse") == []


def test_what_only_reads_goes_on_under_a_lock(deployed: Project) -> None:
    """A preview, a plan and a proof take no lock, and ask for none."""
    with locked(deployed):
        for verb in ("preview", "plan", "verify"):
            done = deployed.connector(verb)
            assert done.code == 0, done.text


def test_an_empty_lock_is_named_with_its_cure(deployed: Project) -> None:
    """A full disk leaves one: the engine says "unexpected end of JSON input", the verb names the file."""
    with locked(deployed, "") as file:
        saying = f"{file} cannot be read and names nobody"
        check_refused(deployed, deployed.connector("deploy", "--json"), saying=saying)
        assert "unexpected end of JSON input" in deployed.pulumi("refresh", "--yes", "--skip-preview").text
        assert deployed.pulumi("cancel", "--yes").code == 0
        assert not file.exists()
        file.touch()
    assert deployed.connector("deploy").code == 0


def test_the_locks_are_read_again_before_the_second_half(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Another run took the stack while `deploy` was at its first half: the second is not begun."""
    stack = project()
    with subprocess.Popen(
        [*CONNECT, "deploy", "--stack", "test", "--json"], cwd=stack.root, env=stack.env, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        while not writes(emulator, "graph"):
            assert process.poll() is None
        with locked(stack):
            out, _ = process.communicate(timeout=120)
            check_refused(stack, Done(process.returncode, out, ""))
    assert writes(emulator, "dataverse") == []
    assert stack.connector("deploy").code == 0
