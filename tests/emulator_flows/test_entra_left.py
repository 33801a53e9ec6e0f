"""Whose an application with a marker is: letter by letter this stack's, and used by nobody else."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connector import naming
from connector.entra.directory import Directory
from connector.entra.orphans import Leftovers, UsedElsewhereError, find
from connector.report import Answer
from connector.stack.state import StackState
from connector.wire.session import Session
from emulator import faults
from tests.emulator_flows.conftest import NoSleep
from tests.emulator_flows.tenant import ConnectedStack
from tests.emulator_flows.test_entra_preflight import ask, one, state_of
from tests.support.certificate import Certificate

TRUST = {
    "name": "by-hand",
    "issuer": "https://issuer.example",
    "subject": "job:nightly",
    "audiences": ["api://AzureADTokenExchange"],
}


def in_session(stack: ConnectedStack, work: Callable[[Session], Awaitable[Any]]) -> Any:
    """What the work returns."""

    async def run() -> Any:
        async with stack.session(patience=NoSleep().patience()) as session:
            return await work(session)

    return asyncio.run(run())


def marked(stack: ConnectedStack, tag: str) -> dict[str, Any]:
    """Another application that carries a tag."""
    body = {"displayName": "Another", "signInAudience": "AzureADMyOrg", "tags": [tag]}
    return dict(stack.graph("POST", "applications", body))


def test_a_stack_of_the_same_name_in_other_letters_is_another(stack: ConnectedStack) -> None:
    """Graph's filter looks past case: DEV's bare application is neither taken over nor deleted for dev."""
    marked(stack, naming.marker_tag("DEV"))
    found: Leftovers = in_session(stack, lambda session: find(session, state_of(stack)))
    assert found.applications == ()
    stack.graph("DELETE", f"applications/{stack.outputs.application_object_id}")
    without: Leftovers = in_session(stack, lambda session: find(session, StackState()))
    assert (without.application_id, dict(without.imports)) == ("", {})
    check = one(ask(stack, StackState()), "entra.marker")
    assert (check.answer, "none yet" in check.detail) == (Answer.YES, True)


def test_one_that_an_issuers_tokens_log_in_to_is_in_use(stack: ConnectedStack) -> None:
    """Another backend deployed it with a federated profile: neither taken over nor deleted."""
    other = marked(stack, naming.marker_tag(stack.settings.stack))
    bare: Leftovers = in_session(stack, lambda session: find(session, state_of(stack)))
    assert [application.id for application in bare.applications] == [other["id"]]
    stack.graph("POST", f"applications/{other['id']}/federatedIdentityCredentials", TRUST)
    for state in (state_of(stack), StackState()):
        with pytest.raises(UsedElsewhereError, match=other["appId"]):
            in_session(stack, lambda session, state=state: find(session, state))
    assert one(ask(stack), "entra.marker", other["appId"]).answer is Answer.NO


def test_no_certificate_goes_where_it_is_not_known_which_stay(stack: ConnectedStack) -> None:
    """A replica that does not know the application: an empty list would take off every certificate."""
    own = stack.outputs.application_object_id
    der = base64.b64encode(Certificate().der).decode()
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": der}
    stack.graph("PATCH", f"applications/{own}", {"keyCredentials": [key]})
    faults.start_lag(stack.emulator.store, own, 1)
    in_session(stack, lambda session: Directory(session).remove_certificates(own, {"some key id"}))
    assert len(stack.graph("GET", f"applications/{own}")["keyCredentials"]) == 1
