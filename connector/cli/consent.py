"""Before `pulumi up`: grants whose scopes differ are changed in place, so that consent never has a gap."""

from __future__ import annotations

import asyncio

from connector import naming
from connector.cli.console import Voice
from connector.cli.engine import Engine
from connector.cli.work import ask_locks
from connector.dataverse.reports import Change
from connector.session import Session
from connector.stack_state import StackState


async def align_consent(
    voice: Voice, engine: Engine, session: Session, state: StackState
) -> tuple[Change, ...]:
    """Give the stack's grants the scopes that the settings name; returns what was changed.

    What somebody took back or added in the portal is mended too. A run that dies in between does no
    harm: the next one finds the difference again. A grant that is gone is forgotten by the refresh, and
    made by the `up` that follows.
    """
    from connector.entra.consent import consent_changes  # noqa: PLC0415  # see connector.cli.recover.look
    from connector.entra.directory import Directory  # noqa: PLC0415  # the Graph SDK: half a second

    principal = state.object_id(naming.service_principal_resource(session.settings.profile.name))
    if principal is None:
        return ()
    directory = Directory(session)
    found = consent_changes(session.settings, state, await directory.grants(principal))
    if not found:
        return ()
    ask_locks(voice, engine)
    voice.title("Admin consent: scopes changed in place")
    for one in found:
        if not one.gone:
            await directory.change_grant(one.grant_id, one.after)
    await asyncio.to_thread(engine.refresh, *(one.urn for one in found))
    changes = tuple(one.to_change() for one in found)
    voice.changes(changes)
    return changes
