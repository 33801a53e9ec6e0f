"""What `adopt` says of the Dataverse half: application user and role as they are, and what a deploy does."""

from __future__ import annotations

from typing import Any

from connector.cli.console import Voice
from connector.dataverse import jobs
from connector.dataverse.reports import Action, Change, PlanReport
from connector.errors import ConnectError
from connector.records import StackRecord, known_of
from connector.session import Session
from connector.stack_outputs import StackOutputs

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
