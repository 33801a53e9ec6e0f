"""Back from the recycle bin: the application and then its service principal.

Graph restores them one by one (EM restore-application.md); the portal does both. Grants and
assignments may not come back, so the engine refreshes and makes what is missing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from connector import naming
from connector.deadlines import SIGHTINGS
from connector.entra.directory import Directory
from connector.entra.objects import LiveApplication
from connector.entra.recycle_bin import deleted_of
from connector.errors import RefusedError, UnreachableError
from connector.report import Action, Change
from connector.stack.state import StackState
from connector.wire.rounds import join, start
from connector.wire.session import Session


async def restore(session: Session, state: StackState) -> tuple[LiveApplication, tuple[Change, ...]]:
    """Restore this stack's application and service principal; returns it, and what was done.

    The one that the state knows, else the one deleted last. An application that lives gets its service
    principal back alone: a run may have died between the two. Returns when both can be read: a refresh
    that does not see them yet would forget them, and the client secret with them.
    Raises RefusedError when there is nothing, UnreachableError when they stay unseen.
    """
    directory, settings = Directory(session), session.settings
    known = state.object_id(naming.application_resource(settings.profile.name))
    deleted = start(deleted_of(directory, settings.stack, known))
    living = start(_living(directory, settings.stack, known))
    await join(deleted, living)
    # With an application that lives, an older one in the bin stays there: two would carry the marker.
    found = () if living.result() else deleted.result()
    changes: list[Change] = []
    chosen = _of(found, known) if found else living.result()
    if found and chosen:
        await directory.restore(chosen.id)
        changes.append(Change(Action.ADDED, "restored application", chosen.display_name, chosen.app_id))
        await _seen(session, chosen, directory.application)
    if chosen:
        changes += await _principal(session, directory, chosen, state)
    if chosen is None or not changes:
        raise _nothing(settings.stack, chosen)
    return chosen, tuple(changes)


async def _seen(session: Session, one: LiveApplication, read: Callable[[str], Awaitable[object]]) -> None:
    """Wait until it can be read: some of Entra's replicas may not know it for a while."""
    deadline, running = session.patience.until(session.patience.new_principal), 0
    while running < SIGHTINGS:
        running = running + 1 if await read(one.id) else 0
        if running < SIGHTINGS and not await deadline.pause():
            message = (
                f"{one.display_name} ({one.app_id}) was restored, and Graph does not show it everywhere yet; "
                "run deploy --restore again in some minutes, or deploy alone where that finds nothing"
            )
            raise UnreachableError(message, code="entra.restored_unseen", key=one.app_id)


def _of(found: Sequence[LiveApplication], known: str | None) -> LiveApplication:
    return max(found, key=lambda one: (one.id == known, str(one.raw.get("deletedDateTime")), one.id))


async def _living(directory: Directory, stack: str, known: str | None) -> LiveApplication | None:
    """The application that the stack has, by its state, else by its marker."""
    found = await directory.application(known) if known else None
    marked = [] if found else await directory.marked(naming.marker_tag(stack))
    return found or next(iter(marked), None)


async def _principal(
    session: Session, directory: Directory, application: LiveApplication, state: StackState
) -> list[Change]:
    """Bring back one service principal of the application, unless it has a living one."""
    binned = [one for one in await directory.deleted_principals() if one.app_id == application.app_id]
    if not binned or await directory.principals_of_apps([application.app_id]):
        return []
    name = naming.service_principal_resource(session.settings.profile.name)
    chosen = _of(binned, state.object_id(name))
    await directory.restore(chosen.id)
    await _seen(session, chosen, directory.principal)
    return [Change(Action.ADDED, "restored service principal", chosen.display_name, f"object id {chosen.id}")]


def _nothing(stack: str, living: LiveApplication | None) -> RefusedError:
    message = (
        f"the recycle bin holds no application with the marker {naming.marker_tag(stack)}, nor the state's: "
        "it was never deleted, or more than 30 days ago; deploy without --restore makes a new one"
    )
    if living is not None:
        message = (
            f"stack {stack} has an application, {living.display_name} ({living.app_id}), with its service "
            "principal: nothing to restore. To have an earlier one back instead, `remove` this one first"
        )
    return RefusedError(message, code="entra.nothing_to_restore", key="--restore")
