"""What somebody deletes in the portal: named by `deploy`, brought back or made anew, never doubled."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from emulator.seed import CONTOSO
from tests.support.by_hand import ByHand
from tests.support.emulator import RunningEmulator
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
IDS = ("clientId", "applicationObjectId", "servicePrincipalObjectId", "clientSecretKeyId")
RESTORE = "/v1.0/directory/deletedItems/{id}/restore"


def delete(emulator: RunningEmulator, path: str) -> None:
    """Delete an object of Graph, as the portal does."""
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    answer = emulator.http().delete(f"{emulator.authority}/v1.0/{path}", headers=headers)
    assert answer.status_code == 204, answer.text


def patch(emulator: RunningEmulator, path: str, body: dict[str, Any]) -> None:
    """Change an object of Graph, as the portal does."""
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    answer = emulator.http().patch(f"{emulator.authority}/v1.0/{path}", headers=headers, json=body)
    assert answer.status_code == 204, answer.text


def age(stack: Project) -> None:
    """Let the state say that its resources were made long ago, when every replica knows them."""
    file = stack.folder / "state.json"
    exported = json.loads(stack.pulumi("stack", "export").out)
    for row in exported["deployment"]["resources"]:
        row["created"] = row["modified"] = "2026-01-01T00:00:00Z"
    file.write_text(json.dumps(exported))
    assert stack.pulumi("stack", "import", "--file", str(file)).code == 0


def answers(asked: Done) -> list[str]:
    """What a preflight says of the recycle bin."""
    return [check["answer"] for check in asked.json["checks"] if check["code"] == "entra.recycle_bin"]


def binned(emulator: RunningEmulator) -> int:
    """How many objects the recycle bin holds."""
    return len(emulator.dump()[CONTOSO].get("deletedItems", []))


def test_a_deleted_application_stops_deploy(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """A new client id would make the customer connect again: deploy says so, and brings it back."""
    stack = project()
    assert stack.pulumi("up", "--skip-preview", "--yes").code == 0
    before = stack.outputs()
    delete(emulator, f"applications/{before['applicationObjectId']}")
    asked = stack.connector("preflight", "--json")
    assert (asked.code, answers(asked)) == (4, ["no"]), asked.text
    stopped = stack.connector("deploy", "--json")
    assert (stopped.code, stopped.json["error"]["code"]) == (4, "entra.deleted"), stopped.text
    assert "deploy --restore" in stopped.json["error"]["message"]
    there = stack.settings["dynamicsUrl"]
    stack.settings["dynamicsUrl"] = emulator.org(2)
    stack.write_settings()
    elsewhere = stack.connector("deploy", "--restore", "--json")
    assert (elsewhere.code, elsewhere.json["error"]["code"]) == (4, "stack.elsewhere"), elsewhere.text
    assert binned(emulator) == 2
    stack.settings["dynamicsUrl"] = there
    stack.write_settings()
    emulator.fault("POST", RESTORE, nth=2, answer="reset-before")
    broken = stack.connector("deploy", "--restore", "--json")
    assert (broken.code, binned(emulator)) == (4, 1), broken.text
    emulator.store.db.execute("DELETE FROM faults")
    back = stack.connector("deploy", "--restore", "--json")
    assert back.code == 0, back.text
    assert {name: stack.outputs()[name] for name in IDS} == {name: before[name] for name in IDS}
    assert binned(emulator) == 0


def test_an_adopted_application_comes_back_with_its_secrets(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Deleted before it got a marker, seen late by a replica: nothing is made anew, no secret of it goes."""
    stack, by_hand = project(), ByHand(emulator)
    by_hand.add_secret("a-7")
    assert stack.connector("adopt", "--application-id", by_hand.app_id).code == 0
    delete(emulator, f"applications/{by_hand.id}")
    emulator.fault("POST", RESTORE, answer="lag", times=4)
    back = stack.connector("deploy", "--restore", "--json")
    assert back.code == 0, back.text
    assert stack.outputs()["clientId"] == by_hand.app_id
    assert by_hand.secrets() == {"made by hand", "a-7", "a-1"}


def test_a_deleted_service_principal_is_made_anew(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The enterprise application was deleted: the client id stays, consent and assignments come back."""
    stack = project()
    assert stack.connector("deploy").code == 0
    before = stack.outputs()
    delete(emulator, f"servicePrincipals/{before['servicePrincipalObjectId']}")
    asked = stack.connector("preflight", "--json")
    assert (asked.code, answers(asked)) == (0, ["unknown"]), asked.text
    done = stack.connector("deploy")
    assert done.code == 0, done.text
    assert "use `deploy --restore`" in done.text
    after = stack.outputs()
    assert (after["clientId"], after["clientSecretKeyId"]) == (
        before["clientId"],
        before["clientSecretKeyId"],
    )
    assert after["servicePrincipalObjectId"] != before["servicePrincipalObjectId"]
    assert stack.pulumi("preview", "--expect-no-changes").code == 0
    nothing = stack.connector("deploy", "--restore", "--json")
    assert (nothing.code, nothing.json["error"]["code"]) == (4, "entra.nothing_to_restore"), nothing.text


def test_what_was_changed_by_hand_is_put_right(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Redirect URIs, name, permissions asked for, required assignment, an assignment: all as before."""
    stack = project()
    assert stack.connector("deploy").code == 0
    calm = stack.connector("deploy", "--json")
    assert (calm.code, calm.json["result"]) == (0, "unchanged"), calm.text
    age(stack)
    before, outputs = emulator.dump()[CONTOSO], stack.outputs()
    principal, application = outputs["servicePrincipalObjectId"], outputs["applicationObjectId"]
    body = {
        "displayName": "Changed",
        "web": {"redirectUris": ["https://elsewhere.example/"]},
        "requiredResourceAccess": [],
    }
    patch(emulator, f"applications/{application}", body)
    patch(emulator, f"servicePrincipals/{principal}", {"appRoleAssignmentRequired": False})
    (first, *_) = [a["id"] for a in before["appRoleAssignments"] if a["resourceId"] == principal]
    delete(emulator, f"servicePrincipals/{principal}/appRoleAssignedTo/{first}")
    done = stack.connector("deploy")
    assert done.code == 0, done.text
    assert "(displayName, web.redirectUris, requiredResourceAccess)" in done.text
    after = emulator.dump()[CONTOSO]
    for key in ("displayName", "web", "requiredResourceAccess"):
        assert shown(after, application)[key] == shown(before, application)[key]
    assigned = [a for a in after["appRoleAssignments"] if a["resourceId"] == principal]
    assert len(assigned) == 2
    assert stack.outputs()["clientSecretKeyId"] == outputs["clientSecretKeyId"]
    assert stack.connector("deploy", "--json").json["result"] == "unchanged"


def shown(tenant: dict[str, Any], object_id: str) -> dict[str, Any]:
    """The application of an object id."""
    found: dict[str, Any] = next(a for a in tenant["applications"] if a["id"] == object_id)
    return found
