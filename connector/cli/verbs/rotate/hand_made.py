"""Hand-made secrets of an adopted application: read, shown, and retired once a slot's secret is in use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from connector import naming
from connector.cli.open_stack import OpenStack
from connector.deadlines import RECENTLY_USED
from connector.entra.directory import Directory
from connector.entra.secrets import read_outside_slots
from connector.records.record import adopted_key_ids
from connector.report import Action, Change
from connector.stack.due import describe
from connector.stack.hand_made import HandMade, OutsideSlots
from connector.stack.secrets import secrets_of
from connector.wire.session import Session


def read(stack: OpenStack, *, always: bool = False) -> OutsideSlots:
    """The secrets outside the slots now; without adopted ones nothing is asked, unless *always*.

    The record counts only for the application that the state holds.
    """
    record = stack.record()
    if not (always or adopted_key_ids(record)):
        return OutsideSlots()
    state, base = stack.state(), stack.settings.profile.name
    application = state.object_id(naming.application_resource(base))
    if application is None:
        return OutsideSlots()
    mine = record is not None and application == record.application_object_id
    adopted = adopted_key_ids(record) if mine else frozenset()
    in_slots = {one.key_id for one in secrets_of(state, base)}

    async def ask(session: Session) -> OutsideSlots:
        return await read_outside_slots(session, application, adopted=adopted, in_slots=in_slots)

    return stack.in_session(ask)


def retire(stack: OpenStack, secrets: Iterable[HandMade]) -> tuple[Change, ...]:
    """Remove adopted secrets by key id; the record forgets each one as it goes.

    A run that dies in between leaves the rest in the record, and the next one goes on from there.
    """
    named = tuple(secrets)
    application = stack.outputs().application_object_id

    async def remove(session: Session) -> None:
        directory = Directory(session)
        for one in named:
            await directory.remove_secret(application, one.key_id)
            _forget(stack, one.key_id)
            stack.screen.say(f"removed {one.label} ({one.key_id})")

    if named:
        stack.in_session(remove)
    return tuple(Change(Action.REMOVED, "hand-made secret", one.label, one.key_id) for one in named)


def _forget(stack: OpenStack, key_id: str) -> None:
    record = stack.record()
    if record is not None:
        left = tuple(one for one in record.adopted_secrets if one.key_id.lower() != key_id.lower())
        stack.write(record.model_copy(update={"adopted_secrets": left}))


def table(secrets: OutsideSlots) -> list[dict[str, Any]]:
    """The rows of `--json`."""
    now = datetime.now(UTC)
    return [one.to_json(now) for one in secrets.all]


def lines(secrets: OutsideSlots) -> list[tuple[str, str]]:
    """The rows for people: name, days left, last use, key id."""
    now = datetime.now(UTC)
    return [
        (one.label, f"{describe(one.days_left(now))}, {last_use_words(one.last_used)}  ({one.key_id})")
        for one in secrets.all
    ]


def last_use_words(moment: datetime | None) -> str:
    """When a secret was last used, in words."""
    return f"last used {moment:%Y-%m-%d %H:%M} UTC" if moment else "last use not known here"


def used_lately(moment: datetime | None) -> bool:
    """Whether somebody may still be using it."""
    return moment is not None and datetime.now(UTC) - moment < RECENTLY_USED


def warn(stack: OpenStack, label: str, moment: datetime | None) -> None:
    """Show a secret's last use, and warn when it is recent."""
    stack.screen.say(f"{label}: {last_use_words(moment)}")
    if used_lately(moment):
        stack.screen.say(f"warning: {label} was used in the last {RECENTLY_USED.days} days")
