"""What a preflight says of the caller's rights, and where `deploy` stops because of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from connector.dataverse import jobs
from connector.errors import RefusedError
from connector.preflight import check_access, check_plan, run_checks
from connector.report import Answer, Check
from connector.stack.state import KnownResource, StackState
from connector.wire.session import Session
from emulator.seed import LIMITED_DEPLOYER
from tests.emulator_flows.conftest import NoSleep
from tests.emulator_flows.tenant import ConnectedStack
from tests.emulator_flows.test_entra_preflight import state_of
from tests.support.callers import LIMITED, OWNING, limited_with
from tests.support.dataverse import Dataverse
from tests.support.emulator import RunningEmulator
from tests.support.graph import LIMITED_PRINCIPAL

FULL_BUT_POLICY = ("Application.ReadWrite.All", *OWNING[1:])
NO_ASSIGNMENTS: dict[str, Any] = {"assignments": {"required": False}}


def as_caller(
    stack: ConnectedStack, environ: Mapping[str, str], work: Callable[[Session], Awaitable[Any]]
) -> Any:
    """Run work in a session of a caller; no request of it writes."""

    async def run() -> Any:
        async with stack.session(environ, patience=NoSleep().patience()) as session:
            return await work(session)

    stack.emulator.requests(reset=True)
    try:
        return asyncio.run(run())
    finally:
        asked = [r for r in stack.emulator.requests() if r["service"] != "login"]
        assert {r["method"] for r in asked} <= {"GET"}


def refused(checks: tuple[Check, ...]) -> dict[str, str]:
    """Details by code of what was answered with no."""
    return {check.code: check.detail for check in checks if check.answer is Answer.NO}


def ask(stack: ConnectedStack, environ: Mapping[str, str], state: StackState) -> tuple[Check, ...]:
    """All answers of a preflight."""
    checks: tuple[Check, ...] = as_caller(stack, environ, lambda session: run_checks(session, state))
    return checks


def test_a_caller_that_may_change_only_what_it_owns_has_to_be_among_the_owners(
    emulator: RunningEmulator,
) -> None:
    """The provider would take it off: preflight and the access check name `owners` and the object id."""
    stack = ConnectedStack(emulator)
    environ = limited_with(emulator, *OWNING)
    detail = refused(ask(stack, environ, StackState()))["entra.caller_not_owner"]
    assert f"add {LIMITED_PRINCIPAL}" in detail
    assert "to owners" in detail
    with pytest.raises(RefusedError, match=LIMITED_PRINCIPAL) as caught:
        as_caller(stack, environ, check_access)
    assert (caught.value.code, caught.value.key) == ("entra.caller_not_owner", "owners")


@pytest.mark.parametrize(
    ("roles", "owners"),
    [(OWNING, [LIMITED_PRINCIPAL]), (OWNING, [LIMITED_PRINCIPAL.upper()]), (FULL_BUT_POLICY, [])],
    ids=["listed", "listed-in-capitals", "any-application"],
)
def test_a_caller_that_stays_an_owner_or_needs_none_is_let_through(
    emulator: RunningEmulator, roles: tuple[str, ...], owners: list[str]
) -> None:
    """Among the owners, or with a right to every application, nothing is refused."""
    stack = ConnectedStack(emulator, owners=owners)
    environ = limited_with(emulator, *roles)
    assert "entra.caller_not_owner" not in refused(ask(stack, environ, StackState()))
    as_caller(stack, environ, check_access)


def test_an_application_that_the_caller_does_not_own_stops_it(emulator: RunningEmulator) -> None:
    """The state's application exists and belongs to others: its first change would be refused."""
    stack = ConnectedStack(emulator, owners=[LIMITED_PRINCIPAL])
    environ, state = limited_with(emulator, *OWNING), state_of(stack)
    assert "is none of them" in refused(ask(stack, environ, state))["entra.caller_not_owner"]
    with pytest.raises(RefusedError, match=stack.outputs.application_object_id) as caught:
        as_caller(stack, environ, lambda session: check_plan(session, state))
    assert caught.value.code == "entra.caller_not_owner"
    reference = f"{emulator.authority}/v1.0/directoryObjects/{LIMITED_PRINCIPAL}"
    path = f"applications/{stack.outputs.application_object_id}/owners/$ref"
    stack.graph("POST", path, {"@odata.id": reference})
    assert "entra.caller_not_owner" not in refused(ask(stack, environ, state))


def test_a_service_principal_that_was_adopted_without_its_owner_stops_it(emulator: RunningEmulator) -> None:
    """The caller was made an owner of the registration alone: `up` would be refused in the middle."""
    stack = ConnectedStack(emulator, owners=[LIMITED_PRINCIPAL])
    own, name = stack.outputs.service_principal_object_id, "marketo-measure-service-principal"
    emulator.edit("applications", stack.outputs.application_object_id, {"_owners": [LIMITED_PRINCIPAL]})
    environ = limited_with(emulator, *OWNING)

    def state(*owners: str) -> StackState:
        facts = {"owners": list(owners)}
        known = KnownResource(name, f"/servicePrincipals/{own}", facts=facts)
        return StackState({**state_of(stack).resources, name: known})

    assert "is none of them" in refused(ask(stack, environ, state()))["entra.caller_not_owner"]
    with pytest.raises(RefusedError, match=f"service principal {own}"):
        as_caller(stack, environ, lambda session: check_plan(session, state()))
    assert "entra.caller_not_owner" not in refused(ask(stack, environ, state(LIMITED_PRINCIPAL)))
    reference = {"@odata.id": f"{emulator.authority}/v1.0/directoryObjects/{LIMITED_PRINCIPAL}"}
    stack.graph("POST", f"servicePrincipals/{own}/owners/$ref", reference)
    assert "entra.caller_not_owner" not in refused(ask(stack, environ, state()))


def test_a_caller_with_too_little_in_dataverse_is_told_before_the_entra_half(
    emulator: RunningEmulator,
) -> None:
    """System Customizer makes no application user: a no in preflight, and a stop before `up`."""
    stack = ConnectedStack(emulator)
    environ = limited_with(emulator, *FULL_BUT_POLICY)
    detail = refused(ask(stack, environ, StackState()))["dataverse.caller_privileges"]
    assert "prvCreateUser" in detail
    with pytest.raises(RefusedError, match="prvCreateUser") as caught:
        as_caller(stack, environ, lambda session: check_plan(session, StackState()))
    assert caught.value.code == "dataverse.caller_privileges"


def test_what_is_made_already_needs_no_privilege(stack: ConnectedStack, run: Any) -> None:
    """Where apply has nothing to do, a caller that could not make it is let through."""
    run(jobs.apply)
    environ, state = limited_with(stack.emulator, *FULL_BUT_POLICY), state_of(stack)
    assert "dataverse.caller_privileges" not in refused(ask(stack, environ, state))
    as_caller(stack, environ, lambda session: check_plan(session, state))
    anew = refused(ask(stack, environ, StackState()))
    assert "prvCreateUser" in anew["dataverse.caller_privileges"], "a new application has no user yet"


def test_a_caller_without_an_application_user_is_a_no(emulator: RunningEmulator) -> None:
    """Deploy would be refused at the door, and so preflight says no and not that it cannot know."""
    stack = ConnectedStack(emulator)
    environ = limited_with(emulator, *FULL_BUT_POLICY)
    emulator.edit("systemusers", Dataverse(emulator).deployer(LIMITED_DEPLOYER), delete=True)
    assert "dataverse.caller" in refused(ask(stack, environ, StackState()))


@pytest.mark.parametrize(
    ("more", "lacks"),
    [((), True), (("Directory.Read.All",), False), (("DelegatedPermissionGrant.Read.All",), False)],
)
def test_consent_by_link_needs_a_right_to_read_what_was_given(
    emulator: RunningEmulator, more: tuple[str, ...], lacks: bool
) -> None:
    """The proof reads grants whoever consents: without that right there is no deployment."""
    stack = ConnectedStack(emulator, consent="link", **NO_ASSIGNMENTS)
    environ = limited_with(emulator, "Application.ReadWrite.All", *more)
    answers = {c.subject: c.answer for c in ask(stack, environ, StackState()) if c.code == "entra.right"}
    expected = Answer.NO if lacks else Answer.YES
    assert answers["right for reading what was consented to"] is expected
    if not lacks:
        as_caller(stack, environ, check_access)
        return
    with pytest.raises(RefusedError, match=r"DelegatedPermissionGrant\.Read\.All") as caught:
        as_caller(stack, environ, check_access)
    assert "set consent to link" not in caught.value.message


def test_owned_by_alone_does_not_read_assignments(emulator: RunningEmulator) -> None:
    """The proof and the clean-up read them: Application.Read.All is asked for beside it."""
    stack = ConnectedStack(emulator, owners=[LIMITED_PRINCIPAL], **NO_ASSIGNMENTS)
    environ = limited_with(emulator, *OWNING[:2])
    with pytest.raises(RefusedError, match=r"reading assignments: Application\.Read\.All"):
        as_caller(stack, environ, check_access)


@pytest.mark.parametrize("role", ["User.Read.All", "User.ReadBasic.All", "Directory.Read.All"])
def test_each_right_that_finds_users_will_do(emulator: RunningEmulator, role: str) -> None:
    """A narrower right than the one advised is not refused."""
    stack = ConnectedStack(emulator, assignments={"users": ["adele@contoso.example"]})
    rights = ("Application.ReadWrite.All", *OWNING[1:3], role)
    as_caller(stack, limited_with(emulator, *rights), check_access)
    with pytest.raises(RefusedError, match=r"finding users: User\.Read\.All"):
        as_caller(stack, limited_with(emulator, *rights[:-1]), check_access)


@pytest.mark.parametrize("role", ["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"])
def test_each_right_that_finds_groups_will_do(emulator: RunningEmulator, role: str) -> None:
    """The least is GroupMember.Read.All, and it is the one that is named."""
    stack = ConnectedStack(emulator, assignments={"groups": ["Marketing Operations"]})
    rights = ("Application.ReadWrite.All", *OWNING[1:3], role)
    as_caller(stack, limited_with(emulator, *rights), check_access)
    with pytest.raises(RefusedError, match=r"finding groups: GroupMember\.Read\.All"):
        as_caller(stack, limited_with(emulator, *rights[:-1]), check_access)


def test_the_limited_deployer_of_the_seed_is_refused(emulator: RunningEmulator) -> None:
    """With the seed's roles the first thing named is consent, and link is the way around it."""
    stack = ConnectedStack(emulator)
    with pytest.raises(RefusedError, match="set consent to link"):
        as_caller(stack, emulator.env | LIMITED, check_access)
