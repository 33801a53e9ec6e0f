"""A run that is killed, loses an answer or does a write twice, and the `deploy` after it.

The Entra half makes the WRITES below. Each is spoilt in turn; then `deploy` runs again, and what the
emulator holds is counted. A sample by default, every write with CONNECT_TEST_ALL=1.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from emulator.seed import CONTOSO
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
MARKER = "dynamics-connect:test"
APPLICATION = "/v1.0/applications/{id}"
PRINCIPAL = "/v1.0/servicePrincipals/{id}"
WRITES = (
    ("POST", "/v1.0/applications", 1),
    ("PATCH", APPLICATION, 1),
    ("PATCH", APPLICATION, 2),
    ("DELETE", f"{APPLICATION}/owners/{{owner}}/$ref", 1),
    ("POST", f"{APPLICATION}/addPassword", 1),
    ("POST", "/v1.0/servicePrincipals", 1),
    ("PATCH", PRINCIPAL, 1),
    ("DELETE", f"{PRINCIPAL}/owners/{{owner}}/$ref", 1),
    ("POST", "/v1.0/oauth2PermissionGrants", 1),
    ("POST", "/v1.0/oauth2PermissionGrants", 2),
    ("POST", f"{PRINCIPAL}/appRoleAssignedTo", 1),
    ("POST", f"{PRINCIPAL}/appRoleAssignedTo", 2),
)
# Lost answer, doubled write (the client repeats it), killed after the effect, killed before it.
ANSWERS = ("reset-after", "500-after", "hang-after", "hang")
SAMPLE = {
    (0, "reset-after"),
    (0, "500-after"),
    (4, "hang-after"),
    (5, "reset-after"),
    (6, "reset-after"),
    (8, "hang-after"),
    (8, "404-after"),
}
# A create that answers 404 and has taken effect was seen of grants (a field report).
LOST = [(i, "404-after") for i, (method, _, _) in enumerate(WRITES) if method == "POST"]
EVERY = [*((i, answer) for i in range(len(WRITES)) for answer in ANSWERS), *LOST]
CASES = EVERY if os.environ.get("CONNECT_TEST_ALL") else sorted(SAMPLE)
# Seconds after its start at which a deploy is killed: wherever it then is, the engine's own files included.
MOMENTS = [step * 0.15 for step in range(2, 32)] if os.environ.get("CONNECT_TEST_ALL") else [1.5, 2.6]
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def name(case: tuple[int, str]) -> str:
    """The case as part of a test's name."""
    method, route, nth = WRITES[case[0]]
    return f"{method}-{route.rsplit('/', 1)[-1]}-{case[0]}-{nth}-{case[1]}"


def begun(stack: Project, *command: str) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, its output thrown away; `deploy` when none is named."""
    deploy = (sys.executable, "-m", "connector", "deploy", "--stack", stack.stack)
    return subprocess.Popen(
        command or deploy, cwd=stack.root, env=stack.env, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def run_and_break(stack: Project, answer: str, *command: str) -> None:
    """Run into the armed fault; a hanging call is where the whole process group is killed."""
    with begun(stack, *command) as process:
        while answer.startswith("hang") and not reached(stack.emulator, answer):
            try:
                process.wait(0.05)
                pytest.fail("the run ended before the write that was to hang")
            except subprocess.TimeoutExpired:
                continue
        if answer.startswith("hang"):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(120)
    stack.emulator.store.db.execute("DELETE FROM faults")


def reached(emulator: RunningEmulator, answer: str) -> bool:
    """Whether the fault has struck, and for an `-after` one whether its write has been logged."""
    struck = emulator.store.db.execute("SELECT method, route FROM faults WHERE seen >= nth").fetchall()
    if not struck or answer == "hang":
        return bool(struck)
    wanted = emulator.store.db.execute("SELECT nth FROM faults").fetchone()["nth"]
    return shapes(emulator)[struck[0]["method"], struck[0]["route"]] >= wanted


def shapes(emulator: RunningEmulator) -> Counter[tuple[str, str]]:
    """How often each write of the Graph half was made, by method and route."""
    lines = [r for r in emulator.requests() if r["service"] == "graph" and r["method"] != "GET"]
    return Counter((line["method"], route_of(line["path"])) for line in lines)


def route_of(path: str) -> str:
    """The route of a path, as WRITES spells it."""
    first = GUID.sub("{id}", path, count=1)
    return GUID.sub("{owner}", first)


def check_one_of_each(stack: Project, emulator: RunningEmulator) -> None:
    """One application, service principal, grant for each API, secret for each slot, assignment for each."""
    tenant = emulator.dump()[CONTOSO]
    applications = [a for a in tenant["applications"] if MARKER in a["tags"]]
    principals = [p for p in tenant["servicePrincipals"] if MARKER in p["tags"]]
    assert [len(applications), len(principals)] == [1, 1]
    assert applications[0]["displayName"] == "Marketo Measure (test)"
    assert [c["displayName"] for c in applications[0]["passwordCredentials"]] == ["a-1"]
    own = principals[0]["id"]
    grants = Counter(g["resourceId"] for g in tenant["oauth2PermissionGrants"] if g["clientId"] == own)
    assert list(grants.values()) == [1, 1]
    people = Counter(a["principalId"] for a in tenant["appRoleAssignments"] if a["resourceId"] == own)
    assert list(people.values()) == [1, 1]
    assert stack.outputs()["clientId"] == applications[0]["appId"]


def test_the_writes_are_those_of_a_clean_run(deployed: Project) -> None:
    """The list that the other test goes through is the log of a clean deploy, write by write."""
    expected = Counter((method, route) for method, route, _ in WRITES)
    assert shapes(deployed.emulator) == expected


@pytest.mark.parametrize("case", CASES, ids=name)
def test_deploy_mends_a_broken_run(
    project: Callable[..., Project], emulator: RunningEmulator, case: tuple[int, str]
) -> None:
    """After a kill, a lost answer or a doubled write, `deploy` ends with exactly one of everything."""
    (method, route, nth), answer = WRITES[case[0]], case[1]
    stack = project()
    emulator.fault(method, route, nth=nth, answer=answer)
    run_and_break(stack, answer)
    again = stack.connector("deploy", "--json")
    assert again.code == 0, again.text
    check_one_of_each(stack, emulator)
    preview = stack.pulumi("preview", "--expect-no-changes")
    assert preview.code == 0, preview.text
    assert "pending operations" not in preview.text


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
    assert not shapes(emulator)


def test_deploy_mends_what_plain_pulumi_doubled(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Plain `up` killed after its first POST, and run again: two applications, until `deploy` runs."""
    stack = project()
    emulator.fault("POST", "/v1.0/applications", answer="hang-after")
    kill_plain_up(stack)
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
    check_one_of_each(stack, emulator)
    assert stack.outputs()["clientId"] == kept != first[0]
    preview = stack.pulumi("preview", "--expect-no-changes")
    assert (preview.code, "pending operations" in preview.text) == (0, False), preview.text


def kill_plain_up(stack: Project) -> None:
    """Run plain `pulumi up` into the armed fault and kill its process group there."""
    pulumi = shutil.which("pulumi", path=stack.env["PATH"])
    assert pulumi
    up = ("up", "--skip-preview", "--yes", "--non-interactive", "--stack", stack.stack)
    run_and_break(stack, "hang-after", pulumi, *up)


@pytest.mark.parametrize("torn", ["attributes", "checkpoint"])
def test_deploy_mends_a_state_torn_by_the_kill(
    project: Callable[..., Project], emulator: RunningEmulator, torn: str
) -> None:
    """Killed while the engine wrote its own files: empty attributes, or half a checkpoint (a power cut)."""
    stack = project()
    emulator.fault("POST", "/v1.0/servicePrincipals", answer="hang-after")
    run_and_break(stack, "hang-after")
    checkpoint = stack.folder / "state" / ".pulumi" / "stacks" / "dynamics-connect" / "test.json"
    if torn == "attributes":
        checkpoint.with_name("test.json.attrs").write_text("")
    else:
        checkpoint.write_text(checkpoint.read_text()[:200])
    assert "failed to load checkpoint" in stack.pulumi("stack", "export").text
    again = stack.connector("deploy")
    assert again.code == 0, again.text
    assert "a run was killed while it wrote the stack's state" in again.text
    check_one_of_each(stack, emulator)
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
    check_one_of_each(stack, emulator)
    assert stack.pulumi("preview", "--expect-no-changes").code == 0
