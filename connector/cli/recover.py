"""Before `pulumi up`: what an interrupted or doubled run left is imported or removed by name."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from connector.cli.console import Voice
from connector.cli.engine import Engine
from connector.dataverse.reports import Action, Change
from connector.preflight import check_access
from connector.rotation import check_deployable, secrets_of
from connector.rounds import cancel, join, start
from connector.session import Session
from connector.stack_state import StackState

if TYPE_CHECKING:
    from connector.entra.leftovers import Leftovers


async def prepare(voice: Voice, engine: Engine, session: Session) -> tuple[Change, ...]:
    """Check access and look for left-overs side by side, then mend; returns what was mended."""
    looking = start(look(engine, session))
    try:
        await check_access(session)
    except BaseException:
        await cancel(looking)
        raise
    await join(looking)
    state, found = looking.result()
    settings = session.settings
    check_deployable(settings.slots, secrets_of(state, settings.profile.name), settings.stack)
    return await mend(voice, engine, session, state, found)


async def look(engine: Engine, session: Session) -> tuple[StackState, Leftovers]:
    """The engine's state and what the tenant holds beyond it; nothing is written.

    The Graph SDK takes half a second to import, so that happens while the engine answers.
    """
    warm = asyncio.create_task(asyncio.to_thread(import_module, "connector.entra.leftovers"))
    state = await asyncio.to_thread(engine.state)
    leftovers = await warm
    found: Leftovers = await leftovers.find(session, state)
    return state, found


async def mend(
    voice: Voice, engine: Engine, session: Session, state: StackState, found: Leftovers
) -> tuple[Change, ...]:
    """Put in order what `look` found. Raises UsedElsewhereError, RefusedError, EngineError.

    A refresh comes first: it needs the stack's lock, so that what another run is just making is never
    taken for a left-over, and it forgets operations that were cut off. Then everything is read anew.
    """
    if found.none and not state.pending:
        return ()
    voice.title(f"Clean-up: a run of stack {engine.stack} was interrupted or left out what exists")
    await asyncio.to_thread(engine.refresh)
    state, found = await look(engine, session)
    changes = _changes(found)
    voice.changes(changes)
    await _carry_out(engine, session, found)
    return changes


async def _carry_out(engine: Engine, session: Session, found: Leftovers) -> None:
    from connector.entra.leftovers import remove  # noqa: PLC0415  # see look

    await remove(session, found)
    if found.imports:
        base = session.settings.profile.name
        await asyncio.to_thread(engine.take_over, found.imports, base)


def _changes(found: Leftovers) -> tuple[Change, ...]:
    spare = [
        Change(Action.REMOVED, "left-over application", one.display_name, f"object id {one.id}")
        for one in found.applications
    ]
    secrets = [Change(Action.REMOVED, "left-over secret", str(one)) for one in found.secrets]
    taken = [Change(Action.ADDED, "existing resource", name, id) for name, id in found.imports.items()]
    return (*spare, *secrets, *taken)
