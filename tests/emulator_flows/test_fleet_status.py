"""`fleet status` of a few tenants: each way a stack can stand, read without the engine."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.docs.test_schemas import check
from tests.support.fleet import DeployedFleet
from tests.support.foreign import HOSTILE_NAME, harm_in
from tests.support.leaks import leaks_in

#: How many tenants `fleet` has, a stack deployed in each.
TENANTS = 4


def application(fleet: DeployedFleet, number: int) -> dict[str, Any]:
    """The app registration of a stack, as it is in the directory."""
    id = json.loads(fleet.record(number).read_text())["applicationObjectId"]
    return fleet.emulator.store.get(fleet.scopes(number)[0], "applications", id) or {}


def change(fleet: DeployedFleet, number: int, **changes: Any) -> None:
    """Change a stack's application behind the services' backs."""
    made = application(fleet, number) | changes
    fleet.emulator.store.put(fleet.scopes(number)[0], "applications", made["id"], made)


def rewrite(fleet: DeployedFleet, number: int, **changes: Any) -> None:
    """Change a stack's record."""
    path = fleet.record(number)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def others(rows: dict[str, dict[str, Any]], name: str) -> set[str]:
    """The states of all stacks but one."""
    return {row["state"] for stack, row in rows.items() if stack != name}


def test_a_fleet_in_order_is_only_read(fleet: DeployedFleet) -> None:
    """Code 0, days left, the last proof; nothing but GET, and the application never logs in."""
    done = fleet.status()
    assert done.code == 0, done.text
    assert check("fleet", done.json) == []
    assert (done.json["result"], done.json["counts"]["in_order"]) == ("in_order", 4)
    row = done.json["stacks"][0]
    assert (row["daysLeft"], row["slots"][0]["proved"], row["lastProof"]["verdict"]) == (179, True, "proved")
    lines = fleet.emulator.requests()
    assert {line["method"] for line in lines if line["service"] != "login"} == {"GET"}
    deployers = {one.deployer for one in fleet.tenants}
    assert {line["client_id"] for line in lines} <= deployers | {""}
    assert "4 stacks, 4 in order" in done.err
    assert not leaks_in(done.text.encode())


def test_drift_of_a_role_is_7_and_of_one_stack(fleet: DeployedFleet) -> None:
    """A privilege less in one organization, named; the others are in order."""
    organization = fleet.scopes(2)[1]
    record = json.loads(fleet.record(2).read_text())
    role = fleet.emulator.store.get(organization, "roles", record["roleId"]) or {}
    names = {p["privilegeid"]: p["name"] for p in fleet.emulator.store.all(organization, "privileges")}
    gone = next(id for id in role["privileges"] if names[id] == "prvWriteLead")
    del role["privileges"][gone]
    fleet.emulator.store.put(organization, "roles", role["roleid"], role)
    rows = fleet.rows()
    row = rows["tenant-0002"]
    assert (row["state"], row["exitCode"]) == ("drift", 7)
    assert [change["name"] for change in row["changes"]] == ["prvWriteLead"]
    assert others(rows, "tenant-0002") == {"in_order"}


def revoke(fleet: DeployedFleet, number: int) -> None:
    """Take all consent away from a stack's application."""
    tenant, _ = fleet.scopes(number)
    for grant in fleet.emulator.store.all(tenant, "oauth2PermissionGrants"):
        fleet.emulator.store.delete(tenant, "oauth2PermissionGrants", grant["id"])


def test_consent_that_was_revoked_is_a_finding(fleet: DeployedFleet) -> None:
    """With `consent: grant` a deployment mends it: drift."""
    revoke(fleet, 3)
    row = fleet.rows()["tenant-0003"]
    assert (row["state"], row["exitCode"]) == ("drift", 7)
    assert {finding["code"] for finding in row["findings"]} == {"entra.grant_missing"}


def test_consent_by_link_waits_for_a_person(fleet: DeployedFleet) -> None:
    """With `consent: link` it is a person's step, with the link, and exit code 20."""
    revoke(fleet, 3)
    content = fleet.described()
    content["stacks"]["tenant-0003"]["settings"]["consent"] = "link"
    fleet.write(content)
    done = fleet.status()
    first = done.json["stacks"][0]
    assert (done.code, done.json["error"]["code"], first["stack"]) == (20, "fleet.attention", "tenant-0003")
    assert first["state"] == "attention"
    assert [need["code"] for need in first["needs"]] == ["entra.consent_pending"]
    assert "/adminconsent?client_id=" in first["needs"][0]["message"]
    assert first["findings"] == []


def test_a_secret_removed_in_entra_is_a_finding(fleet: DeployedFleet) -> None:
    """The record names it and the application does not hold it; its days do not count."""
    change(fleet, 1, passwordCredentials=[])
    row = fleet.rows()["tenant-0001"]
    assert [finding["code"] for finding in row["findings"]] == ["secret.removed"]
    assert (row["state"], row["exitCode"], row["daysLeft"], row["slots"]) == ("drift", 7, None, [])


def test_the_end_that_counts_is_the_live_one_and_near_it_is_21(fleet: DeployedFleet) -> None:
    """The record says half a year, the application a week."""
    (credential,) = application(fleet, 1)["passwordCredentials"]
    end = (datetime.now(UTC) + timedelta(days=7, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    change(fleet, 1, passwordCredentials=[credential | {"endDateTime": end}])
    rows = fleet.rows()
    row = rows["tenant-0001"]
    assert (row["state"], row["exitCode"], row["daysLeft"]) == ("attention", 21, 7)
    assert [need["code"] for need in row["needs"]] == ["status.ends_soon"]
    assert others(rows, "tenant-0001") == {"in_order"}
    assert {row["exitCode"] for row in fleet.rows(soon_days=200).values()} == {21}


def test_two_slots_mean_that_somebody_has_to_type_the_new_secret(fleet: DeployedFleet) -> None:
    """A rotation was begun: exit code 20, and nothing differs."""
    (old,) = application(fleet, 4)["passwordCredentials"]
    new = old | {"keyId": "0b0b0b0b-0000-4000-8000-000000000002", "displayName": "b-2"}
    change(fleet, 4, passwordCredentials=[old, new])
    record = json.loads(fleet.record(4).read_text())
    second = {"keyId": new["keyId"], "endDate": new["endDateTime"], "generation": 2}
    rewrite(fleet, 4, slots=record["slots"] | {"b": second})
    path = fleet.root / "Pulumi.tenant-0004.yaml"
    path.write_text(path.read_text() + "  dynamics-connect:slots: {a: 1, b: 2}\n")
    row = fleet.rows()["tenant-0004"]
    assert (row["state"], row["exitCode"], row["findings"]) == ("attention", 20, [])
    assert [need["code"] for need in row["needs"]] == ["rotation.reconnect"]
    assert [slot["slot"] for slot in row["slots"]] == ["a", "b"]


def test_a_stack_without_a_record_is_not_deployed(fleet: DeployedFleet) -> None:
    """Exit code 6, and its tenant is not asked."""
    fleet.record(2).unlink()
    rows = fleet.rows()
    row = rows["tenant-0002"]
    assert (row["state"], row["exitCode"], row["error"]["code"]) == ("not_deployed", 6, "fleet.no_record")
    assert others(rows, "tenant-0002") == {"in_order"}
    assert fleet.tenants[1].tenant.id not in json.dumps(fleet.emulator.requests())


def test_a_record_of_another_tenant_is_refused_before_anything_is_asked(fleet: DeployedFleet) -> None:
    """A record that was copied about does not send one customer's ids to another."""
    rewrite(fleet, 2, tenantId=fleet.tenants[2].tenant.id)
    row = fleet.rows()["tenant-0002"]
    assert (row["exitCode"], row["error"]["code"]) == (7, "fleet.other_target")
    assert fleet.tenants[1].organization.address not in json.dumps(fleet.emulator.requests())


def test_settings_and_records_that_cannot_be_read_are_rows(fleet: DeployedFleet) -> None:
    """One stack's broken file is that stack's row."""
    fleet.record(1).write_text("{")
    (fleet.root / "Pulumi.tenant-0002.yaml").write_text("config: {dynamics-connect:tenantId: nonsense}\n")
    rows = fleet.rows()
    told = [(rows[f"tenant-000{n}"]["state"], rows[f"tenant-000{n}"]["exitCode"]) for n in range(1, 5)]
    assert told == [("unknown", 1), ("unknown", 2), ("in_order", 0), ("in_order", 0)]
    assert rows["tenant-0001"]["error"]["code"] == "records.unreadable"


def test_hostile_names_are_text_in_log_json_and_report(fleet: DeployedFleet) -> None:
    """Owner, role, application and user of a stack: told in all three, and active in none."""
    tenant, organization = fleet.scopes(1)
    change(fleet, 1, displayName=HOSTILE_NAME)
    record = json.loads(fleet.record(1).read_text())
    user = fleet.emulator.store.get(organization, "systemusers", record["userId"]) or {}
    more = next(r for r in fleet.emulator.store.all(organization, "roles") if r["roleid"] != record["roleId"])
    fleet.emulator.store.put(organization, "roles", more["roleid"], more | {"name": HOSTILE_NAME})
    changed = user | {"fullname": HOSTILE_NAME, "roles": [*user["roles"], more["roleid"]]}
    fleet.emulator.store.put(organization, "systemusers", user["systemuserid"], changed)
    content = fleet.described()
    next(iter(content["stacks"].values()))["owner"] = HOSTILE_NAME
    fleet.write(content)
    page = fleet.root / "report.html"
    seen = fleet.run("fleet", "status", "--records", str(fleet.records), "--report", str(page))
    done = fleet.status(TF_BUILD="True")
    assert tenant in str(done.json)
    assert HOSTILE_NAME in {row["owner"] for row in done.json["stacks"]}
    assert harm_in(seen.text + done.text) == []
    assert "# #vso[" in seen.err.replace("\n", "")
    assert "<img" not in page.read_text()
    assert not any(sign in page.read_text() for sign in "\x1b\u202e")
    assert "onerror=alert(1)" in page.read_text()
