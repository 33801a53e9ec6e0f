"""Back from the recycle bin: the application and then its service principal.

Graph restores them one by one (EM restore-application.md); the portal does both. Grants and
assignments may not come back, so the engine refreshes and makes what is missing.
"""

from __future__ import annotations

from connector import naming
from connector.dataverse.reports import Action, Change
from connector.entra.directory import Directory
from connector.entra.leftovers import deleted_with_marker
from connector.entra.objects import LiveApplication
from connector.errors import RefusedError
from connector.session import Session
from connector.stack_state import StackState


async def restore(session: Session, state: StackState) -> tuple[LiveApplication, tuple[Change, ...]]:
    """Restore this stack's application and service principal; returns it, and what was done.

    The one that the state knows, else the one deleted last. Raises RefusedError when there is none.
    """
    directory, settings = Directory(session), session.settings
    found = await deleted_with_marker(directory, settings.stack)
    if not found:
        message = (
            f"the recycle bin holds no application with the marker {naming.marker_tag(settings.stack)}: "
            "it was never deleted, or more than 30 days ago; deploy without --restore makes a new one"
        )
        raise RefusedError(message, code="entra.nothing_to_restore", key="--restore")
    known = state.object_id(naming.application_resource(settings.profile.name))
    chosen = max(found, key=lambda one: (one.id == known, str(one.raw.get("deletedDateTime")), one.id))
    await directory.restore(chosen.id)
    changes = [Change(Action.ADDED, "restored application", chosen.display_name, chosen.app_id)]
    for principal in await directory.deleted_principals():
        if principal.app_id == chosen.app_id:
            await directory.restore(principal.id)
            detail = f"object id {principal.id}"
            changes.append(Change(Action.ADDED, "restored service principal", principal.display_name, detail))
    return chosen, tuple(changes)
