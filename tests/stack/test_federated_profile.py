"""A profile whose SaaS brings tokens of its own issuer: no secret anywhere, proved the same way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.context import Context
from emulator.keys import SigningKey
from emulator.login.federation import assertion, issuer
from emulator.seed import CONTOSO
from tests.stack.test_lost_objects import age
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
PROFILE = """
title: Tokens
permissions: [graph/openid]
credential: federated
federated: {{issuer: "{issuer}", subject: "job:nightly"}}
role: {{tables: [{{table: lead, rights: [read]}}]}}
"""


def test_a_federated_profile_is_deployed_and_proved(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The application takes the issuer's tokens, and the proof logs in with one.

    What somebody changes or deletes of that by hand is put right like the rest.
    """
    ctx = Context(emulator.store, SigningKey(emulator.folder / "signing-key.pem"), emulator.port)
    stack = project(profile="tokens")
    (stack.root / "profiles" / "tokens.yaml").write_text(PROFILE.format(issuer=issuer(ctx)))
    token = stack.folder / "tmp" / "token"
    token.write_text(assertion(ctx, "job:nightly", "api://AzureADTokenExchange"))
    done = stack.connector("deploy", "--json", CONNECT_ASSERTION_FILE=str(token))
    assert done.code == 0, done.text
    assert done.json["result"] == "changed"
    assert "Type checking failed" not in done.text
    (kept,) = emulator.dump()[CONTOSO]["federatedIdentityCredentials"]
    assert (kept["subject"], kept["audiences"]) == ("job:nightly", ["api://AzureADTokenExchange"])
    preview = stack.pulumi("preview", "--expect-no-changes")
    assert preview.code == 0, preview.text
    assert "Type checking failed" not in preview.text
    age(stack)
    emulator.edit("federatedIdentityCredentials", kept["id"], {"subject": "job:other"})
    changed = stack.connector("deploy", CONNECT_ASSERTION_FILE=str(token))
    assert changed.code == 0, changed.text
    assert "changed by hand and put right now: tokens-federated (subject)" in changed.text
    assert emulator.dump()[CONTOSO]["federatedIdentityCredentials"] == [kept]
    emulator.edit("federatedIdentityCredentials", kept["id"], delete=True)
    gone = stack.connector("deploy", CONNECT_ASSERTION_FILE=str(token))
    assert gone.code == 0, gone.text
    assert "tokens-federated (is gone)" in gone.text
    (made,) = emulator.dump()[CONTOSO]["federatedIdentityCredentials"]
    assert (made["name"], made["subject"]) == (kept["name"], "job:nightly")
    without = stack.connector("verify", "--json")
    assert (without.code, without.json["error"]["key"]) == (20, "CONNECT_ASSERTION_FILE"), without.text


@pytest.mark.parametrize("answer", ["reset-after", "500-after"])
def test_a_credential_whose_answer_was_lost_is_taken_over(
    project: Callable[..., Project], emulator: RunningEmulator, answer: str
) -> None:
    """Its name is unique on the application: a second POST would be refused for ever."""
    ctx = Context(emulator.store, SigningKey(emulator.folder / "signing-key.pem"), emulator.port)
    stack = project(profile="tokens")
    (stack.root / "profiles" / "tokens.yaml").write_text(PROFILE.format(issuer=issuer(ctx)))
    emulator.fault("POST", "/v1.0/applications/{id}/federatedIdentityCredentials", answer=answer)
    assert stack.connector("deploy").code == 1
    emulator.store.db.execute("DELETE FROM faults")
    (left,) = emulator.dump()[CONTOSO]["federatedIdentityCredentials"]
    again = stack.connector("deploy", "--json")
    # Nobody brought a token for the proof: a person is needed, and all is made.
    assert again.code == 20, again.text
    assert [one["id"] for one in emulator.dump()[CONTOSO]["federatedIdentityCredentials"]] == [left["id"]]
    assert stack.pulumi("preview", "--expect-no-changes").code == 0
