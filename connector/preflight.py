"""What is checked before the first write: that the right doors are there and open for the caller."""

from __future__ import annotations

from connector.dataverse.challenge import check_challenge
from connector.dataverse.client import DataverseClient
from connector.entra.rights import require_rights
from connector.rounds import join, start
from connector.session import Session


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
