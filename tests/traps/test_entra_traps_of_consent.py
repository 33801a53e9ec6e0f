"""Trap 5 of Entra ID: consent is the live grant, one for each API, with the scopes wanted and no others.

Sources: EM grant-admin-consent.md; GD api/oauth2permissiongrant-post.md, oauth2permissiongrant-update.md;
terraform-provider-azuread issues 1511 and 1536.
"""

from __future__ import annotations

from typing import Any

import pytest

from connector.cli.recover import align_consent
from connector.cli.screen.console import Screen
from connector.entra.orphans import find
from connector.stack.state import KnownResource, StackState
from connector.wire.session import Session
from emulator.seed import CONTOSO
from tests.emulator_flows.tenant import ConnectedStack
from tests.traps.in_session import causes, graph_requests, in_session, own_grant


def test_entra_trap_05_drift_is_the_live_grant_and_not_the_request(stack: ConnectedStack) -> None:
    """A grant taken back is missing although the application still asks for it."""
    assert causes(stack) == []
    stack.emulator.edit("oauth2PermissionGrants", own_grant(stack)["id"], {"scope": ""})
    assert causes(stack) == ["entra.grant_missing"]


def test_entra_trap_05_more_than_is_wanted_is_drift_as_well(stack: ConnectedStack) -> None:
    """A scope that somebody added in the portal, and a grant for an API that nobody asked for."""
    grant = own_grant(stack)["id"]
    stack.emulator.edit("oauth2PermissionGrants", grant, {"scope": "user_impersonation more"})
    assert causes(stack) == ["entra.grant_excess"]
    stack.emulator.edit("oauth2PermissionGrants", grant, {"scope": "user_impersonation"})
    assert causes(stack) == []
    own = stack.outputs.service_principal_object_id
    body = {"clientId": own, "resourceId": own, "consentType": "AllPrincipals", "scope": "other"}
    stack.emulator.store.put(CONTOSO, "oauth2PermissionGrants", "more", body | {"id": "more"})
    assert causes(stack) == ["entra.grant_excess"]


class Refreshed:
    """Stands for the engine: remembers what was refreshed, and what the tenant granted by then."""

    def __init__(self, stack: ConnectedStack) -> None:
        self._stack = stack
        self.seen: list[tuple[str, str]] = []

    def ask_locks(self) -> str:
        """Nobody holds the stack."""
        return ""

    def refresh(self, *urns: str) -> None:
        """Note each grant with its scopes in the tenant."""
        self.seen += [(urn, str(own_grant(self._stack)["scope"])) for urn in urns]


@pytest.mark.parametrize("held", ["user_impersonation more", "other"])
def test_entra_trap_05_a_grant_that_differs_is_changed_in_place(stack: ConnectedStack, held: str) -> None:
    """One PATCH with the scopes that are wanted, the same grant; then the state learns of it."""
    before, base = own_grant(stack), stack.settings.profile.name
    stack.emulator.edit("oauth2PermissionGrants", before["id"], {"scope": held})
    name = f"{base}-grant-dynamics-crm"
    id = f"/oauth2PermissionGrants/{before['id']}"
    grant = KnownResource(name, id, None, "urn", ("user_impersonation",))
    own = stack.outputs.service_principal_object_id
    principal = KnownResource(f"{base}-service-principal", f"/servicePrincipals/{own}")
    state = StackState({one.name: one for one in (grant, principal)})
    engine: Any = Refreshed(stack)
    stack.emulator.requests(reset=True)
    in_session(stack, lambda session: align_consent(Screen(as_json=True), engine, session, state))
    assert own_grant(stack) == before
    assert graph_requests(stack, "POST", "PATCH", "DELETE") == [
        f"PATCH /v1.0/oauth2PermissionGrants/{before['id']}"
    ]
    assert engine.seen == [("urn", "user_impersonation")]


def test_entra_trap_05_a_grant_that_exists_is_imported_and_not_posted(stack: ConnectedStack) -> None:
    """A second grant for one API would be refused: what is there is found by its resource."""

    async def work(session: Session) -> dict[str, str]:
        base = stack.settings.profile.name
        application = f"/applications/{stack.outputs.application_object_id}"
        known = {"urn": f"x::{base}-application", "custom": True, "id": application, "type": "azuread:a"}
        state = StackState.from_export({"deployment": {"resources": [known]}})
        return dict((await find(session, state)).imports)

    names = {name.removeprefix(stack.settings.profile.name) for name in in_session(stack, work)}
    assert {"-grant-dynamics-crm", "-grant-graph", "-service-principal"} <= names
