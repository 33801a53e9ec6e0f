"""Commands that documents give to be copied, run as they stand there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from emulator.faults import clear_faults
from tests.docs.documents import read, section
from tests.stack.conftest import objects
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.project import Done, Project, copy

pytestmark = pytest.mark.stack


def _blocks(name: str, heading: str) -> list[str]:
    """The shell commands of a section."""
    return re.findall(r"^```sh\n(.*?)^```$", section(read(name), heading), re.MULTILINE | re.DOTALL)


def _typed(stack: Project, commands: str, selected: str = "dev") -> Done:
    """Commands as somebody types them after `scripts/env`; the emulator's port is the running one."""
    path = f"{PROJECT / '.venv' / 'bin'}:{stack.env['PATH']}"
    script = "set -eu\n" + commands.replace(":8443", f":{stack.emulator.port}")
    return stack.run("bash", "-c", script, PATH=path, PULUMI_STACK=selected)


def test_your_own_stack_on_the_emulator(project: Callable[..., Project], emulator: RunningEmulator) -> None:
    """The guide's commands deploy and remove a stack of their own; the committed file stays as it is."""
    stack = project()
    copy(PROJECT / "Pulumi.dev.yaml", stack.root / "Pulumi.dev.yaml")
    made, removed = _blocks("guide.md", "## Your own stack on the emulator")
    done = _typed(stack, made)
    assert done.code == 0, done.text
    assert "proved" in done.err
    gone = _typed(stack, removed, "acme-sandbox")
    assert gone.code == 0, gone.text
    assert (stack.root / "Pulumi.dev.yaml").read_bytes() == (PROJECT / "Pulumi.dev.yaml").read_bytes()
    assert not (stack.root / "Pulumi.acme-sandbox.yaml").exists()


def test_an_application_made_by_hand_can_be_adopted(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The emulator's document makes one with a secret and a service principal, and says its client id."""
    stack = project()
    (commands,) = _blocks("emulator.md", "## An application made by hand")
    done = _typed(stack, commands)
    assert done.code == 0, done.text
    (made,) = [a for a in objects(emulator.dump(), "applications") if a["displayName"] == "Made by hand"]
    assert made["appId"] == done.out.strip()
    assert [one["displayName"] for one in made["passwordCredentials"]] == ["by hand"]
    adopted = stack.connector("adopt", "--application-id", made["appId"], "--json")
    assert adopted.code == 0, adopted.text


def test_a_second_interrupt_ends_a_deploy_whose_provider_repeats(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """As docs/errors.md says: at once, with the code of a cancelled run; the next one makes one secret."""
    stack = project()
    emulator.fault("POST", "/v1.0/applications/{id}/addPassword", answer="500", times=100)
    running = subprocess.Popen(
        [sys.executable, "-m", "connector", "deploy", "--stack", "test"],
        cwd=stack.root,
        env=stack.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _wait_for(lambda: sum("addPassword" in line["path"] for line in emulator.requests()) >= 3)
    os.killpg(running.pid, signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(timeout=3)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(timeout=60) == 8
    clear_faults(emulator.store)
    again = stack.connector("deploy", "--json")
    assert again.code == 0, again.text
    secrets = [len(a["passwordCredentials"]) for a in objects(emulator.dump(), "applications")]
    assert secrets == [1] * len(secrets)


def _wait_for(happened: Callable[[], bool], *, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.2)
