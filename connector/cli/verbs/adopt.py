"""The verb `adopt`: a hand-made application becomes this stack's, and nothing in the tenant changes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from connector.cli.engine.pulumi import Engine
from connector.cli.open_stack import ask_locks, in_session, records_folder
from connector.cli.run import Outcome
from connector.cli.screen.console import Voice
from connector.dataverse import jobs
from connector.dataverse.reports import Action, Change, PlanReport
from connector.entra.adopt import Adoption
from connector.errors import ConnectError
from connector.preflight import check_access
from connector.records.record import AdoptedSecret, StackRecord, known_of, read_record, write_record
from connector.settings import Settings
from connector.stack.hand_made import HandMade
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session


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
        return found, await read_plan(session, application_id, record)

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
    tell(voice, planned, settings.dynamics_host)
    body = {
        "verb": "adopt",
        "stack": settings.stack,
        "result": "adopted" if taken else "unchanged",
        "changes": [change.to_json() for change in (*taken, *found.foreign)],
        "differences": [change.to_json() for change in differences],
        "dataverse": to_json(planned),
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


_ADOPTABLE = frozenset({"application user", "security role", "role assignment"})


async def read_plan(
    session: Session, application_id: str, record: StackRecord | None
) -> PlanReport | ConnectError:
    """The plan of `apply` for the adopted client id, or the error that keeps it from being made."""
    settings = session.settings
    outputs = StackOutputs(
        tenant_id=settings.tenant_id,
        client_id=application_id,
        application_object_id="",
        service_principal_object_id="",
    )
    try:
        return await jobs.plan(settings, outputs, session, known=known_of(record))
    except ConnectError as error:
        return error


def shown(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Every line but the privileges that stay."""
    return tuple(one for one in changes if (one.action, one.kind) != (Action.KEPT, "privilege"))


def tell(voice: Voice, plan: PlanReport | ConnectError, host: str) -> None:
    """Application user and role first, where they are there already; then what `deploy` would change."""
    voice.title(f"Dataverse: application user and security role ({host})")
    if isinstance(plan, ConnectError):
        voice.say(f"not known: {plan.message}")
        return
    for one in plan.changes:
        if one.action is Action.KEPT and one.kind in _ADOPTABLE:
            voice.say(f"= {one.kind} {one.name}  {one.detail or 'as wanted'}")
    voice.plan(plan)
    if plan.refusal is not None:
        voice.say(f"! {plan.refusal.message}")


def to_json(plan: PlanReport | ConnectError) -> dict[str, Any]:
    """The `dataverse` object of `adopt --json`."""
    if isinstance(plan, ConnectError):
        return {"result": "unknown", "changes": [], "ids": {}, "refused": plan.to_json()}
    refused = plan.refusal.to_json() if plan.refusal else None
    changes = [one.to_json() for one in shown(plan.changes)]
    return {"result": plan.result, "changes": changes, "ids": dict(plan.ids), "refused": refused}
