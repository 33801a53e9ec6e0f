"""Out of the recycle bin for good: this stack's application, and its service principal after it.

Purging an application leaves its service principal in the bin (EM delete-recover-faq.md), so each
goes by its own id. Ours is what the state knew, and what carries the stack's marker.
"""

from __future__ import annotations

from collections.abc import Collection

from connector import naming
from connector.dataverse.reports import Action, Change
from connector.entra.directory import Directory
from connector.rounds import join, start
from connector.session import Session


async def purge(session: Session, known: Collection[str]) -> tuple[Change, ...]:
    """Delete them from the bin; *known* holds object ids that the state had. Raises RefusedError."""
    directory, marker = Directory(session), naming.marker_tag(session.settings.stack)
    applications, principals = start(directory.deleted_applications()), start(directory.deleted_principals())
    await join(applications, principals)
    changes = []
    for kind, found in (("application", applications.result()), ("service principal", principals.result())):
        for one in found:
            if one.id in known or marker in one.tags:
                await directory.purge(one.id)
                detail = f"{one.app_id}, gone for good"
                changes.append(Change(Action.REMOVED, f"deleted {kind}", one.display_name, detail))
    return tuple(changes)
