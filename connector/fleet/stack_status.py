"""Reading one stack of a fleet: what its tenant answers, against its record and settings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from connector.dataverse import jobs
from connector.dataverse.bearer_challenge import check_challenge
from connector.dataverse.reports import PlanReport
from connector.entra.checks import directory_causes
from connector.entra.directory import Directory
from connector.entra.objects import LiveApplication
from connector.errors import DriftError
from connector.fleet.model import FleetStack
from connector.fleet.rows import RecordedSecrets
from connector.records.record import StackRecord, known_of
from connector.records.standing import Standing, drift_of, ending_soon, needs_of, slot_findings
from connector.report import Cause
from connector.settings import CredentialKind, Settings
from connector.stack.hand_made import HandMade
from connector.stack.outputs import StackOutputs
from connector.stack.secrets import LiveSecret
from connector.wire.rounds import cancel, join, start
from connector.wire.session import Session


@dataclass(frozen=True)
class LiveStack:
    """What one stack's tenant answered; `application` is None when it is gone."""

    plan: PlanReport
    causes: list[Cause]
    application: LiveApplication | None


async def read_live_stack(settings: Settings, record: StackRecord, session: Session) -> LiveStack:
    """Dataverse, the directory's checks and the application, side by side."""
    await _log_in(session)
    outputs = outputs_of(settings, record)
    # Dataverse first: it has an answer to wait for before its last question, the directory has none.
    plan = start(jobs.plan(settings, outputs, session, known=known_of(record), hashed=False))
    causes = start(directory_causes(settings, outputs, session))
    application = start(Directory(session).application(record.application_object_id))
    await join(plan, causes, application)
    return LiveStack(plan.result(), causes.result(), application.result())


async def _log_in(session: Session) -> None:
    """Both tokens side by side, and the challenge beside them: what they say comes before any read.

    The steps are not merged into this branch's rounds: they are the login's.
    """
    challenge = start(check_challenge(session))
    scopes = (session.settings.dynamics_url, session.endpoints.graph)
    tokens = [start(session.deployer.token(f"{scope}/.default")) for scope in scopes]
    try:
        await challenge.task
        await asyncio.gather(*(token.task for token in tokens))
    finally:
        await cancel(challenge, *tokens)


def standing_of(
    settings: Settings, live: LiveStack, held: RecordedSecrets, now: datetime, soon_days: int | None
) -> Standing:
    """What was read, weighed."""
    findings = [cause for cause in live.causes if not cause.person]
    if settings.profile.credential is CredentialKind.SECRET:
        # A secret that is gone is a finding already; the slots are compared as the record has them.
        recorded = _by_generation([*held.live, *held.gone])
        findings = [*slot_findings(settings.slots, recorded, held.gone, settings.stack), *findings]
    refusal = live.plan.refusal
    if refusal is not None:
        findings.append(Cause(refusal.code, refusal.key or settings.role_name, refusal.message))
    return Standing(
        settings.stack,
        findings=tuple(findings),
        drift=() if refusal else drift_of(live.plan),
        ending=ending_soon(held.all, settings.secret.lifetime_days, soon_days, now),
        needs=needs_of(settings.slots, held.live, held.adopted, live.plan, live.causes, now),
    )


def outputs_of(settings: Settings, record: StackRecord) -> StackOutputs:
    """The stack's outputs as far as a record has them: ids, and no secret."""
    return StackOutputs(
        tenant_id=record.tenant_id,
        client_id=record.client_id,
        application_object_id=record.application_object_id,
        service_principal_object_id=record.service_principal_object_id,
        application_id_uri=settings.dynamics_url,
    )


def recorded_secrets(record: StackRecord, application: LiveApplication | None) -> RecordedSecrets:
    """What of the record's secrets the application still holds, and until when.

    Without an application nothing is said of its secrets: that it is gone is said elsewhere.
    """
    ends = {one.key_id.lower(): one.end for one in application.secrets} if application else {}
    live: list[LiveSecret] = []
    gone: list[LiveSecret] = []
    for slot, one in record.slots.items():
        key = one.key_id.lower()
        secret = LiveSecret(slot, one.generation or 1, one.key_id, ends.get(key) or one.end_date, "")
        (live if application is None or key in ends else gone).append(secret)
    adopted = [
        HandMade(one.key_id, one.display_name, one.hint, ends.get(one.key_id.lower()) or one.end_date)
        for one in record.adopted_secrets
        if application is None or one.key_id.lower() in ends
    ]
    return RecordedSecrets(_by_generation(live), _by_generation(gone), tuple(adopted))


def recorded_certificates(record: StackRecord) -> RecordedSecrets:
    """The record's certificates; whether the application still carries them is the proof's to say."""
    live = [
        LiveSecret(slot, one.generation or 1, one.key_id, one.end_date, "")
        for slot, one in record.slots.items()
    ]
    return RecordedSecrets(_by_generation(live))


def _by_generation(secrets: list[LiveSecret]) -> tuple[LiveSecret, ...]:
    return tuple(sorted(secrets, key=lambda one: one.generation))


def check_same(stack: FleetStack, record: StackRecord, settings: Settings) -> None:
    """The record, the stack's file and fleet.yaml are of one tenant and organization; else DriftError."""
    wanted = (stack.tenant_id.lower(), stack.dynamics_url.lower().rstrip("/"))
    for what, tenant, url in (
        (f"Pulumi.{stack.name}.yaml", settings.tenant_id, settings.dynamics_url),
        ("its record", record.tenant_id, record.dynamics_url),
    ):
        # A record from before it knew the address has none.
        if (tenant.lower(), url.lower().rstrip("/") or wanted[1]) != wanted:
            message = (
                f"stack {stack.name}: {what} says tenant {tenant} and {url}, and the fleet another; nothing "
                "was asked. `fleet sync` writes the file; a record is written by deploy and verify"
            )
            raise DriftError(message, code="fleet.other_target", key=stack.name)
