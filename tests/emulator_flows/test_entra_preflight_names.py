"""Whether what the settings name is in the tenant: by name or object id, before `up` looks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from connector.errors import RefusedError
from connector.preflight import check_plan, run_checks
from connector.report import Answer, Check
from connector.stack.state import StackState
from connector.wire.session import Session
from emulator.seed.directory import ADELE, MARKETING_OPERATIONS, SALES_APAC, SALES_EMEA
from tests.emulator_flows.conftest import NoSleep
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.callers import OWNING, limited_with
from tests.support.emulator import RunningEmulator
from tests.support.graph import LIMITED_PRINCIPAL

NOBODY = "aaaaaaaa-0000-4000-8000-0000000000ff"
PEOPLE = ("entra.user", "entra.group", "entra.owner", "entra.people")


def ask(stack: ConnectedStack, environ: Mapping[str, str] | None = None) -> list[Check]:
    """The answers about people, in the order of the settings."""

    async def work() -> tuple[Check, ...]:
        async with stack.session(environ, patience=NoSleep().patience()) as session:
            return await run_checks(session, StackState())

    return [check for check in asyncio.run(work()) if check.code in PEOPLE]


def refuse(stack: ConnectedStack, environ: Mapping[str, str] | None = None) -> RefusedError:
    """What stops a deployment before its first write."""

    async def work(session: Session) -> None:
        await check_plan(session, StackState())

    async def run() -> None:
        async with stack.session(environ, patience=NoSleep().patience()) as session:
            await work(session)

    stack.emulator.requests(reset=True)
    with pytest.raises(RefusedError) as caught:
        asyncio.run(run())
    asked = [r for r in stack.emulator.requests() if r["service"] != "login"]
    assert {r["method"] for r in asked} == {"GET"}
    assert caught.value.exit_code == 4
    return caught.value


def test_object_ids_of_nobody_are_a_no(emulator: RunningEmulator) -> None:
    """An id is asked for like a name: user, group and owner each name the setting to correct."""
    named = {"assignments": {"users": [NOBODY], "groups": [NOBODY]}, "owners": [NOBODY]}
    checks = ask(ConnectedStack(emulator, **named))
    assert [(c.code, c.answer) for c in checks] == [(code, Answer.NO) for code in PEOPLE[:3]]
    keys = ("assignments.users", "assignments.groups", "owners")
    assert all(f"correct {key}" in c.detail for c, key in zip(checks, keys, strict=True))


@pytest.mark.parametrize(
    ("named", "answer"),
    [
        ({"assignments": {"users": [ADELE]}}, Answer.YES),
        ({"assignments": {"groups": [MARKETING_OPERATIONS]}}, Answer.YES),
        ({"owners": [ADELE]}, Answer.YES),
        ({"owners": [LIMITED_PRINCIPAL]}, Answer.YES),
        ({"owners": ["adele@contoso.example"]}, Answer.YES),
        ({"assignments": {"users": [MARKETING_OPERATIONS]}}, Answer.NO),
        ({"assignments": {"users": [LIMITED_PRINCIPAL]}}, Answer.NO),
        ({"assignments": {"groups": [ADELE]}}, Answer.NO),
        ({"owners": [MARKETING_OPERATIONS]}, Answer.NO),
        ({"owners": ["d0000000-0000-4000-8000-00000000a002"]}, Answer.NO),
    ],
)
def test_an_object_id_has_to_be_of_its_kind(
    emulator: RunningEmulator, named: dict[str, Any], answer: Answer
) -> None:
    """A user is no group; an owner is a user or a service principal, and no application object."""
    (check,) = ask(ConnectedStack(emulator, **named))
    assert check.answer is answer


def test_an_object_id_that_cannot_be_read_is_unknown_and_a_name_is_a_no(emulator: RunningEmulator) -> None:
    """The program looks up names and takes ids as they are: a name that cannot be read stops it."""
    environ = limited_with(emulator, "Application.ReadWrite.All", *OWNING[1:3])
    by_id = ConnectedStack(emulator, assignments={"users": [ADELE]}, displayName="One")
    by_name = ConnectedStack(emulator, assignments={"users": ["adele@contoso.example"]}, displayName="Two")
    (unread,), (unnamed,) = ask(by_id, environ), ask(by_name, environ)
    assert (unread.answer, unnamed.answer) == (Answer.UNKNOWN, Answer.NO)
    assert "User.Read.All would do" in unread.detail


def test_a_deployment_stops_at_every_name_that_is_not_there(emulator: RunningEmulator) -> None:
    """All at once, with the setting and the candidates, before anything is written."""
    stack = ConnectedStack(
        emulator,
        assignments={"users": ["nobody@contoso.example", "adele@contoso.example"], "groups": ["Sales"]},
        owners=[NOBODY],
    )
    error = refuse(stack)
    for words in ("nobody@contoso.example", "assignments.users", SALES_EMEA, SALES_APAC, NOBODY, "owners"):
        assert words in error.message
    assert "adele" not in error.message
    assert (error.code, error.key) == ("entra.user", "user nobody@contoso.example")


def test_a_deployment_stops_at_a_permission_that_is_not_published(stack: ConnectedStack) -> None:
    """The names that the API publishes are listed."""
    unknown = stack.settings.permissions[0].model_copy(update={"name": "user_impersonaton"})
    stack.settings = stack.settings.model_copy(update={"permissions": (unknown,)})
    error = refuse(stack)
    assert error.code == "entra.permission"
    assert "user_impersonation" in error.message


def test_a_deployment_stops_where_a_name_may_not_be_read(emulator: RunningEmulator) -> None:
    """`up` would be refused at the look-up."""
    stack = ConnectedStack(emulator, assignments={"users": ["adele@contoso.example"]})
    environ = limited_with(emulator, "Application.ReadWrite.All", *OWNING[1:3])
    assert refuse(stack, environ).code == "entra.people"
