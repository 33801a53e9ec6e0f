"""The traps of Entra ID in runs that break off: repeats, left-overs, what is deleted.

Sources: GD concepts/throttling.md; EM delete-recover-faq.md; terraform-provider-azuread issues 1118 and 1802.
"""

from __future__ import annotations

import pytest

from connector import naming
from connector.entra.directory import Directory
from connector.entra.orphans import UsedElsewhereError, find, remove
from connector.entra.preflight import directory_checks
from connector.errors import RefusedError, UnreachableError
from connector.stack.state import KnownResource, StackState
from connector.wire.session import Session
from emulator.seed import CONTOSO
from tests.emulator_flows.tenant import ConnectedStack
from tests.traps.in_session import MovingClock, graph_requests, in_session

RESTORE = "/v1.0/directory/deletedItems/{id}/restore"


def state_of(stack: ConnectedStack) -> StackState:
    """A state that knows the stack's application and nothing else."""
    name = naming.application_resource(stack.settings.profile.name)
    return StackState({name: KnownResource(name, f"/applications/{stack.outputs.application_object_id}")})


def left_over(stack: ConnectedStack, name: str) -> str:
    """The object id of a bare application with this stack's marker, as a broken run leaves one."""
    marker = naming.marker_tag(stack.settings.stack)
    body = {"displayName": name, "signInAudience": "AzureADMyOrg", "tags": [marker]}
    return str(stack.graph("POST", "applications", body)["id"])


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
    stack.emulator.fault("POST", RESTORE, answer="reset-after", times=9)
    stack.graph("DELETE", f"applications/{stack.outputs.application_object_id}")
    stack.emulator.requests(reset=True)
    with pytest.raises(UnreachableError):
        in_session(stack, lambda session: Directory(session).restore(stack.outputs.application_object_id))
    assert len(graph_requests(stack, "POST")) == 1


@pytest.mark.parametrize("answer", ["429", "503"])
def test_entra_trap_12_a_throttled_post_is_not_repeated_blindly(stack: ConnectedStack, answer: str) -> None:
    """Whether it took effect is not known: one request, the refusal, and nobody waited for a second."""
    stack.emulator.fault("POST", RESTORE, answer=answer, retry_after="1")
    stack.graph("DELETE", f"applications/{stack.outputs.application_object_id}")
    stack.emulator.requests(reset=True)
    clock = MovingClock(stack)
    with pytest.raises(RefusedError, match=answer):
        in_session(
            stack, lambda session: Directory(session).restore(stack.outputs.application_object_id), clock
        )
    assert len(graph_requests(stack, "POST")) == 1
    assert clock.time == 0


def test_entra_trap_12_a_throttled_delete_is_repeated_when_its_time_has_come(stack: ConnectedStack) -> None:
    """To delete twice does no harm: the wait is the service's, to the letter."""
    stack.emulator.fault("DELETE", "/v1.0/applications/{id}", answer="429", retry_after="1.5")
    stack.emulator.requests(reset=True)
    id, clock = stack.outputs.application_object_id, MovingClock(stack)
    in_session(stack, lambda session: Directory(session).delete_application(id), clock)
    assert len(graph_requests(stack, "DELETE")) == 2
    assert clock.time == pytest.approx(1.5)


@pytest.mark.parametrize("name", ["TERRAFORM_UPDATE_0", "Somebody's application"])
def test_entra_trap_14_what_an_interrupted_run_left_is_taken_over(stack: ConnectedStack, name: str) -> None:
    """Known by its marker, whatever its name: it is imported and no second one is made."""
    stack.graph("DELETE", f"applications/{stack.outputs.application_object_id}")
    left = left_over(stack, name)
    found = in_session(stack, lambda session: find(session, StackState()))
    assert dict(found.imports) == {
        f"{stack.settings.profile.name}-application": f"/applications/{left}"
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


def test_entra_trap_14_a_second_application_is_removed_and_the_own_stays(stack: ConnectedStack) -> None:
    """What a doubled POST left is spare: it is deleted by id, and nothing else is."""
    spare = left_over(stack, stack.settings.display_name)
    before = {one["id"] for one in stack.emulator.dump()[CONTOSO]["applications"]}

    async def work(session: Session) -> list[str]:
        found = await find(session, state_of(stack))
        await remove(session, found)
        return [one.id for one in found.applications]

    assert in_session(stack, work) == [spare]
    assert before - {one["id"] for one in stack.emulator.dump()[CONTOSO]["applications"]} == {spare}


def test_entra_trap_14_one_that_is_in_use_is_taken_only_where_somebody_said_so(stack: ConnectedStack) -> None:
    """The state's own, or one that a person accepted by its id; of any other the run keeps its hands off."""
    own, name = stack.outputs.application_object_id, stack.settings.profile.name

    async def kept(session: Session, state: StackState, accepted: str | None) -> str:
        return (await find(session, state, accepted)).application_id

    with pytest.raises(UsedElsewhereError, match="adopt --application-id"):
        in_session(stack, lambda session: kept(session, StackState(), None))
    assert in_session(stack, lambda session: kept(session, StackState(), own)) == own
    assert in_session(stack, lambda session: kept(session, state_of(stack), None)) == own
    found = in_session(stack, lambda session: find(session, StackState(), own))
    assert found.imports[f"{name}-application"] == f"/applications/{own}"
