"""The verb `adopt`: a hand-made application becomes this stack's, and nothing in the tenant changes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from connector.cli import adopt_dataverse
from connector.cli.console import Voice
from connector.cli.engine import Engine
from connector.cli.run import Outcome
from connector.cli.work import ask_locks, in_session, records_folder
from connector.dataverse.reports import PlanReport
from connector.errors import ConnectError
from connector.hand_made import HandMade
from connector.preflight import check_access
from connector.records import AdoptedSecret, StackRecord, read_record, write_record
from connector.session import Session
from connector.settings import Settings

if TYPE_CHECKING:
    from connector.entra.adopt import Adoption


def adopt(voice: Voice, stack: str | None, application_id: str, records: str | None = None) -> Outcome:
    """Examine, import into the state, note hand-made secrets, and show what the next `up` would change."""
    engine = Engine(stack, voice.say)
    settings, folder = engine.settings(), records_folder(records)
    ask_locks(voice, engine)
    application_id = plain_id(application_id)
    record = read_record(settings.stack, folder)

    async def work(session: Session) -> tuple[Adoption, PlanReport | ConnectError]:
        from connector.entra.adopt import examine  # noqa: PLC0415  # the Graph SDK: half a second

        await check_access(session)
        state = await asyncio.to_thread(engine.state)
        found = await examine(session, state, application_id)
        return found, await adopt_dataverse.read_plan(session, application_id, record)

    found, planned = in_session(settings, work)
    voice.title(f"Adopting {found.application.display_name} ({found.application.app_id})")
    voice.changes(found.foreign)
    taken = engine.take_over(found.imports, settings.profile.name) if found.imports else ()
    _note(settings, found, record, folder)
    differences = engine.differences()
    voice.title("What differs from the settings, and the next deploy would change")
    voice.changes(differences)
    if not differences:
        voice.say("nothing")
    adopt_dataverse.tell(voice, planned, settings.dynamics_host)
    body = {
        "verb": "adopt",
        "stack": settings.stack,
        "result": "adopted" if taken else "unchanged",
        "changes": [change.to_json() for change in (*taken, *found.foreign)],
        "differences": [change.to_json() for change in differences],
        "dataverse": adopt_dataverse.to_json(planned),
    }
    return Outcome(body)


def plain_id(given: str) -> str:
    """An id as it is pasted, without blanks and the braces that PowerShell and Windows put around one."""
    return given.strip().removeprefix("{").removesuffix("}").strip()


def _note(settings: Settings, found: Adoption, before: StackRecord | None, folder: Path) -> None:
    """Write ids and hand-made secrets into the record: those, and no later ones, a rotation retires."""
    if before is None or before.application_object_id != found.application.id:
        before = StackRecord(stack=settings.stack)
    changes = {
        "tenant_id": settings.tenant_id,
        "client_id": found.application.app_id,
        "application_object_id": found.application.id,
        "application_adopted": True,
        "dynamics_url": settings.dynamics_url,
        "adopted_secrets": tuple(_recorded(one) for one in found.secrets.adopted),
    }
    write_record(before.model_copy(update=changes), folder)


def _recorded(secret: HandMade) -> AdoptedSecret:
    return AdoptedSecret(
        key_id=secret.key_id,
        display_name=secret.name,
        hint=secret.hint,
        end_date=secret.end,
        last_used=secret.last_used,
    )
