"""Hand-over and records: the form's order and words, and never a secret unasked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.catalogue.explain import explain, login_message
from connector.errors import ConnectError, NoSuchStackError
from connector.records.handover import handover_doubts, make_handover
from connector.records.record import ProofRecord, StackRecord, read_record, record_path, updated, write_record
from connector.settings import load_settings
from connector.stack.outputs import StackOutputs
from tests.unit.settings_samples import GOOD, PROJECT

SECRET = "abc~the-secret-of-this-test"
OUTPUTS = StackOutputs.from_mapping(
    {
        "tenantId": GOOD["tenantId"],
        "clientId": "c1",
        "applicationObjectId": "a1",
        "servicePrincipalObjectId": "s1",
        "clientSecret": SECRET,
        "clientSecretKeyId": "k1",
        "clientSecretEndDate": "2027-05-22T00:00:00Z",
        "slots": {"a": {"generation": 1, "keyId": "k1", "endDate": "2027-05-22T00:00:00Z"}},
    }
)
SETTINGS = load_settings(GOOD, stack="dev", project_dir=PROJECT)


def test_the_handover_follows_the_connect_form() -> None:
    """Tenant id, client id, secret and the Dynamics URL, in the form's words and order."""
    form = make_handover(SETTINGS, OUTPUTS)
    assert [field.label for field in form.fields] == [
        "Directory (tenant) Id",
        "Application (client) Id",
        "Client Secret",
        "Application ID URI (CDS url)",
    ]
    assert SETTINGS.dynamics_url in form.text()


def test_the_secret_is_shown_only_when_asked_for() -> None:
    """Neither text, JSON nor any repr holds it unasked."""
    form = make_handover(SETTINGS, OUTPUTS)
    unasked = form.text() + json.dumps(form.to_json()) + repr(form) + repr(OUTPUTS)
    assert SECRET not in unasked
    assert SECRET in form.text(show_secret=True)
    assert form.to_json(show_secret=True)["clientSecret"] == SECRET


def test_what_no_proof_stands_for_is_handed_over_with_a_doubt() -> None:
    """No record, another secret's proof, one that did not hold, an end that has come; else none."""
    now = datetime(2027, 1, 1, tzinfo=UTC)

    def doubts(key_id: str, verdict: str = "proved", at: datetime = now) -> list[str]:
        proof = ProofRecord(at=now, verdict=verdict, cause="login.refused", key_id=key_id)
        return handover_doubts(StackRecord(stack="dev", proof=proof), OUTPUTS, at)

    assert doubts("k1") == []
    assert "no proof on record" in handover_doubts(None, OUTPUTS, now)[0]
    assert "no proof on record" in handover_doubts(StackRecord(stack="dev"), OUTPUTS, now)[0]
    assert "no proof on record" in doubts("k0")[0]
    assert "did not hold (login.refused)" in doubts("k1", "failed")[0]
    assert "ended on 2027-05-22" in doubts("k1", at=datetime(2027, 5, 22, tzinfo=UTC))[0]


def test_a_record_is_written_and_read_back_without_a_secret(tmp_path: Path) -> None:
    """Ids and slots are kept; what a run did not touch stays."""
    path = write_record(updated(None, SETTINGS, OUTPUTS), tmp_path)
    record = read_record("dev", tmp_path)
    assert record is not None
    assert record.slots["a"].key_id == "k1"
    assert SECRET not in path.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["dev.json"]


def test_a_stack_name_with_a_slash_stays_in_the_folder(tmp_path: Path) -> None:
    """A record never leaves its folder."""
    assert record_path("org/../../x", tmp_path).parent == tmp_path


def test_a_garbled_record_is_one_clear_error(tmp_path: Path) -> None:
    """The file is named, and what to do."""
    record_path("dev", tmp_path).write_text("{", encoding="utf-8")
    with pytest.raises(ConnectError, match=r"dev\.json"):
        read_record("dev", tmp_path)


def test_outputs_of_a_stack_that_was_never_deployed_are_refused() -> None:
    """The message says which are missing and what to run, with exit 6."""
    with pytest.raises(NoSuchStackError, match="clientId") as caught:
        StackOutputs.from_mapping({"clientSecret": SECRET})
    assert caught.value.exit_code == 6
    assert SECRET not in str(caught.value)


def test_login_refusals_are_explained_with_their_code_and_without_the_secret() -> None:
    """Our words, the code, the correlation id; an unknown text is cleaned of the secret."""
    ids = "Correlation ID: 11111111-1111-4111-8111-111111111111"
    twice = "AADSTS700213: no match for assertion subject 'a:b'. Assertion Subject: 'a:b'."
    assert login_message(twice, who="x").count("the token's subject is 'a:b'") == 1
    known = login_message(f"AADSTS7000222: expired. {ids}", who="the application")
    assert "expired" in known
    assert "correlation id 11111111" in known
    unknown = login_message(f"odd {SECRET} text", who="x", secrets=[SECRET])
    assert SECRET not in unknown


@pytest.mark.parametrize("code", ["AADSTS7000215", "0x80072560", "said AADSTS50105: no"])
def test_codes_are_found_in_the_catalogue(code: str) -> None:
    """By themselves and inside a text; a longer code is not taken for a shorter one."""
    assert explain(code) is not None
    assert explain("AADSTS700021599") is None
