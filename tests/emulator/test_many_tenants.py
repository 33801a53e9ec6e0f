"""`serve --tenants N`: tenants for a fleet, each with an organization at an address of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.dataverse import jobs
from connector.dataverse.reports import PlanReport
from connector.fleet import load_fleet
from connector.fleet.model import login_environment
from connector.records import known_of, read_record
from connector.session import Session
from connector.settings import load_settings
from connector.stack_outputs import StackOutputs
from emulator.seed.many import MOST, organization_of, seed_many, tenant_of
from emulator.seed.names import DEPLOYER_SECRET
from emulator.store import Store
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.fleet import deploy_fleet, stack_name, write_fleet


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator with three tenants more."""
    running = RunningEmulator(tmp_path_factory.mktemp("many"), "--tenants", "3")
    yield running
    running.stop()


def listed(running: RunningEmulator) -> list[dict[str, Any]]:
    """What `emulator tenants` prints."""
    command = [sys.executable, "-m", "emulator", "tenants", "--json", "--dir", str(running.folder)]
    done = subprocess.run(
        [*command, "--port", str(running.port)], cwd=PROJECT, capture_output=True, check=True, text=True
    )
    return list(json.loads(done.stdout))


def test_each_tenant_has_an_organization_and_a_deployer(many: RunningEmulator) -> None:
    """They are listed with ids and URL, one secret opens them all, and each answers for itself alone."""
    rows = [row for row in listed(many) if row["tenant"].startswith("tenant-")]
    assert [row["tenantId"] for row in rows] == [tenant_of(n).id for n in (1, 2, 3)]
    for row in rows:
        login = {"client_id": row["deployerClientId"], "secret": DEPLOYER_SECRET, "tenant": row["tenantId"]}
        token = many.token(row["dynamicsUrl"], **login)
        headers = {"Authorization": f"Bearer {token}"}
        answer = many.http().get(f"{row['dynamicsUrl']}/api/data/v9.2/WhoAmI", headers=headers)
        assert answer.json()["OrganizationId"] == row["organizationId"]
        others = [other["dynamicsUrl"] for other in rows if other is not row]
        for url in others:
            assert many.http().get(f"{url}/api/data/v9.2/WhoAmI", headers=headers).status_code == 401


def test_addresses_are_loopback_and_never_shared() -> None:
    """Whatever the number, up to the most there can be."""
    addresses = [organization_of(n).address for n in range(1, MOST + 1)]
    assert len(set(addresses)) == MOST
    assert all(a.startswith("127.1.") and 1 <= int(a.rsplit(".", 1)[1]) <= 250 for a in addresses)


def test_more_tenants_join_those_that_are_there(tmp_path: Path) -> None:
    """A second start with a larger number adds what is missing and leaves the rest."""
    store = Store(tmp_path / "state.db")
    seed_many(store, 1)
    first = store.everything()[tenant_of(1).id]
    seed_many(store, 2)
    assert store.everything()[tenant_of(1).id] == first
    assert store.get(tenant_of(2).id, "tenants", tenant_of(2).id)
    store.close()


@pytest.mark.parametrize("count", ["-1", str(MOST + 1)])
def test_a_number_out_of_range_is_refused(tmp_path: Path, count: str) -> None:
    """One sentence, and nothing is served."""
    command = [sys.executable, "-m", "emulator", "serve", "--dir", str(tmp_path), "--port", "0"]
    done = subprocess.run([*command, "--tenants", count], cwd=PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--tenants {count}: 0 to {MOST}" in done.stderr


def test_a_fleet_is_deployed_by_copies_that_hold(tmp_path: Path) -> None:
    """The last copy is as good as the first stack: its plan has nothing to write."""
    running = RunningEmulator(tmp_path / "emulator", "--tenants", "3")
    try:
        deploy_fleet(running, 3, tmp_path / "records")
        write_fleet(tmp_path / "fleet.yaml", running, 3)
        fleet = load_fleet(tmp_path / "fleet.yaml", project_dir=PROJECT)
        for stack in fleet.stacks:
            raw = {**stack.config, "profile": stack.profile}
            settings = load_settings(raw, stack=stack.name, project_dir=PROJECT)
            record = read_record(stack.name, tmp_path / "records")
            assert record is not None
            outputs = StackOutputs.model_validate(record.model_dump(exclude={"slots"}))

            async def work() -> PlanReport:
                environ = login_environment(stack, running.env, writes=False)  # noqa: B023  # run at once
                async with Session(settings, environ=environ) as session:  # noqa: B023
                    return await jobs.plan(settings, outputs, session, known=known_of(record))  # noqa: B023

            report = asyncio.run(work())
            assert (report.result, report.privileges.held) == ("unchanged", 64), report.changes
        assert stack_name(3) == fleet.stacks[-1].name
    finally:
        running.stop()
