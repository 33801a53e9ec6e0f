"""What is checked before the first write: that the right doors are there and open for the caller."""

from __future__ import annotations

from collections.abc import Iterable

from connector.checks import Check, answered, no, unknown, yes
from connector.dataverse.challenge import check_challenge
from connector.dataverse.client import DataverseClient
from connector.entra.rights import require_rights, right_checks, token_tenant
from connector.errors import RefusedError
from connector.rounds import cancel, join, start
from connector.session import Session
from connector.settings import Settings
from connector.stack_state import StackState


async def run_checks(session: Session, state: StackState) -> tuple[Check, ...]:
    """Every question of a preflight, answered; nothing is written. Raises LoginError, UnreachableError."""
    from connector.entra.preflight import directory_checks  # noqa: PLC0415  # the Graph SDK: half a second

    settings = session.settings
    token = await session.deployer.token(f"{session.endpoints.graph}/.default")
    where = f"organization {settings.dynamics_host}"
    directory = start(directory_checks(session, state))
    organization = start(answered(_organization(session), "dataverse.caller", where, "an application user"))
    await join(directory, organization)
    first = _tenant_check(settings.tenant_id, token_tenant(token))
    return (first, *right_checks(settings, token), *directory.result(), *organization.result())


def _tenant_check(wanted: str, given: str | None) -> Check:
    subject = f"tenant {wanted}"
    if given is None:
        return unknown("entra.tenant", subject, "the token does not say which tenant it is for")
    if given.lower() != wanted.lower():
        return no("entra.tenant", subject, f"the login is for tenant {given}; log in to the stack's")
    return yes("entra.tenant", subject, "is the one that the caller logs in to")


async def _organization(session: Session) -> Iterable[Check]:
    await check_challenge(session)
    await DataverseClient(session, session.deployer).get("WhoAmI")
    where = f"organization {session.settings.dynamics_host}"
    return [yes("dataverse.caller", where, "is of this tenant and lets the caller in")]


def check_same_environment(
    settings: Settings, state: StackState, organization_id: str, recorded_organization: str
) -> None:
    """Refuse to turn a deployed stack to another tenant, environment or fleet.

    User and role would stay behind in the old one, and a new tenant means another application. An
    organization that only changed its address is known by the id in the record.
    """
    if state.fleet and state.fleet != settings.fleet:
        raise _other_fleet(settings, state.fleet)
    moved = state.dynamics_url and state.dynamics_url != settings.dynamics_url
    if state.tenant_id and state.tenant_id != settings.tenant_id:
        raise _elsewhere(settings.stack, "tenantId", state.tenant_id, settings.tenant_id)
    if moved and organization_id != recorded_organization:
        raise _elsewhere(settings.stack, "dynamicsUrl", state.dynamics_url, settings.dynamics_url)


def check_same_profile(settings: Settings, state: StackState) -> None:
    """Refuse to turn a deployed stack to another profile: every resource would be made a second time."""
    if state.profile and state.profile != settings.profile.name:
        raise _elsewhere(settings.stack, "profile", state.profile, settings.profile.name)


def _elsewhere(stack: str, key: str, before: str, now: str) -> RefusedError:
    message = (
        f"stack {stack} is deployed for {key} {before}, and its settings now say {now}; a stack is one "
        "connection of one tenant and one environment: make a stack for the other one, or put the setting "
        "back and run remove first"
    )
    return RefusedError(message, code="stack.elsewhere", key=key)


def _other_fleet(settings: Settings, fleet: str) -> RefusedError:
    mine = f"of fleet {settings.fleet}" if settings.fleet else "of no fleet"
    message = (
        f"the state of stack {settings.stack} belongs to fleet {fleet}, and this checkout's settings are "
        f"{mine}; two fleets never share state: use another backend or stack name. To move the stack on "
        f"purpose, take it out of fleet {fleet} first: remove the key fleet from its file there and run "
        "`pulumi up`"
    )
    return RefusedError(message, code="stack.other_fleet", key="fleet")


async def check_access(session: Session) -> str:
    """Log in, read who is asked for, and compare rights: nothing is written before this holds.

    Raises LoginError (no token), UnreachableError (a host does not answer), RefusedError (another
    tenant's organization, no application user for the caller, a Graph permission that is missing).
    Returns the organization's id.
    """
    graph = start(session.deployer.token(f"{session.endpoints.graph}/.default"))
    organization = start(check_challenge(session))
    client = DataverseClient(session, session.deployer)
    # Asked for beside Graph's, and used only once the challenge holds; what that says goes first.
    early = start(session.deployer.token(client.scope))
    try:
        await join(graph, organization)
    except BaseException:
        await cancel(early)
        raise
    await join(early)
    require_rights(session.settings, graph.result(), who=session.deployer.name)
    caller = await client.get("WhoAmI")
    return str(caller.get("OrganizationId", ""))
