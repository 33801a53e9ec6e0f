"""The verb `adopt`: a hand-made application becomes this stack's, and nothing in the tenant changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from connector.cli.console import Voice
from connector.cli.engine import Engine
from connector.cli.run import Outcome
from connector.cli.work import in_session
from connector.preflight import check_access
from connector.session import Session

if TYPE_CHECKING:
    from connector.entra.adopt import Adoption


def adopt(voice: Voice, stack: str | None, application_id: str) -> Outcome:
    """Examine, import into the state, and show what the next `up` would change."""
    engine = Engine(stack, voice.say)
    settings = engine.settings()

    async def work(session: Session) -> Adoption:
        from connector.entra.adopt import examine  # noqa: PLC0415  # the Graph SDK: half a second

        await check_access(session)
        state = await asyncio.to_thread(engine.state)
        return await examine(session, state, application_id)

    found = in_session(settings, work)
    voice.title(f"Adopting {found.application.display_name} ({found.application.app_id})")
    voice.changes(found.foreign)
    taken = engine.take_over(found.imports, settings.profile.name) if found.imports else ()
    differences = engine.differences()
    voice.title("What differs from the settings, and the next deploy would change")
    voice.changes(differences)
    if not differences:
        voice.say("nothing")
    body = {
        "verb": "adopt",
        "stack": settings.stack,
        "result": "adopted" if taken else "unchanged",
        "changes": [change.to_json() for change in (*taken, *found.foreign)],
        "differences": [change.to_json() for change in differences],
    }
    return Outcome(body)
