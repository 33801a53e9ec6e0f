"""A profile whose SaaS brings tokens of its own issuer: no secret anywhere, proved the same way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.context import Context
from emulator.keys import SigningKey
from emulator.login.federation import assertion, issuer
from emulator.seed import CONTOSO
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
    """The application takes the issuer's tokens, and the proof logs in with one."""
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
    without = stack.connector("verify", "--json")
    assert (without.code, without.json["error"]["key"]) == (10, "CONNECT_ASSERTION_FILE"), without.text
