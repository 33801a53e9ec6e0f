"""A run that was killed in another way than test_fault_matrix.py has it, and the `deploy` after it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from emulator.seed import CONTOSO
from tests.support.agreement import MARKER, check_connected
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
# Seconds after its start at which a deploy is killed: wherever it then is, the engine's own files included.
MOMENTS = [step * 0.15 for step in range(2, 32)] if os.environ.get("CONNECT_TEST_ALL") else [1.5, 2.6]


def begun(stack: Project, *command: str) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, its output thrown away; `deploy` when none is named."""
    deploy = (sys.executable, "-m", "connector", "deploy", "--stack", stack.stack)
    return subprocess.Popen(
        command or deploy, cwd=stack.root, env=stack.env, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def killed_in(stack: Project, method: str, route: str, *command: str) -> None:
    """Run a command, `deploy` when none is named, and kill its process group after a write was served."""
    stack.emulator.fault(method, route, answer="hang-after")
    with begun(stack, *command) as process:
        while (method, route) not in sent(stack.emulator):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
    stack.emulator.store.db.execute("DELETE FROM faults")


def sent(emulator: RunningEmulator) -> list[tuple[str, str]]:
    """The writes of the Graph half, by method and path."""
    lines = [r for r in emulator.requests() if r["service"] == "graph" and r["method"] != "GET"]
    return [(line["method"], line["path"]) for line in lines]


def test_an_application_in_use_elsewhere_is_left_alone(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """A marked application with a secret that the state does not know stops deploy; nothing changes."""
    stack = project()
    body: dict[str, Any] = {"displayName": "other", "signInAudience": "AzureADMyOrg", "tags": [MARKER]}
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    url = f"{emulator.authority}/v1.0/applications"
    made = emulator.http().post(url, json=body, headers=headers).json()
    secret = {"passwordCredential": {"displayName": "a-1"}}
    assert emulator.http().post(f"{url}/{made['id']}/addPassword", json=secret, headers=headers).is_success
    emulator.requests(reset=True)
    done = stack.connector("deploy", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "entra.marker_in_use"), done.text
    assert f"adopt --application-id {made['appId']}" in done.json["error"]["message"]
    assert sent(emulator) == []


def test_deploy_mends_what_plain_pulumi_doubled(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Plain `up` killed after its first POST, and run again: two applications, until `deploy` runs."""
    stack = project()
    pulumi = shutil.which("pulumi", path=stack.env["PATH"])
    assert pulumi
    up = ("up", "--skip-preview", "--yes", "--non-interactive", "--stack", stack.stack)
    killed_in(stack, "POST", "/v1.0/applications", pulumi, *up)
    first = [a["appId"] for a in emulator.dump()[CONTOSO]["applications"] if MARKER in a["tags"]]
    assert len(first) == 1
    assert stack.pulumi("cancel", "--yes").code == 0
    again = stack.pulumi("up", "--skip-preview", "--yes")
    assert again.code == 0, again.text
    assert len([a for a in emulator.dump()[CONTOSO]["applications"] if MARKER in a["tags"]]) == 2
    kept = stack.outputs()["clientId"]
    done = stack.connector("deploy", "--json")
    assert done.code == 0, done.text
    assert [c["action"] for c in done.json["changes"] if c["kind"] == "left-over application"] == ["removed"]
    check_connected(stack)
    assert stack.outputs()["clientId"] == kept != first[0]
    preview = stack.pulumi("preview", "--expect-no-changes")
    assert (preview.code, "pending operations" in preview.text) == (0, False), preview.text


@pytest.mark.parametrize("torn", ["attributes", "checkpoint"])
def test_deploy_mends_a_state_torn_by_the_kill(
    project: Callable[..., Project], emulator: RunningEmulator, torn: str
) -> None:
    """Killed while the engine wrote its own files: empty attributes, or half a checkpoint (a power cut)."""
    stack = project()
    killed_in(stack, "POST", "/v1.0/servicePrincipals")
    checkpoint = stack.folder / "state" / ".pulumi" / "stacks" / "dynamics-connect" / "test.json"
    if torn == "attributes":
        checkpoint.with_name("test.json.attrs").write_text("")
    else:
        checkpoint.write_text(checkpoint.read_text()[:200])
    assert "failed to load checkpoint" in stack.pulumi("stack", "export").text
    again = stack.connector("deploy")
    assert again.code == 0, again.text
    assert "a run was killed while it wrote the stack's state" in again.text
    check_connected(stack)
    assert stack.pulumi("preview", "--expect-no-changes").code == 0


@pytest.mark.parametrize("seconds", MOMENTS)
def test_deploy_mends_a_run_killed_at_any_moment(
    project: Callable[..., Project], emulator: RunningEmulator, seconds: float
) -> None:
    """Killed by the clock, twice, and not only at a write."""
    stack = project()
    for moment in (seconds, seconds * 0.8):
        with begun(stack) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(moment)
            # Processes that it started may outlive it by a moment: the whole group goes.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    again = stack.connector("deploy", "--json")
    assert again.code == 0, again.text
    check_connected(stack)
    assert stack.pulumi("preview", "--expect-no-changes").code == 0
