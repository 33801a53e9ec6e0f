"""A second, different profile runs through the same code: nothing about the first one is in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.seed import CONTOSO
from emulator.seed.names import ORGANIZATIONS
from tests.stack.test_rotation import rotate
from tests.support.certificate import Certificate
from tests.support.emulator import RunningEmulator
from tests.support.project import Project
from tests.support.rounds import of_service

pytestmark = pytest.mark.stack


@pytest.fixture
def exporting(project: Callable[..., Project]) -> Project:
    """A stack of the profile that logs in with a certificate; `tmp/key.pem` holds its private key."""
    stack = project(profile="nightly-export", certificates={"a": "certificates/a-1.pem"})
    certificate = Certificate(days=90)
    public = stack.root / "certificates" / "a-1.pem"
    public.parent.mkdir()
    public.write_bytes(certificate.public)
    (stack.folder / "tmp" / "key.pem").write_bytes(certificate.pem())
    return stack


def test_a_certificate_profile_is_deployed_and_proved(exporting: Project, emulator: RunningEmulator) -> None:
    """Application permission, SPA redirect, certificate, a small role with a right to delete: proved."""
    key = {"CONNECT_CERTIFICATE_KEY": str(exporting.folder / "tmp" / "key.pem")}
    done = exporting.connector("deploy", "--json", **key)
    assert done.code == 0, done.text
    assert done.json["privileges"]["wanted"] == done.json["privileges"]["held"] == 6
    _check_directory(exporting, emulator)
    again = exporting.connector("deploy", "--json", **key)
    assert (again.code, again.json["result"]) == (0, "unchanged"), again.text
    logins = of_service(emulator.requests(), "login")
    assert any(line["client_id"] == exporting.outputs()["clientId"] for line in logins)
    _check_handover(exporting)


def test_without_the_private_key_the_proof_is_inconclusive(exporting: Project) -> None:
    """Nobody has the key here: exit 20, and what to bring; the connection is not called bad."""
    done = exporting.connector("deploy", "--json")
    assert done.code == 20, done.text
    assert done.json["result"] == "inconclusive"
    assert "CONNECT_CERTIFICATE_KEY is not set" in done.json["error"]["message"]


def test_a_certificate_whose_answer_was_lost_is_not_doubled(
    exporting: Project, emulator: RunningEmulator
) -> None:
    """The state knows nothing of the first copy: the next deploy takes it off and puts its own there."""
    emulator.fault("PATCH", "/v1.0/applications/{id}", nth=3, answer="reset-after")
    assert exporting.connector("deploy").code == 1
    emulator.store.db.execute("DELETE FROM faults")
    key = {"CONNECT_CERTIFICATE_KEY": str(exporting.folder / "tmp" / "key.pem")}
    again = exporting.connector("deploy", "--json", **key)
    assert again.code == 0, again.text
    assert "left-over certificate" in {change["kind"] for change in again.json["changes"]}
    _check_directory(exporting, emulator)


def _check_directory(stack: Project, emulator: RunningEmulator) -> None:
    tenant = emulator.dump()[CONTOSO]
    outputs = stack.outputs()
    (application,) = [a for a in tenant["applications"] if a["appId"] == outputs["clientId"]]
    assert application["spa"]["redirectUris"] == ["https://export.example.com/signed-in"]
    assert application["passwordCredentials"] == []
    assert [c["keyId"] for c in application["keyCredentials"]] == [outputs["clientCertificateKeyId"]]
    graph = next(p for p in tenant["servicePrincipals"] if p["appId"].startswith("00000003"))
    names = {role["id"]: role["value"] for role in graph["appRoles"]}
    principal = outputs["servicePrincipalObjectId"]
    held = [a for a in tenant["appRoleAssignments"] if a["principalId"] == principal]
    assert [names[a["appRoleId"]] for a in held] == ["User.Read.All"]
    roles = emulator.dump()[ORGANIZATIONS[0].id]["roles"]
    (ours,) = [r for r in roles if r["name"] == "Nightly Export Integration (test)" and r.get("privileges")]
    assert sorted(ours["privileges"].values()).count("Local") == 4


def _check_handover(stack: Project) -> None:
    values = stack.connector("handover", "--json").json["values"]
    assert values["certificateThumbprint"] == stack.outputs()["clientCertificateThumbprint"]
    assert "clientSecret" not in values


def test_a_certificate_is_rotated_in_two_slots_by_hand(exporting: Project, emulator: RunningEmulator) -> None:
    """Rotate says what to do instead; done so, both are valid, the new one is proved, the old one goes."""
    first = {"CONNECT_CERTIFICATE_KEY": str(exporting.folder / "tmp" / "key.pem")}
    assert exporting.connector("deploy", **first).code == 0
    for verb in ("begin", "finish"):
        refused = rotate(exporting, verb, "--json")
        assert (refused.code, refused.json["error"]["code"]) == (20, "rotation.certificate"), refused.text
        words = ("certificates.b", "slots.b: 2", "CONNECT_CERTIFICATE_KEY", "slots.a")
        assert all(word in refused.json["error"]["message"] for word in words)
    calm = rotate(exporting, "auto", "--json")
    assert (calm.code, calm.json["result"]) == (0, "nothing"), calm.text
    assert calm.json["slots"][0]["daysLeft"] == 89
    soon = rotate(exporting, "auto", "--begin-days", "89", "--soon-days", "89", "--json")
    assert (soon.code, soon.json["error"]["code"]) == (21, "rotation.certificate")
    shown = rotate(exporting, "status", "--begin-days", "89", "--json")
    assert (shown.code, shown.json["result"]) == (0, "begin"), shown.text
    assert exporting.connector("status", "--soon-days", "89").code == 21

    new = Certificate(days=300)
    (exporting.root / "certificates" / "b-2.pem").write_bytes(new.public)
    (exporting.folder / "tmp" / "new.pem").write_bytes(new.pem())
    second = {"CONNECT_CERTIFICATE_KEY": str(exporting.folder / "tmp" / "new.pem")}
    both = {"a": "certificates/a-1.pem", "b": "certificates/b-2.pem"}
    exporting.settings |= {"certificates": both, "slots": {"a": 1, "b": 2}}
    exporting.write_settings()
    for key, proved in ((second, [False, True]), (first, [False, False])):
        done = exporting.connector("deploy", **key)
        assert done.code == 0, done.text
        assert ("which is not proved" in done.text) is not any(proved)
        assert "certificate a" in exporting.connector("status").err
        assert [slot["proved"] for slot in rotate(exporting, "status", "--json").json["slots"]] == proved
    exporting.settings |= {"certificates": {"b": both["b"]}, "slots": {"b": 2}}
    exporting.write_settings()
    done = exporting.connector("deploy", "--json", **second)
    assert done.code == 0, done.text
    client_id = exporting.outputs()["clientId"]
    (application,) = emulator.store.find(CONTOSO, "applications", appId=client_id)
    assert [c["keyId"] for c in application["keyCredentials"]] == [
        exporting.outputs()["clientCertificateKeyId"]
    ]
    assert exporting.connector("status", "--json").json["slots"][0]["proved"] is True
