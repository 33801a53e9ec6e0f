"""The job of `bootstrap`: everything is read and planned, then shown, and only then written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connector.bootstrap import dataverse, entra
from connector.bootstrap.dataverse import RolePlan
from connector.bootstrap.directory import PipelineDirectory
from connector.bootstrap.identity_plan import IdentityPlan
from connector.bootstrap.model import Wanted
from connector.dataverse.bearer_challenge import check_challenge
from connector.dataverse.client import DataverseClient
from connector.entra.rights import token_roles
from connector.errors import RefusedError
from connector.report import WRITES, Change, Progress
from connector.wire.rounds import join, start
from connector.wire.session import Session

_NEEDED = (
    ("registering applications", "Application.ReadWrite.All"),
    ("granting Graph permissions", "AppRoleAssignment.ReadWrite.All"),
)


@dataclass(frozen=True)
class Plans:
    """What is to be done for one identity in both places, and its ids where they are known."""

    wanted: Wanted
    entra: IdentityPlan
    dataverse: RolePlan
    app_id: str = ""
    principal_id: str = ""

    @property
    def changes(self) -> tuple[Change, ...]:
        """The lines of both."""
        return (*self.entra.changes, *self.dataverse.plan.changes)

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return any(change.action in WRITES for change in self.changes)

    @property
    def pending(self) -> tuple[str, ...]:
        """Privileges that the role can hold only once a solution is imported."""
        return self.dataverse.plan.pending


async def survey(session: Session, wanted: Sequence[Wanted]) -> tuple[Plans, ...]:
    """Read both places and plan; nothing is written.

    Raises RefusedError (no rights, another tenant's organization, an application that others can
    log in to), LoginError, UnreachableError, SettingsError.
    """
    await check_challenge(session)
    identities = await _identities(session, wanted)
    # Dataverse is asked only once the directory has raised what it had to raise.
    roles = [start(_role(session, one)) for one in identities]
    await join(*roles)
    plans = [_plans(one, role.result()) for one, role in zip(identities, roles, strict=True)]
    _refuse_foreign_roles(plans)
    return tuple(plans)


async def _identities(session: Session, wanted: Sequence[Wanted]) -> list[IdentityPlan]:
    directory = PipelineDirectory(session)
    graph = await entra.read_graph(directory)
    return [entra.plan(one, await entra.read(directory, one), graph) for one in wanted]


async def _role(session: Session, identity: IdentityPlan) -> RolePlan:
    application = identity.live.application
    client = DataverseClient(session, session.deployer)
    app_id = application.app_id if application else ""
    return await dataverse.plan(client, session.settings, identity.wanted, app_id)


def _plans(identity: IdentityPlan, role: RolePlan) -> Plans:
    application, principal = identity.live.application, identity.live.principal
    app_id, principal_id = application.app_id if application else "", principal.id if principal else ""
    return Plans(identity.wanted, identity, role, app_id, principal_id)


def _refuse_foreign_roles(plans: Sequence[Plans]) -> None:
    for one in plans:
        if one.dataverse.plan.refusal is not None:
            raise one.dataverse.plan.refusal


async def carry_out(session: Session, plans: Sequence[Plans], progress: Progress) -> tuple[Plans, ...]:
    """Make both identities as planned; returns the plans with the ids that they have now.

    Raises RefusedError before the first write where the caller's token lacks a right for it.
    """
    if any(one.entra.writes for one in plans):
        await _require_rights(session)
    branches = [start(_carry_out(session, one, progress)) for one in plans]
    await join(*branches)
    return tuple(branch.result() for branch in branches)


async def _carry_out(session: Session, plans: Plans, progress: Progress) -> Plans:
    if not plans.writes:
        return plans
    made = await entra.carry_out(PipelineDirectory(session), plans.entra, progress)
    client = DataverseClient(session, session.deployer)
    await dataverse.carry_out(client, plans.dataverse, made.app_id, progress)
    return replace(plans, app_id=made.app_id, principal_id=made.principal_id)


async def _require_rights(session: Session) -> None:
    """An application's token lists its rights; a person's does not, and then Graph decides."""
    held = token_roles(await session.deployer.token(f"{session.endpoints.graph}/.default"))
    lacking = [(what, name) for what, name in _NEEDED if held is not None and name not in held]
    if not lacking:
        return
    lines = "\n".join(f"  - {what}: {name}" for what, name in lacking)
    message = (
        f"{session.deployer.name} may not make the pipeline's identities; it lacks on Microsoft Graph:\n"
        f"{lines}\nAn administrator runs bootstrap (docs/bootstrap.md). Nothing was written"
    )
    raise RefusedError(message, code="bootstrap.caller_rights", key=lacking[0][1])
