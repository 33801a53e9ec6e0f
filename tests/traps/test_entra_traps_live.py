"""The traps of Entra ID in a live tenant: left-overs, drift, delays, policies, rights.

Sources: EM grant-admin-consent.md, configure-app-management-policies.md; GD concepts/throttling.md,
resources/approleassignment.md; terraform-provider-azuread issues 1118 and 1802.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connector import naming
from connector.checks import Answer
from connector.entra.adoption import import_ids
from connector.entra.asked_for import person_check
from connector.entra.checks import directory_causes
from connector.entra.directory import Directory
from connector.entra.leftovers import find
from connector.entra.objects import Named
from connector.entra.people import Person, attachable
from connector.entra.policy import Brought, policy_check
from connector.entra.preflight import directory_checks
from connector.entra.rights import needs_of
from connector.errors import UnreachableError
from connector.session import Session
from connector.stack_state import StackState
from emulator.seed import CONTOSO
from tests.emulator_flows.conftest import NoSleep
from tests.emulator_flows.tenant import ConnectedStack

DYNAMICS = "00000007-0000-0000-c000-000000000000"
Work = Callable[[Session], Awaitable[Any]]


def in_session(stack: ConnectedStack, work: Work, clock: NoSleep | None = None) -> Any:
    """Run work as the full deployer."""

    async def run() -> Any:
        async with stack.session(patience=(clock or NoSleep()).patience()) as session:
            return await work(session)

    return asyncio.run(run())


class MovingClock(NoSleep):
    """Waiting moves the emulator's clock too: it refuses again whoever comes back early."""

    def __init__(self, stack: ConnectedStack) -> None:
        super().__init__()
        self._stack = stack

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once, on both sides."""
        await super().sleep(seconds)
        self._stack.emulator.clock(f"+{math.ceil(seconds)}s")


def causes(stack: ConnectedStack) -> list[str]:
    """The codes of what the directory says is wrong."""

    async def work(session: Session) -> list[str]:
        return [c.code for c in await directory_causes(stack.settings, stack.outputs, session)]

    return list(in_session(stack, work))


def dynamics(stack: ConnectedStack) -> dict[str, Any]:
    """The Dynamics CRM service principal in the emulator."""
    everyone = stack.emulator.dump()[CONTOSO]["servicePrincipals"]
    return next(p for p in everyone if p["appId"] == DYNAMICS)


def test_entra_trap_04_import_ids_are_object_ids(stack: ConnectedStack) -> None:
    """What is imported is named by object id; the client id stands in none of them."""

    async def work(session: Session) -> dict[str, str]:
        directory = Directory(session)
        application = await directory.with_app_id(stack.outputs.client_id)
        assert application is not None
        found = await attachable(directory, stack.settings, application)
        return import_ids(stack.settings, application, found)

    ids = in_session(stack, work)
    base = stack.settings.profile.name
    assert ids[f"{base}-application"] == f"/applications/{stack.outputs.application_object_id}"
    principal = f"/servicePrincipals/{stack.outputs.service_principal_object_id}"
    assert ids[f"{base}-service-principal"] == principal
    assert not [id for id in ids.values() if stack.outputs.client_id in id]


def test_entra_trap_05_drift_is_the_live_grant_and_not_the_request(stack: ConnectedStack) -> None:
    """A grant taken back is missing although the application still asks for it."""
    assert causes(stack) == []
    grants = stack.emulator.dump()[CONTOSO]["oauth2PermissionGrants"]
    own = next(g for g in grants if g["resourceId"] == dynamics(stack)["id"])
    stack.emulator.edit("oauth2PermissionGrants", own["id"], {"scope": ""})
    assert causes(stack) == ["entra.grant_missing"]


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


def test_entra_trap_06_dynamics_is_found_by_its_application_id_whatever_its_name(
    stack: ConnectedStack,
) -> None:
    """Common Data Service, Dataverse, Dynamics CRM: the name varies and is not looked at."""
    stack.emulator.edit("servicePrincipals", dynamics(stack)["id"], {"displayName": "Common Data Service"})
    assert causes(stack) == []


def test_entra_trap_09_a_group_needs_a_licence_and_nesting_does_not_count() -> None:
    """The answer for a group says both."""
    check = person_check(Person("group", "Sales", (Named("id", "Sales"),)))
    assert "P1 or P2" in check.detail
    assert "groups inside it do not count" in check.detail


def test_entra_trap_10_a_policy_that_refuses_the_secret_is_explained_before() -> None:
    """A lifetime that the tenant does not take is a no with the longest that it takes."""
    rule = {"restrictionType": "passwordLifetime", "maxLifetime": "P90D", "state": "enabled"}
    policy = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}
    check = policy_check(policy, Brought(lifetime_days=180))
    assert check.answer is Answer.NO
    assert "set it to 90 or less" in check.detail
    assert policy_check(policy, Brought(lifetime_days=90)).answer is Answer.YES


def test_entra_trap_12_a_fractional_retry_after_is_waited_out_to_the_letter(
    stack: ConnectedStack,
) -> None:
    """2.128 seconds, and no more; the Graph SDK alone would stop with an error."""
    stack.emulator.fault("GET", "/v1.0/applications", answer="429", retry_after="2.128")

    async def work(session: Session) -> int:
        return len(await Directory(session).marked(naming.marker_tag(stack.settings.stack)))

    clock = MovingClock(stack)
    assert in_session(stack, work, clock) == 1
    assert clock.time == pytest.approx(2.128)


def test_entra_trap_12_a_write_whose_answer_is_lost_is_not_repeated_blindly(stack: ConnectedStack) -> None:
    """It may have taken effect: one request, an error, and the next run looks first."""
    stack.emulator.fault("POST", "/v1.0/directory/deletedItems/{id}/restore", answer="reset-after", times=9)
    stack.graph("DELETE", f"applications/{stack.outputs.application_object_id}")
    stack.emulator.requests(reset=True)
    with pytest.raises(UnreachableError):
        in_session(stack, lambda session: Directory(session).restore(stack.outputs.application_object_id))
    writes = [r for r in stack.emulator.requests() if r["service"] == "graph" and r["method"] == "POST"]
    assert len(writes) == 1


@pytest.mark.parametrize("name", ["TERRAFORM_UPDATE_0", "Somebody's application"])
def test_entra_trap_14_what_an_interrupted_run_left_is_taken_over(stack: ConnectedStack, name: str) -> None:
    """Known by its marker, whatever its name: it is imported and no second one is made."""
    stack.graph("DELETE", f"applications/{stack.outputs.application_object_id}")
    marker = naming.marker_tag(stack.settings.stack)
    body = {"displayName": name, "signInAudience": "AzureADMyOrg", "tags": [marker]}
    left = stack.graph("POST", "applications", body)
    found = in_session(stack, lambda session: find(session, StackState()))
    assert dict(found.imports) == {
        f"{stack.settings.profile.name}-application": f"/applications/{left['id']}"
    }


def test_entra_trap_14_a_namesake_with_a_quote_is_found(stack: ConnectedStack) -> None:
    """A name is escaped in the filter, so a quote neither breaks the question nor widens it."""
    stack.graph("POST", "applications", {"displayName": "O'Neill' or 'x", "signInAudience": "AzureADMyOrg"})
    found = in_session(stack, lambda session: Directory(session).named("O'Neill' or 'x"))
    assert [one.display_name for one in found] == ["O'Neill' or 'x"]


def test_entra_trap_14_a_deleted_one_is_named(stack: ConnectedStack) -> None:
    """It counts against the quota and may be what the customer uses: preflight names it."""
    stack.graph("DELETE", f"applications/{stack.outputs.application_object_id}")
    checks = in_session(stack, lambda session: directory_checks(session, StackState()))
    (binned,) = [c for c in checks if c.code == "entra.recycle_bin"]
    assert stack.outputs.client_id in binned.subject


def test_entra_trap_15_only_what_the_plan_needs_is_asked_for(stack: ConnectedStack) -> None:
    """The near-admin right to assign only where somebody is assigned, and the widest one never first."""
    least = {need.any_of[0] for need in needs_of(stack.settings)}
    assert "AppRoleAssignment.ReadWrite.All" not in least
    more = stack.settings.model_copy(
        update={"assignments": stack.settings.assignments.model_copy(update={"users": ("a@b.example",)})}
    )
    assert "AppRoleAssignment.ReadWrite.All" in {need.any_of[0] for need in needs_of(more)}
    assert not [n for n in needs_of(more) if n.any_of[0].startswith("Directory.ReadWrite")]
