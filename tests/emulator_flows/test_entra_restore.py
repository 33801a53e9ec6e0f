"""Back from the recycle bin: what is this stack's, what may not be read, and until when is waited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from connector.entra.directory import Directory
from connector.entra.recycle_bin import deleted_with_marker
from connector.entra.restore import restore
from connector.errors import RefusedError, UnreachableError
from connector.report import Change
from connector.stack.state import StackState
from emulator import faults
from emulator.seed import CONTOSO
from tests.emulator_flows.conftest import NoSleep
from tests.emulator_flows.tenant import ConnectedStack
from tests.emulator_flows.test_entra_preflight import state_of

RESTORE = "/v1.0/directory/deletedItems/{id}/restore"
BIN = "/v1.0/directory/deletedItems/*"


def bring_back(
    stack: ConnectedStack, state: StackState | None = None, *, sleep: Callable[[], None] = lambda: None
) -> tuple[Change, ...]:
    """Restore, with a clock that calls *sleep* whenever it is waited by."""

    class Clock(NoSleep):
        async def sleep(self, seconds: float) -> None:
            sleep()
            await super().sleep(seconds)

    clock = Clock()

    async def work() -> tuple[Change, ...]:
        async with stack.session(patience=clock.patience()) as session:
            _, changes = await restore(session, state or state_of(stack))
            return changes

    return asyncio.run(work())


def delete_application(stack: ConnectedStack) -> str:
    """Delete the stack's application; returns its object id."""
    stack.graph("DELETE", f"applications/{stack.outputs.application_object_id}")
    return stack.outputs.application_object_id


def living(stack: ConnectedStack) -> set[str]:
    """Object ids of the applications that live."""
    return {one["id"] for one in stack.emulator.dump()[CONTOSO]["applications"]}


def test_what_the_state_knows_comes_back_without_a_marker(stack: ConnectedStack) -> None:
    """One that was adopted carries no marker before the first deploy; a stranger beside it stays."""
    other = stack.graph("POST", "applications", {"displayName": "Other", "tags": ["dynamics-connect:DEV"]})
    stack.graph("DELETE", f"applications/{other['id']}")
    stack.graph("PATCH", f"applications/{stack.outputs.application_object_id}", {"tags": []})
    own = delete_application(stack)
    assert [change.kind for change in bring_back(stack)] == [
        "restored application",
        "restored service principal",
    ]
    assert own in living(stack)
    assert [one["id"] for one in stack.emulator.dump()[CONTOSO]["deletedItems"]] == [other["id"]]


@pytest.mark.parametrize("answer", ["500", "429"])
def test_a_bin_that_cannot_be_read_is_not_called_empty(stack: ConnectedStack, answer: str) -> None:
    """'Never deleted, deploy makes a new one' would be the wrong advice: the service's own words stand."""
    delete_application(stack)
    stack.emulator.fault("GET", BIN, answer=answer, times=99)
    with pytest.raises(RefusedError, match=answer) as caught:
        bring_back(stack)
    assert caught.value.code == "graph.refused"

    async def work() -> None:
        async with stack.session(patience=NoSleep().patience()) as session:
            await deleted_with_marker(Directory(session), stack.settings.stack)

    with pytest.raises(RefusedError, match=answer):
        asyncio.run(work())


def test_it_is_waited_until_both_can_be_read(stack: ConnectedStack) -> None:
    """A refresh that met a replica without them would make the state forget the client secret."""
    own, principal = delete_application(stack), stack.outputs.service_principal_object_id
    stack.emulator.fault("POST", RESTORE, answer="lag", times=3)
    stack.emulator.fault("POST", RESTORE, nth=2, answer="lag", times=2)
    assert len(bring_back(stack)) == 2
    paths = (f"applications/{own}", f"servicePrincipals/{principal}")
    assert all(stack.graph("GET", path)["id"] for path in paths)


def test_what_stays_unseen_is_said(stack: ConnectedStack) -> None:
    """It came back, and the run ends before it could forget anything; the next restore goes on."""
    own = delete_application(stack)
    stack.emulator.fault("POST", RESTORE, answer="lag", times=1)

    def again() -> None:
        faults.start_lag(stack.emulator.store, own, 1)

    with pytest.raises(UnreachableError, match="deploy --restore again") as caught:
        bring_back(stack, sleep=again)
    assert (caught.value.code, caught.value.exit_code) == ("entra.restored_unseen", 4)
    assert own in living(stack)
    faults.clear_faults(stack.emulator.store)
    assert [change.kind for change in bring_back(stack)] == ["restored service principal"]


def test_an_application_whose_service_principal_was_purged_comes_back_alone(stack: ConnectedStack) -> None:
    """Nothing is waited for that cannot come: `up` makes the service principal."""
    own = delete_application(stack)
    stack.graph("DELETE", f"directory/deletedItems/{stack.outputs.service_principal_object_id}")
    assert [change.kind for change in bring_back(stack)] == ["restored application"]
    assert own in living(stack)
