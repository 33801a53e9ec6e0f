"""`fleet status` where tenants fail: each is its own row, and what many share is made once."""

from __future__ import annotations

import json
import ssl
from collections import Counter

import httpx
import pytest

from tests.support.fleet import DeployedFleet

#: How many tenants `fleet` has, a stack deployed in each.
TENANTS = 6


def held_privileges(fleet: DeployedFleet, number: int) -> str:
    """The path of a read that only one stack makes."""
    role = json.loads(fleet.record(number).read_text())["roleId"]
    return f"/api/data/v9.2/RetrieveRolePrivilegesRole(RoleId={role})"


def test_one_tenant_in_each_kind_of_trouble_and_the_others_are_read(fleet: DeployedFleet) -> None:
    """A wrong login, a 429 storm, a host that is down, consent revoked: four causes, two stacks in order."""
    content = fleet.described()
    stacks = content["stacks"]
    stacks["tenant-0001"]["login"]["reader"] = fleet.tenants[1].deployer
    fleet.emulator.fault("GET", held_privileges(fleet, 2), answer="429", retry_after="600", times=50)
    nowhere = f"https://127.1.9.9:{fleet.emulator.port}"
    stacks["tenant-0003"]["dynamicsUrl"] = nowhere
    record = json.loads(fleet.record(3).read_text())
    fleet.record(3).write_text(json.dumps(record | {"dynamicsUrl": nowhere}))
    tenant, _ = fleet.scopes(4)
    for grant in fleet.emulator.store.all(tenant, "oauth2PermissionGrants"):
        fleet.emulator.store.delete(tenant, "oauth2PermissionGrants", grant["id"])
    fleet.write(content)
    done = fleet.status()
    rows = {row["stack"]: row for row in done.json["stacks"]}
    assert [rows[f"tenant-000{n}"]["state"] for n in range(1, 7)] == [
        *("unknown", "unknown", "unknown", "drift"),
        *("in_order", "in_order"),
    ]
    errors = [(rows[f"tenant-000{n}"]["error"] or {}).get("code") for n in range(1, 4)]
    assert errors == ["login.refused", "dataverse.refused", "host.unreachable"]
    assert (done.code, done.json["result"]) == (7, "attention")
    assert {code: rows[f"tenant-000{n}"]["exitCode"] for n, code in enumerate(errors, 1)} == {
        "login.refused": 3,
        "dataverse.refused": 4,
        "host.unreachable": 4,
    }
    assert "AADSTS" in done.err
    assert "429" in rows["tenant-0002"]["error"]["message"]


def test_a_tenant_that_asks_for_a_pause_slows_itself_alone(fleet: DeployedFleet) -> None:
    """Its read is repeated after Retry-After; every stack is in order, and nobody else's read is."""
    fleet.emulator.fault("GET", held_privileges(fleet, 2), answer="429", retry_after="1", times=1)
    rows = fleet.rows()
    assert {row["state"] for row in rows.values()} == {"in_order"}
    lines = fleet.emulator.requests()
    asked = Counter(line["path"] for line in lines if "RetrieveRolePrivilegesRole" in line["path"])
    assert sorted(asked.values()) == [1, 1, 1, 1, 1, 2]


def test_an_answer_that_nobody_expected_is_that_stacks_row(
    fleet: DeployedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks in one stack's reading, its text is not told, and the others are read."""
    from connector.fleet import status

    real = status.read_live_stack

    async def broken(settings, record, session):  # type: ignore[no-untyped-def]
        if settings.stack == "tenant-0005":
            raise KeyError("a secret")
        return await real(settings, record, session)

    monkeypatch.setattr(status, "read_live_stack", broken)
    rows = fleet.rows()
    row = rows["tenant-0005"]
    assert (row["state"], row["exitCode"], row["error"]["code"]) == ("unknown", 1, "fleet.unread")
    assert "a secret" not in json.dumps(row)
    assert Counter(row["state"] for row in rows.values()) == {"in_order": 5, "unknown": 1}


def test_what_is_the_same_for_all_is_made_once(
    fleet: DeployedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One TLS context of ours for six tenants, one reading of the metadata, no instance discovery."""
    made: list[ssl.SSLContext] = []
    real = ssl.create_default_context

    def counted(*arguments, **options):  # type: ignore[no-untyped-def]
        made.append(real(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", counted)
    monkeypatch.setattr(httpx, "create_ssl_context", counted)
    assert {row["state"] for row in fleet.rows(at_once=1).values()} == {"in_order"}
    assert len(made) == 1
    paths = [line["path"] for line in fleet.emulator.requests() if line["service"] == "login"]
    assert sum("metadata/endpoints" in path for path in paths) == 1
    assert not [path for path in paths if "/common/discovery/instance" in path]
    tokens = [path for path in paths if path.endswith("/token")]
    assert len(tokens) == 12


def test_no_proxy_is_asked_for_the_emulator(fleet: DeployedFleet) -> None:
    """A machine's proxy is for hosts elsewhere: login, Graph and Dataverse on loopback go straight."""
    done = fleet.status("--ring", "canary", HTTPS_PROXY="http://127.0.0.1:9", NO_PROXY="")
    assert done.code == 0, done.text


def test_parts_of_the_fleet_are_chosen(fleet: DeployedFleet) -> None:
    """--only, --ring and --shard, as for the other verbs."""
    assert [row["stack"] for row in fleet.status("--ring", "canary").json["stacks"]] == ["tenant-0001"]
    named = fleet.status("--only", "tenant-0003,tenant-0005", "--shard", "2/2").json["stacks"]
    assert [row["stack"] for row in named] == ["tenant-0005"]
    assert fleet.status("--only", "nobody").json["error"]["code"] == "fleet.unknown"


def test_the_report_is_written_and_a_place_that_cannot_be_is_said_first(fleet: DeployedFleet) -> None:
    """The page names every stack; without a folder for it nothing is read."""
    page = fleet.root / "report.html"
    assert fleet.status("--report", str(page)).code == 0
    assert all(one.tenant.name in page.read_text() for one in fleet.tenants)
    fleet.emulator.requests(reset=True)
    done = fleet.status("--report", str(fleet.root / "none" / "report.html"))
    assert (done.code, done.json["error"]["code"]) == (2, "fleet.report")
    assert fleet.emulator.requests() == []
