"""Trap 10 of Entra ID: a client secret is shown once, kept secret, never lost by a slip, and explained.

Sources: GD api/application-addpassword.md, resources/passwordcredential.md; EM
configure-app-management-policies.md, reference-error-codes.md (AADSTS7000215).
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_azuread as azuread
import pytest
from pydantic import SecretStr

from connector.catalogue.explain import explain
from connector.dataverse import jobs
from connector.dataverse.reports import ProofReport
from connector.entra.policy import Brought, policy_check
from connector.entra.secrets import told_apart
from connector.report import Answer
from connector.wire.session import Session
from tests.components import conftest as components
from tests.components.conftest import Declare
from tests.components.test_connection import connect
from tests.emulator_flows.tenant import ConnectedStack
from tests.traps.in_session import in_session

declare = components.declare


def client_id(**changes: Any) -> object:
    """Declare a connection; its client id is waited for."""
    return connect(**changes).outputs()["clientId"]


def test_entra_trap_10_a_new_secret_stands_beside_the_old_one(declare: Declare) -> None:
    """Two slots are two resources, each by its generation: neither is the other's replacement."""
    made = declare(lambda: client_id(slots={"a": 1, "b": 2}))
    assert {s.inputs["displayName"] for s in made.of_type("ApplicationPassword")} == {"a-1", "b-2"}


def test_entra_trap_10_the_secret_that_is_handed_out_is_marked_secret(declare: Declare) -> None:
    """The engine encrypts the stack's output because the output says so."""
    seen: list[bool] = []

    def program() -> pulumi.Output[Any]:
        secret = pulumi.Output.from_input(connect().outputs()["clientSecret"])
        return pulumi.Output.from_input(secret.is_secret()).apply(seen.append)

    declare(program)
    assert seen == [True]


def test_entra_trap_10_its_value_is_secret_in_the_state_too(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """We say so ourselves: the SDK of today marks it as well, and another one may not."""
    real, handed = azuread.ApplicationPassword, []

    def keep(name: str, **given: Any) -> azuread.ApplicationPassword:
        handed.append(given["opts"].additional_secret_outputs)
        return real(name, **given)

    monkeypatch.setattr(azuread, "ApplicationPassword", keep)
    made = declare(client_id)
    assert handed == [["value"]]
    assert "value" in made.options["saas-secret-a-1"].additionalSecretOutputs


@pytest.mark.parametrize("protect", [True, False])
def test_entra_trap_10_no_slip_deletes_it_and_no_run_replaces_it(declare: Declare, *, protect: bool) -> None:
    """Its value is not to be had again: protected as the settings say, its computed end ignored."""
    asked = declare(lambda: client_id(protect=protect)).options["saas-secret-a-1"]
    assert asked.protect is protect
    assert list(asked.ignoreChanges) == ["endDate"]


def restricted(kind: str, **more: str) -> dict[str, Any]:
    """A policy of the tenant with one restriction on client secrets."""
    rule = {"restrictionType": kind, "state": "enabled"} | more
    return {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}


def test_entra_trap_10_a_policy_that_refuses_the_secret_is_explained_before() -> None:
    """A lifetime that the tenant does not take is a no with the longest that it takes."""
    policy = restricted("passwordLifetime", maxLifetime="P90D")
    check = policy_check(policy, Brought(lifetime_days=180))
    assert check.answer is Answer.NO
    assert "set it to 90 or less" in check.detail
    assert policy_check(policy, Brought(lifetime_days=90)).answer is Answer.YES


def test_entra_trap_10_a_policy_that_forbids_any_secret_is_explained_before() -> None:
    """No lifetime is short enough then: the answer says so, and whom to ask for what."""
    check = policy_check(restricted("passwordAddition"), Brought(lifetime_days=1))
    assert check.answer is Answer.NO
    assert "client secrets are forbidden (passwordAddition)" in check.detail
    assert "ask for an exemption" in check.detail
    off = restricted("passwordAddition", state="disabled")
    assert policy_check(off, Brought(lifetime_days=1)).answer is Answer.YES


def test_entra_trap_10_a_wrong_secret_may_be_the_secrets_id() -> None:
    """The explanation of AADSTS7000215 says so, and that a fresh secret takes a while."""
    text = str(explain("AADSTS7000215"))
    assert "id was given" in text
    assert "newer than the login service knows" in text


@pytest.mark.parametrize(
    ("given", "code"), [("id", "secret.is_key_id"), ("another value", "secret.wrong")]
)
def test_entra_trap_10_an_id_that_was_given_for_the_value_is_told(
    stack: ConnectedStack, given: str, code: str
) -> None:
    """The login service says the same of both; the proof's cause tells them apart, and quotes no value."""
    key_id = stack.outputs.client_secret_key_id
    value = key_id if given == "id" else "another~value"
    outputs = stack.outputs.model_copy(update={"client_secret": SecretStr(value)})

    async def work(session: Session) -> ProofReport:
        return await told_apart(await jobs.prove(stack.settings, outputs, session), outputs, session)

    cause = in_session(stack, work).cause
    assert cause.code == code
    assert "another~value" not in cause.message
    assert ("secret's id and not its value" in cause.message) == (given == "id")
