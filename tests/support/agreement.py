"""State, record and directory say the same of a stack, with nothing twice and nothing lost."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from emulator.seed import CONTOSO
from tests.support.project import Project

MARKER = "dynamics-connect:test"
ORG = "0c0c0c01-0000-4000-8000-000000000001"
ROLE = "(test)"
Rows = list[dict[str, Any]]


def check_connected(stack: Project, secrets: tuple[str, ...] = ("a-1",), people: int = 2) -> None:
    """One application, principal, role and user; each secret, grant and assignment once; all agree."""
    application, principal = _one(stack, "applications"), _one(stack, "servicePrincipals")
    names = sorted(secret["displayName"] for secret in application["passwordCredentials"])
    assert names == sorted(secrets)
    own = principal["id"]
    grants = Counter(g["resourceId"] for g in _directory(stack, "oauth2PermissionGrants", clientId=own))
    assert list(grants.values()) == [1, 1]
    held = Counter(a["principalId"] for a in _directory(stack, "appRoleAssignments", resourceId=own))
    assert list(held.values()) == [1] * people
    user, role = check_dataverse(stack, application["appId"])
    _check_state(stack, application, own)
    record = _record(stack)
    ids = (application["appId"], application["id"], own, role, user)
    fields = ("clientId", "applicationObjectId", "servicePrincipalObjectId", "roleId", "userId")
    assert tuple(record[name] for name in fields) == ids
    known = {slot["keyId"] for slot in record["slots"].values()}
    assert known == {one["keyId"] for one in application["passwordCredentials"] if "-" in one["displayName"]}


def check_dataverse(stack: Project, app_id: str) -> tuple[str, str]:
    """One enabled user of the application with one role, the stack's; returns both ids."""
    rows = stack.emulator.dump()[ORG]
    (user,) = [one for one in rows["systemusers"] if one.get("applicationid") == app_id]
    (role,) = [one for one in rows["roles"] if is_own_role(one)]
    assert (user["roles"], user["isdisabled"]) == ([role["roleid"]], False)
    return str(user["systemuserid"]), str(role["roleid"])


def is_own_role(row: dict[str, Any]) -> bool:
    """Whether a row is the stack's role at its root: business units below have copies of each."""
    return ROLE in row["name"] and row["roleid"] == row["_parentrootroleid_value"]


def check_adopted(stack: Project, before: dict[str, Any], secrets: int) -> None:
    """What `adopt` leaves: nothing of the tenant changed, each object once in the state, and the record."""
    assert stack.emulator.dump() == before
    resources = state_of(stack)["resources"]
    kinds = Counter(one["type"].rsplit(":", 1)[-1] for one in resources if one.get("id"))
    assert [kinds[kind] for kind in ("Application", "ServicePrincipal", "AppRoleAssignment")] == [1, 1, 1]
    record = _record(stack)
    assert (record["applicationAdopted"], len(record["adoptedSecrets"])) == (True, secrets)
    (named,) = [a for a in before[CONTOSO]["applications"] if a["appId"] == record["clientId"]]
    assert f"/applications/{named['id']}" in {one.get("id") for one in resources}


def check_gone(stack: Project, app_id: str) -> None:
    """What `remove --purge` leaves: nothing, in neither half nor the state, the bin or the record."""
    tenant, rows = stack.emulator.dump()[CONTOSO], stack.emulator.dump()[ORG]
    assert app_id not in json.dumps(tenant)
    assert not [one for one in rows["systemusers"] if one.get("applicationid") == app_id]
    assert not [one for one in rows["roles"] if is_own_role(one)]
    state = state_of(stack)
    assert (state.get("resources") or [], state.get("pending_operations") or []) == ([], [])
    assert not (stack.root / ".local/records/test.json").exists()


def state_of(stack: Project) -> dict[str, Any]:
    """The stack's deployment as the backend keeps it, read without the engine where it is a folder."""
    url = stack.env["PULUMI_BACKEND_URL"]
    if url.startswith("file:"):
        path = stack.folder / "state/.pulumi/stacks/dynamics-connect/test.json"
        latest = json.loads(path.read_text())["checkpoint"]["latest"]
    else:
        latest = json.loads(stack.pulumi("stack", "export").out)["deployment"]
    return dict(latest)


def _check_state(stack: Project, application: dict[str, Any], principal: str) -> None:
    """What the state holds is there, and nothing of ours that it does not hold."""
    state = state_of(stack)
    assert not state.get("pending_operations")
    held: dict[str, list[str]] = {}
    for one in state["resources"]:
        if one.get("id") and not one.get("external"):
            held.setdefault(one["type"].rsplit(":", 1)[-1], []).append(one["id"].rsplit("/", 1)[-1])
    assert (held["Application"], held["ServicePrincipal"]) == ([application["id"]], [principal])
    slots = [one["keyId"] for one in application["passwordCredentials"] if "-" in one["displayName"]]
    assert sorted(held["ApplicationPassword"]) == sorted(slots)
    grants = [one["id"] for one in _directory(stack, "oauth2PermissionGrants", clientId=principal)]
    assert sorted(held["ServicePrincipalDelegatedPermissionGrant"]) == sorted(grants)
    assigned = [one["id"] for one in _directory(stack, "appRoleAssignments", resourceId=principal)]
    assert (len(held["AppRoleAssignment"]), set(held["AppRoleAssignment"]) <= set(assigned)) == (2, True)


def _one(stack: Project, kind: str) -> dict[str, Any]:
    (found,) = [one for one in stack.emulator.dump()[CONTOSO][kind] if MARKER in one["tags"]]
    return dict(found)


def _directory(stack: Project, kind: str, **wanted: str) -> Rows:
    return list(stack.emulator.store.find(CONTOSO, kind, **wanted))


def _record(stack: Project) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((stack.root / ".local/records/test.json").read_text())
    return value
