"""What is checked before the first write: that the right doors are there and open for the caller."""

from __future__ import annotations

from collections.abc import Iterable

from connector.checks import Check, answered, no, unknown, yes
from connector.dataverse.challenge import check_challenge
from connector.dataverse.client import DataverseClient
from connector.entra.rights import require_rights, right_checks, token_tenant
from connector.rounds import join, start
from connector.session import Session
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


async def check_access(session: Session) -> None:
    """Log in, read who is asked for, and compare rights: nothing is written before this holds.

    Raises LoginError (no token), UnreachableError (a host does not answer), RefusedError (another
    tenant's organization, no application user for the caller, a Graph permission that is missing).
    """
    graph = start(session.deployer.token(f"{session.endpoints.graph}/.default"))
    organization = start(check_challenge(session))
    await join(graph, organization)
    require_rights(session.settings, graph.result(), who=session.deployer.name)
    await DataverseClient(session, session.deployer).get("WhoAmI")
