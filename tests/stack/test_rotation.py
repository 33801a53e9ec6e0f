"""Rotation on the real engine: added, proved, typed in, retired; never without a proved secret."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from emulator.seed import CONTOSO
from tests.stack.test_status import status
from tests.support.graph import log_in
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
COMMENT = "# Contoso's own sandbox\n"
KEY = "dynamics-connect:slots"


def rotate(stack: Project, verb: str, *arguments: str) -> Done:
    """Run one of rotate's verbs."""
    return stack.run(stack.python, "-m", "connector", "rotate", verb, "--stack", stack.stack, *arguments)


def lines(done: Done) -> list[tuple[str, str]]:
    """What a run changed: action and name."""
    return [(change["action"], change["name"]) for change in done.json["changes"]]


def in_entra(stack: Project) -> list[str]:
    """The display names of the application's secrets, sorted."""
    client_id = stack.outputs()["clientId"]
    (application,) = stack.emulator.store.find(CONTOSO, "applications", appId=client_id)
    return sorted(credential["displayName"] for credential in application["passwordCredentials"])


def opens(stack: Project, client_id: str, secret: str) -> bool:
    """Whether a secret still gives a token."""
    answer = log_in(
        stack.emulator, resource=stack.emulator.org(1), client_id=client_id, client_secret=secret
    )
    return answer.status_code == 200


def slots_in_file(stack: Project) -> Any:
    """What the stack's file says, None where it says nothing."""
    return yaml.safe_load(stack.stack_file.read_text())["config"].get(KEY)


def test_a_whole_rotation_keeps_a_proved_secret_at_every_moment(project: Callable[..., Project]) -> None:
    """Begin adds and proves, deploy keeps both, a reset checkout deletes nothing, finish retires."""
    stack = project(protect=True)
    first = stack.connector("deploy", "--json")
    assert first.code == 0, first.text
    stack.stack_file.write_text(COMMENT + stack.stack_file.read_text())
    before = stack.stack_file.read_text()
    old = stack.outputs()

    begun = rotate(stack, "begin", "--json")
    assert (begun.code, begun.json["result"]) == (0, "begun"), begun.text
    assert lines(begun) == [("added", "marketo-measure-secret-b-2")]
    assert [(s["slot"], s["generation"], s["proved"]) for s in begun.json["slots"]] == [
        ("a", 1, False),
        ("b", 2, True),
    ]
    assert slots_in_file(stack) == {"a": 1, "b": 2}
    assert stack.stack_file.read_text().startswith(COMMENT)
    new = stack.outputs()
    assert new["clientSecretKeyId"] != old["clientSecretKeyId"]
    assert opens(stack, old["clientId"], old["clientSecret"])
    assert opens(stack, old["clientId"], new["clientSecret"])
    assert stack.connector("deploy", "--json").json["result"] == "unchanged"

    _check_a_reset_checkout(stack, before, old["clientSecretKeyId"])
    _check_what_waits(stack)

    refused = rotate(stack, "finish")
    assert refused.code == 20, refused.text
    assert "--reconnected" in refused.text
    unasked = rotate(stack, "finish", "--reconnected")
    assert (unasked.code, in_entra(stack)) == (20, ["a-1", "b-2"])
    done = rotate(stack, "finish", "--reconnected", "--yes", "--json")
    assert (done.code, done.json["result"]) == (0, "finished"), done.text
    assert lines(done) == [("removed", "marketo-measure-secret-a-1")]
    assert in_entra(stack) == ["b-2"]
    assert slots_in_file(stack) == {"b": 2}
    assert opens(stack, old["clientId"], new["clientSecret"])
    assert not opens(stack, old["clientId"], old["clientSecret"])
    again = rotate(stack, "finish", "--reconnected", "--yes", "--json")
    assert (again.code, again.json["result"]) == (0, "nothing")

    stack.stack_file.write_text(before)
    late = stack.connector("deploy")
    assert late.code == 7, late.text
    assert "a-1" not in in_entra(stack)


def _check_what_waits(stack: Project) -> None:
    """A new secret that nobody has typed in yet is no drift: `status` names it and ends with 0."""
    done = status(stack)
    assert (done.code, done.json["result"]) == (0, "in_order"), done.text
    assert [(one["code"], one["key"]) for one in done.json["needs"]] == [("rotation.reconnect", "b-2")]
    assert "waits for a person: " in done.err


def _check_a_reset_checkout(stack: Project, before: str, old_key: str) -> None:
    """Rotate, reset the checkout, deploy: nothing is lost, by our verb or by plain pulumi."""
    after = stack.stack_file.read_text()
    stack.stack_file.write_text(before)
    late = stack.connector("deploy", "--json")
    assert (late.code, late.json["error"]["code"]) == (7, "rotation.stale"), late.text
    assert "b-2" in late.json["error"]["message"]
    previewed = stack.connector("preview", "--json")
    assert (previewed.code, previewed.json["error"]["code"]) == (7, "rotation.stale"), previewed.text
    plain = stack.pulumi("up", "--yes", "--skip-preview")
    assert plain.code != 0
    assert "protected" in plain.text
    assert in_entra(stack) == ["a-1", "b-2"]
    mended = rotate(stack, "status", "--patch", "change.patch", "--json")
    assert (mended.code, mended.json["result"]) == (0, "reconnect"), mended.text
    subprocess.run(["git", "init", "-q"], cwd=stack.root, check=True)
    subprocess.run(["git", "apply", "change.patch"], cwd=stack.root, check=True)
    assert slots_in_file(stack) == {"a": 1, "b": 2}
    stack.stack_file.write_text(after)
    # The engine had written the outputs of the run that it then refused: they hand out the old secret.
    assert stack.outputs()["clientSecretKeyId"] == old_key
    unready = rotate(stack, "finish", "--reconnected", "--yes", "--json")
    assert (unready.code, unready.json["error"]["code"]) == (7, "rotation.not_begun")
    healed = rotate(stack, "begin", "--json")
    assert (healed.code, healed.json["result"]) == (0, "begun"), healed.text
    assert stack.outputs()["clientSecretKeyId"] != old_key


def test_a_pipeline_rotates_by_patches_and_either_order_keeps_both(project: Callable[..., Project]) -> None:
    """The patch may be committed before or after; `auto` does the next step and needs a person."""
    stack = project(secret={"lifetimeDays": 40})
    assert stack.connector("deploy").code == 0
    nothing = rotate(stack, "auto", "--json")
    assert (nothing.code, nothing.json["result"]) == (0, "nothing"), nothing.text
    before = stack.stack_file.read_text()

    planned = rotate(stack, "begin", "--preview", "--patch", "p", "--json")
    assert (planned.code, planned.json["result"]) == (0, "preview"), planned.text
    assert (stack.stack_file.read_text(), in_entra(stack)) == (before, ["a-1"])
    first = (stack.root / "p").read_text()

    auto = ("auto", "--begin-days", "50", "--soon-days", "5", "--patch", "p", "--json")
    begun = rotate(stack, *auto)
    assert (begun.code, begun.json["result"]) == (20, "begun"), begun.text
    assert stack.stack_file.read_text() == before
    assert (stack.root / "p").read_text() == first
    late = stack.connector("deploy", "--json")
    assert (late.code, in_entra(stack)) == (7, ["a-1", "b-2"])
    waits = rotate(stack, *auto)
    assert (waits.code, waits.json["result"]) == (20, "reconnect"), waits.text
    assert (stack.root / "p").read_text() == first
    soon = rotate(stack, "auto", "--soon-days", "45", "--json")
    assert soon.code == 21, soon.text

    subprocess.run(["git", "init", "-q"], cwd=stack.root, check=True)
    subprocess.run(["git", "apply", "p"], cwd=stack.root, check=True)
    deployed = stack.connector("deploy", "--json")
    assert (deployed.code, deployed.json["result"], in_entra(stack)) == (0, "unchanged", ["a-1", "b-2"])


def test_a_preview_with_anything_else_is_refused(deployed: Project) -> None:
    """A rotation is no deployment: what else differs is named, the file is as it was, nothing is made."""
    deployed.settings["displayName"] = "Renamed"
    deployed.write_settings()
    before = deployed.stack_file.read_text()
    refused = rotate(deployed, "begin", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (7, "rotation.more_changes"), refused.text
    assert "marketo-measure-application" in refused.json["error"]["message"]
    assert (deployed.stack_file.read_text(), in_entra(deployed)) == (before, ["a-1"])
    deployed.settings["displayName"] = "Marketo Measure (test)"
    deployed.write_settings()


def test_a_secret_that_cannot_be_proved_is_taken_back(deployed: Project) -> None:
    """The consent is gone: the new secret goes again, the old one and the settings are as they were."""
    before = deployed.stack_file.read_text()
    old = deployed.outputs()
    principal = old["servicePrincipalObjectId"]
    (grant, *_) = deployed.emulator.store.find(CONTOSO, "oauth2PermissionGrants", clientId=principal)
    deployed.emulator.edit("oauth2PermissionGrants", grant["id"], delete=True)
    failed = rotate(deployed, "begin", "--json")
    deployed.emulator.store.put(CONTOSO, "oauth2PermissionGrants", grant["id"], grant)
    assert (failed.code, failed.json["result"]) == (1, "taken_back"), failed.text
    assert failed.json["error"]["code"] == "entra.grant_missing"
    assert (deployed.stack_file.read_text(), in_entra(deployed)) == (before, ["a-1"])
    assert deployed.outputs()["clientSecretKeyId"] == old["clientSecretKeyId"]
    assert deployed.connector("verify").code == 0
