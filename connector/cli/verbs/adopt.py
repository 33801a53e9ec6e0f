"""The verb `adopt`: a hand-made application becomes this stack's, and nothing in the tenant changes."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from connector.cli.open_stack import OpenStack
from connector.cli.options import Json, Records, Stack
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.dataverse import jobs
from connector.dataverse.reports import PlanReport
from connector.entra.adopt import Adoption, examine
from connector.errors import ConnectError
from connector.preflight import check_access
from connector.records.record import AdoptedSecret, StackRecord, known_of
from connector.report import Action, Change
from connector.stack.hand_made import HandMade
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session


def adopt(
    application_id: Annotated[str, typer.Option("--application-id", help="Its application (client) id.")],
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
) -> None:
    """Take over a hand-made application: import it and all that hangs on it, and show what differs."""

    def work(screen: Screen) -> Outcome:
        return _take(OpenStack(screen, stack, records, writes=True), plain_id(application_id))

    run_verb("adopt", Screen(as_json=json), work)


def _take(stack: OpenStack, application_id: str) -> Outcome:
    """Examine, import into the state, note hand-made secrets, and show what the next `up` would change."""
    stack.ask_locks()
    screen, settings, record = stack.screen, stack.settings, stack.record()

    async def work(session: Session) -> tuple[Adoption, PlanReport | ConnectError]:
        await check_access(session)
        found = await examine(session, await asyncio.to_thread(stack.state), application_id)
        return found, await read_plan(session, application_id, record)

    found, planned = stack.in_session(work)
    screen.title(f"Adopting {found.application.display_name} ({found.application.app_id})")
    screen.changes(found.foreign)
    taken = stack.engine.take_over(found.imports, settings.profile.name) if found.imports else ()
    _note(stack, found, record)
    differences = stack.engine.differences()
    screen.title("What differs from the settings, and the next deploy would change")
    screen.changes(differences)
    if not differences:
        screen.say("nothing")
    tell(screen, planned, settings.dynamics_host)
    body = {
        "verb": "adopt",
        "stack": stack.name,
        "result": "adopted" if taken else "unchanged",
        "changes": [change.to_json() for change in (*taken, *found.foreign)],
        "differences": [change.to_json() for change in differences],
        "dataverse": to_json(planned),
    }
    return Outcome(body)


def plain_id(given: str) -> str:
    """An id as it is pasted, without blanks and the braces that PowerShell and Windows put around one."""
    return given.strip().removeprefix("{").removesuffix("}").strip()


def _note(stack: OpenStack, found: Adoption, before: StackRecord | None) -> None:
    """Write ids and hand-made secrets into the record: those, and no later ones, a rotation retires."""
    if before is None or before.application_object_id != found.application.id:
        before = StackRecord(stack=stack.name)
    changes = {
        "tenant_id": stack.settings.tenant_id,
        "client_id": found.application.app_id,
        "application_object_id": found.application.id,
        "application_adopted": True,
        "dynamics_url": stack.settings.dynamics_url,
        "adopted_secrets": tuple(_recorded(one) for one in found.secrets.adopted),
    }
    stack.write(before.model_copy(update=changes))


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


def tell(screen: Screen, plan: PlanReport | ConnectError, host: str) -> None:
    """Application user and role first, where they are there already; then what `deploy` would change."""
    screen.title(f"Dataverse: application user and security role ({host})")
    if isinstance(plan, ConnectError):
        screen.say(f"not known: {plan.message}")
        return
    for one in plan.changes:
        if one.action is Action.KEPT and one.kind in _ADOPTABLE:
            screen.say(f"= {one.kind} {one.name}  {one.detail or 'as wanted'}")
    screen.plan(plan)
    if plan.refusal is not None:
        screen.say(f"! {plan.refusal.message}")


def to_json(plan: PlanReport | ConnectError) -> dict[str, Any]:
    """The `dataverse` object of `adopt --json`."""
    if isinstance(plan, ConnectError):
        return {"result": "unknown", "changes": [], "ids": {}, "refused": plan.to_json()}
    refused = plan.refusal.to_json() if plan.refusal else None
    changes = [one.to_json() for one in shown(plan.changes)]
    return {"result": plan.result, "changes": changes, "ids": dict(plan.ids), "refused": refused}
