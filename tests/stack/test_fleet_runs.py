"""A fleet on the engine: failures that hide nobody, a killed runner, and nothing that crosses over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.seed import CONTOSO, FABRIKAM
from emulator.seed.names import FABRIKAM_DEPLOYER, LEAK_MARKER, LIMITED_DEPLOYER
from tests.docs.test_schemas import check
from tests.support.emulator import RunningEmulator
from tests.support.fleet_project import FleetProject, rows
from tests.support.leaks import leaking_files

pytestmark = pytest.mark.stack
ALL_MAY_FAIL = [{"name": "all", "stopAfter": "100%"}]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningEmulator]:
    """An emulator of this test's own: its log is counted."""
    emulator = RunningEmulator(tmp_path / "emulator")
    yield emulator
    emulator.stop()


def applications_posted(emulator: RunningEmulator) -> int:
    """How many applications were asked for."""
    lines = [r for r in emulator.requests() if r["service"] == "graph" and r["method"] == "POST"]
    return sum(line["path"].endswith("/applications") for line in lines)


def test_failed_stacks_hide_no_other(tmp_path: Path, running: RunningEmulator) -> None:
    """A wrong secret, a storm of 429, a host that is down: each is named, and the others are deployed."""
    down = running.org(1).replace("127.0.1.1", "127.0.1.99")
    stacks = {
        "wrong-secret": {"dynamicsUrl": running.org(2), "login": {"writer": LIMITED_DEPLOYER}},
        "storm": {
            "tenantId": FABRIKAM,
            "dynamicsUrl": running.org(3),
            "login": {"writer": FABRIKAM_DEPLOYER, "reader": FABRIKAM_DEPLOYER},
        },
        "down": {"dynamicsUrl": down},
        "good": {"dynamicsUrl": running.org(1)},
        "fine": {"dynamicsUrl": running.org(1), "profile": "tiny"},
    }
    project = FleetProject(tmp_path / "p", running, stacks, rings=ALL_MAY_FAIL)
    running.fault("POST", f"/{FABRIKAM}/oauth2/v2.0/token", answer="429", retry_after="1", times=1000)
    done = project.fleet("deploy", "--json")
    found = rows(done)
    assert check("fleet", done.json) == []
    codes = {name: row["exitCode"] for name, row in found.items()}
    assert codes == {"good": 0, "fine": 0, "wrong-secret": 3, "storm": 3, "down": 4}, done.text
    assert done.code == 4
    assert done.json["counts"] == {"stacks": 5, "succeeded": 2, "noted": 0, "failed": 3, "skipped": 0}
    assert "AADSTS7000215" in found["wrong-secret"]["error"]["message"]
    assert "127.0.1.99" in found["down"]["error"]["message"]
    # What the login service says when it is too busy.
    assert "AADSTS90033" in found["storm"]["error"]["message"]
    for name in codes:
        assert name in done.err
    _check_verified(project, running)


def _check_verified(project: FleetProject, running: RunningEmulator) -> None:
    """Consent revoked in one of two: the other is proved; what runs print and keep holds no secret."""
    record = json.loads((project.root / ".local/records/fine.json").read_text())
    principal = record["servicePrincipalObjectId"]
    grants = running.dump()[CONTOSO]["oauth2PermissionGrants"]
    (grant, _) = [g for g in grants if g["clientId"] == principal]
    running.edit("oauth2PermissionGrants", grant["id"], delete=True)
    done = project.fleet("verify", "--only", "good,fine", "--json")
    found = rows(done)
    assert (found["good"]["result"], found["fine"]["result"]) == ("proved", "failed"), done.text
    assert found["fine"]["error"]["code"] == "entra.grant_missing"
    assert LEAK_MARKER not in done.text
    assert leaking_files(project.root, project.folder / "home", project.folder / "tmp") == []


def test_a_killed_runner_is_resumed_and_does_nothing_twice(tmp_path: Path, running: RunningEmulator) -> None:
    """Killed in the middle of a ring: --resume finishes the stack under way and those that had not begun."""
    stacks: dict[str, dict[str, Any]] = {
        "first": {"dynamicsUrl": running.org(1), "ring": "canary"},
        "second": {"dynamicsUrl": running.org(1), "profile": "tiny"},
        "third": {"dynamicsUrl": running.org(2)},
    }
    project = FleetProject(tmp_path / "p", running, stacks, rings=[{"name": "canary"}, {"name": "rest"}])

    def second_has_an_application() -> bool:
        return applications_posted(running) == 2

    project.killed(second_has_an_application, "deploy", "--workers", "1")
    left = project.record("deploy")["stacks"]
    assert {name: row["state"] for name, row in left.items()} == {
        "first": "done",
        "second": "running",
        "third": "pending",
    }
    done = project.fleet("deploy", "--resume", "--json")
    assert done.code == 0, done.text
    found = rows(done)
    assert found["first"]["seconds"] == left["first"]["seconds"]
    assert all(row["exitCode"] == 0 for row in found.values())
    _check_once(running)
    again = project.fleet("deploy", "--resume", "--json")
    assert (again.code, applications_posted(running)) == (0, 3)


def _check_once(running: RunningEmulator) -> None:
    """One application, service principal and secret for each stack, and one grant for each API."""
    assert applications_posted(running) == 3
    tenant = running.dump()[CONTOSO]
    marked = {t: a for a in tenant["applications"] for t in a["tags"] if t.startswith("dynamics-connect:")}
    ours = list(marked.values())
    assert sorted(marked) == [f"dynamics-connect:{name}" for name in ("first", "second", "third")]
    assert all(len(a["passwordCredentials"]) == 1 for a in ours)
    ids = {p["id"] for p in tenant["servicePrincipals"] if p["appId"] in {a["appId"] for a in ours}}
    assert len(ids) == 3
    grants = [g for g in tenant["oauth2PermissionGrants"] if g["clientId"] in ids]
    assert len(grants) == len({(g["clientId"], g["resourceId"]) for g in grants}) == 6


def test_a_lock_that_stays_is_named_with_its_command(tmp_path: Path, running: RunningEmulator) -> None:
    """The lock of another machine's run may be alive: the stack fails, and says what frees it."""
    stacks = {"locked": {"dynamicsUrl": running.org(1)}, "free": {"dynamicsUrl": running.org(2)}}
    project = FleetProject(tmp_path / "p", running, stacks, rings=ALL_MAY_FAIL)
    folder = project.folder / "state" / ".pulumi" / "locks" / "organization" / "dynamics-connect" / "locked"
    folder.mkdir(parents=True, exist_ok=True)
    held = {"pid": 1, "username": "runner", "hostname": "elsewhere", "timestamp": "2026-11-24T10:00:00Z"}
    (folder / "7e1b4f5e-0000-4000-8000-000000000000.json").write_text(json.dumps(held))
    done = project.fleet("deploy", "--json")
    found = rows(done)
    assert (found["locked"]["error"]["code"], found["free"]["exitCode"]) == ("engine.locked", 0), done.text
    assert "pulumi cancel --stack locked" in found["locked"]["error"]["message"]


def test_a_stack_never_deploys_into_anothers_place(tmp_path: Path, running: RunningEmulator) -> None:
    """Turned to another tenant's organization, or to another environment: refused, and nothing is written."""
    stacks = {"acme": {"dynamicsUrl": running.org(1)}}
    project = FleetProject(tmp_path / "p", running, stacks)
    assert project.fleet("deploy").code == 0
    path = project.root / "fleet.yaml"
    text = path.read_text()
    for number, code in ((3, "dataverse.tenant"), (2, "stack.elsewhere")):
        path.write_text(text.replace(running.org(1), running.org(number)))
        assert project.fleet("sync").code == 0
        running.requests(reset=True)
        done = project.fleet("deploy", "--json")
        assert (done.code, rows(done)["acme"]["error"]["code"]) == (4, code), done.text
        writes = [r for r in running.requests() if r["method"] not in ("GET", "HEAD")]
        assert [w for w in writes if "/oauth2/" not in w["path"]] == []
