"""Numbered tenants: a directory, an organization and a deployer each, kept small and apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from emulator.seed import DEPLOYER_SECRET
from emulator.seed.many import Numbered, numbered
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.many import Many


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator with three numbered tenants."""
    one = RunningEmulator(tmp_path_factory.mktemp("emulator"), "--tenants", "3")
    yield one
    one.stop()


@pytest.fixture
def many(running: RunningEmulator) -> Many:
    """It, as it was after its start."""
    running.reset()
    return Many(running)


def rights(many: Many, one: Numbered) -> httpx.Response:
    """The security roles of an organization, asked by its own deployer."""
    return many.dataverse(one, "GET", "roles?$select=name,roleid")


def test_each_deployer_logs_in_to_its_own_tenant_and_organization(many: Many) -> None:
    """One secret, another client id; Graph shows the tenant's own application, Dataverse answers."""
    for one in many.tenants:
        found = many.graph(one, "GET", f"applications(appId='{one.deployer}')").json()
        assert found["displayName"] == f"{one.tenant.name} deployer"
        names = {row["name"] for row in rights(many, one).json()["value"]}
        assert names == {"System Administrator", "System Customizer"}


def test_a_deployer_is_unknown_in_another_tenant(many: Many) -> None:
    """Tenant 1's deployer gets no token of tenant 2, and its own token opens no other organization."""
    first, second = many.tenants[:2]
    answer = many.login(second.tenant.id, first.deployer, many.url(second))
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
    token = many.token(first, many.url(first))
    refused = many.emulator.http().get(
        f"{many.url(second)}/api/data/v9.2/WhoAmI", headers={"Authorization": f"Bearer {token}"}
    )
    assert refused.status_code == 401


def test_a_write_in_one_organization_is_seen_in_no_other(many: Many) -> None:
    """The first write makes the shared rows its own; deleting and editing stay inside, too."""
    first, second = many.tenants[:2]
    (unit,) = many.emulator.store.all(first.organization.id, "businessunits")
    body = {"name": "Probe", "businessunitid@odata.bind": f"/businessunits({unit['businessunitid']})"}
    assert many.dataverse(first, "POST", "roles", body).status_code == 204
    assert len(rights(many, first).json()["value"]) == 3
    assert len(rights(many, second).json()["value"]) == 2
    store = many.emulator.store
    (role, *_) = store.all(second.organization.id, "roles")
    assert store.delete(second.organization.id, "roles", role["roleid"])
    assert [len(store.all(one.organization.id, "roles")) for one in many.tenants] == [3, 1, 2]


def test_the_verb_lists_them_with_their_addresses(many: Many) -> None:
    """`tenants --json` needs no running server and says what a fleet's file needs."""
    command = [sys.executable, "-m", "emulator", "tenants", "--json", "--dir", str(many.emulator.folder)]
    rows = json.loads(subprocess.run(command, cwd=PROJECT, capture_output=True, check=True).stdout)
    assert [row["name"] for row in rows] == ["tenant-0001", "tenant-0002", "tenant-0003"]
    assert rows[1] == {
        "name": "tenant-0002",
        "tenantId": numbered(2).tenant.id,
        "organizationId": numbered(2).organization.id,
        "dynamicsUrl": many.url(many.tenants[1]),
        "deployerId": numbered(2).deployer,
    }


def test_an_id_that_several_have_is_edited_in_one(many: Many) -> None:
    """A copy's role has the template's id: --scope says whose is meant."""
    first, second = many.tenants[:2]
    role = many.emulator.store.all(first.organization.id, "roles")[0]
    command = [sys.executable, "-m", "emulator", "edit", "roles", role["roleid"], '{"name": "Mine"}']
    command += ["--dir", str(many.emulator.folder), "--scope", first.organization.id]
    subprocess.run(command, cwd=PROJECT, check=True)
    names = [many.emulator.store.all(one.organization.id, "roles")[0]["name"] for one in (first, second)]
    assert names == ["Mine", "System Administrator"]


def test_a_thousand_start_in_seconds_and_stay_small(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Under 6 CPU seconds, under 50 MB; the last one serves."""
    running = RunningEmulator(tmp_path_factory.mktemp("thousand"), "--tenants", "1000")
    fields = Path(f"/proc/{running.process.pid}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    try:
        last = numbered(1000)
        assert last.organization.address == "127.1.3.250"
        assert rights(Many(running), last).status_code == 200
        assert (running.folder / "state.db").stat().st_size < 50e6
        assert seconds < 6
    finally:
        running.stop()


def test_too_many_are_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    """There are only so many addresses."""
    command = [sys.executable, "-m", "emulator", "serve", "--tenants", "70000", "--port", "0"]
    command += ["--dir", str(tmp_path_factory.mktemp("none"))]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, "there can be 0 to" in done.stderr) == (2, True)
    assert DEPLOYER_SECRET not in done.stderr
