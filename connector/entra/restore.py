"""Back from the recycle bin: the application and then its service principal.

Graph restores them one by one (EM restore-application.md); the portal does both. Grants and
assignments may not come back, so the engine refreshes and makes what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector import naming
from connector.dataverse.reports import Action, Change
from connector.entra.directory import Directory
from connector.entra.lost import deleted_with_marker
from connector.entra.objects import LiveApplication
from connector.errors import RefusedError
from connector.rounds import join, start
from connector.session import Session
from connector.stack_state import StackState


async def restore(session: Session, state: StackState) -> tuple[LiveApplication, tuple[Change, ...]]:
    """Restore this stack's application and service principal; returns it, and what was done.

    The one that the state knows, else the one deleted last. An application that lives gets its service
    principal back alone: a run may have died between the two. Raises RefusedError when there is nothing.
    """
    directory, settings = Directory(session), session.settings
    known = state.object_id(naming.application_resource(settings.profile.name))
    deleted = start(deleted_with_marker(directory, settings.stack))
    living = start(_living(directory, settings.stack, known))
    await join(deleted, living)
    # With an application that lives, an older one in the bin stays there: two would carry the marker.
    found = () if living.result() else deleted.result()
    changes: list[Change] = []
    chosen = _of(found, known) if found else living.result()
    if found and chosen:
        await directory.restore(chosen.id)
        changes.append(Change(Action.ADDED, "restored application", chosen.display_name, chosen.app_id))
    if chosen:
        changes += await _principal(directory, chosen, state, settings.profile.name)
    if chosen is None or not changes:
        raise _nothing(settings.stack, chosen)
    return chosen, tuple(changes)


def _of(found: Sequence[LiveApplication], known: str | None) -> LiveApplication:
    return max(found, key=lambda one: (one.id == known, str(one.raw.get("deletedDateTime")), one.id))


async def _living(directory: Directory, stack: str, known: str | None) -> LiveApplication | None:
    """The application that the stack has, by its state, else by its marker."""
    found = await directory.application(known) if known else None
    marked = [] if found else await directory.marked(naming.marker_tag(stack))
    return found or next(iter(marked), None)


async def _principal(
    directory: Directory, application: LiveApplication, state: StackState, base: str
) -> list[Change]:
    """Bring back one service principal of the application, unless it has a living one."""
    binned = [one for one in await directory.deleted_principals() if one.app_id == application.app_id]
    if not binned or await directory.principals_of_apps([application.app_id]):
        return []
    chosen = _of(binned, state.object_id(naming.service_principal_resource(base)))
    await directory.restore(chosen.id)
    detail = f"object id {chosen.id}"
    return [Change(Action.ADDED, "restored service principal", chosen.display_name, detail)]


def _nothing(stack: str, living: LiveApplication | None) -> RefusedError:
    message = (
        f"the recycle bin holds no application with the marker {naming.marker_tag(stack)}: it was never "
        "deleted, or more than 30 days ago; deploy without --restore makes a new one"
    )
    if living is not None:
        message = (
            f"stack {stack} has an application, {living.display_name} ({living.app_id}), with its service "
            "principal: nothing to restore. To have an earlier one back instead, `remove` this one first"
        )
    return RefusedError(message, code="entra.nothing_to_restore", key="--restore")
