"""The secrets of an application that no slot holds, as Graph shows them, and when they were last used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from connector.entra.directory import Directory
from connector.entra.objects import LiveSecret
from connector.entra.usage import last_uses
from connector.hand_made import HandMade, OutsideSlots, sorted_out
from connector.session import Session


async def read_outside_slots(
    session: Session, application_id: str, *, adopted: Collection[str], in_slots: Collection[str]
) -> OutsideSlots:
    """Read the application of an object id; one that does not exist has no secrets."""
    application = await Directory(session).application(application_id)
    if application is None:
        return OutsideSlots()
    found = sorted_out((hand_made_of(one) for one in application.secrets), adopted, in_slots)
    uses = await last_uses(session, [one.key_id for one in found.all])

    def used(secrets: tuple[HandMade, ...]) -> tuple[HandMade, ...]:
        return tuple(replace(one, last_used=uses.get(one.key_id)) for one in secrets)

    return replace(found, adopted=used(found.adopted), foreign=used(found.foreign))


def hand_made_of(secret: LiveSecret) -> HandMade:
    """A secret's metadata in rotation's own shape."""
    return HandMade(secret.key_id, secret.display_name, secret.hint, secret.end)
