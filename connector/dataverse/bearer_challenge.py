"""The 401 that an organization answers without a token: it says which tenant and resource it is.

Source: ServiceClient Client/Auth/AuthorityResolver.cs; spelling and case vary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from connector.dataverse.client import VERSION
from connector.errors import RefusedError
from connector.wire.session import Session

_PAIR = re.compile(r'(\w+)\s*=\s*"?([^",\s]+)"?')


@dataclass(frozen=True)
class Challenge:
    """Tenant and resource that an organization names; empty where it names none."""

    tenant: str
    resource: str


def parse_challenge(header: str) -> Challenge:
    """Tenant and resource host out of a WWW-Authenticate header."""
    pairs = {name.lower(): value for name, value in _PAIR.findall(header)}
    path = urlsplit(pairs.get("authorization_uri", "")).path.strip("/")
    resource = pairs.get("resource_id", "").rstrip("/").lower()
    return Challenge(path.split("/")[0].lower() if path else "", resource)


async def check_challenge(session: Session) -> None:
    """Ask without a token, once a session, and compare with the stack before a token goes anywhere.

    Raises RefusedError when the host is no organization, or one of another tenant.
    """
    if session.settings.dynamics_host in session.known_hosts:
        return
    url = f"{session.settings.dynamics_url}/api/data/{VERSION}/WhoAmI"
    answer = await session.send("GET", url, headers={"Accept": "application/json"})
    found = parse_challenge(answer.headers.get("WWW-Authenticate", ""))
    host = session.settings.dynamics_host
    if answer.status_code != 401 or not found.tenant:
        message = (
            f"{host} answers {answer.status_code} where a Dataverse organization asks for a login; "
            "check dynamicsUrl"
        )
        raise RefusedError(message, code="dataverse.no_organization", key=host, status=answer.status_code)
    _compare(session, found)
    session.known_hosts.add(host)


def _compare(session: Session, found: Challenge) -> None:
    settings = session.settings
    if found.tenant not in (settings.tenant_id, "common", "organizations"):
        message = (
            f"{settings.dynamics_host} belongs to tenant {found.tenant} and the stack names "
            f"{settings.tenant_id}; correct dynamicsUrl or tenantId"
        )
        raise RefusedError(message, code="dataverse.tenant", key="tenantId")
    if found.resource and _plain(found.resource) != _plain(settings.dynamics_url):
        message = f"{settings.dynamics_host} says that it is {found.resource}; correct dynamicsUrl"
        raise RefusedError(message, code="dataverse.resource", key="dynamicsUrl")


def _plain(url: str) -> str:
    return url.rstrip("/").lower().replace(".api.crm", ".crm").removesuffix(":443")
