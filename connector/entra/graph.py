"""Reads of Microsoft Graph through msgraph-sdk: the only module that imports it.

The SDK's own HTTP client is replaced by the session's, so that every request is counted once and
a fractional Retry-After (which kiota cannot read) is honoured. Answers are read as JSON and not
into the SDK's models: to import those costs a second and a half.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_http.httpx_request_adapter import HttpxRequestAdapter
from kiota_http.middleware.options import ResponseHandlerOption
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from connector.entra.refusals import refusal
from connector.wire.answers import Document, bad_answer, object_of
from connector.wire.retry import SAFE
from connector.wire.session import Session

Row = dict[str, Any]


@dataclass(frozen=True)
class Principal:
    """A service principal: its object id and what a proof looks at."""

    id: str
    app_id: str
    enabled: bool = True
    assignment_required: bool = False
    app_roles: tuple[tuple[str, str], ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """A delegated grant for all users: the API's service principal and the scopes."""

    resource_id: str
    scopes: frozenset[str]
    id: str = ""


@dataclass(frozen=True)
class Assignment:
    """Who holds which app role: object ids, and the principal's name and type."""

    principal_id: str
    principal_name: str
    principal_type: str
    resource_id: str
    role_id: str
    id: str = ""


@dataclass
class Query:
    """The query options of a list, as kiota reads them."""

    filter: str | None = None
    select: list[str] | None = None

    def get_query_parameter(self, name: str) -> str:
        """The option's name on the wire (kiota asks for each field)."""
        return f"%24{name}"


class _DeployerTokens(AccessTokenProvider):
    def __init__(self, session: Session) -> None:
        self._session = session
        host = urlsplit(session.endpoints.graph).hostname or ""
        self._hosts = AllowedHostsValidator([host])

    async def get_authorization_token(
        self,
        uri: str,
        additional_authentication_context: dict[str, Any] | None = None,  # noqa: ARG002 - kiota's
    ) -> str:
        scope = f"{self._session.endpoints.graph}/.default"
        self._session.check_host(uri, scope)
        return await self._session.deployer.token(scope)

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return self._hosts


class Graph:
    """The reads that a proof needs, as the deployer. Raises RefusedError and UnreachableError."""

    def __init__(self, session: Session) -> None:
        self._session = session
        tokens = BaseBearerTokenAuthenticationProvider(_DeployerTokens(session))
        self._adapter = HttpxRequestAdapter(tokens, http_client=session.http)
        self._adapter.base_url = f"{session.endpoints.graph}/v1.0"
        self._client = GraphServiceClient(request_adapter=cast("GraphRequestAdapter", self._adapter))

    async def principal(self, object_id: str) -> Principal | None:
        """The service principal of an object id, or None."""
        item = self._client.service_principals.by_service_principal_id(object_id)
        row = await self._read(f"servicePrincipals/{object_id}", item.to_get_request_information())
        return principal_of(row) if row is not None else None

    async def principals_of_apps(self, app_ids: Iterable[str]) -> list[Principal]:
        """The service principals of application ids in this tenant; those absent are left out."""
        condition = " or ".join(f"appId eq '{app_id}'" for app_id in app_ids)
        if not condition:
            return []
        rows = await self._pages("servicePrincipals", self._client.service_principals, Query(condition))
        return [principal_of(row) for row in rows]

    async def grants(self, principal_id: str) -> list[Grant]:
        """The delegated grants for all users that a service principal holds."""
        item = self._client.service_principals.by_service_principal_id(principal_id)
        rows = await self._pages("oauth2PermissionGrants", item.oauth2_permission_grants)
        return [
            Grant(str(row["resourceId"]), frozenset(str(row.get("scope") or "").split()), str(row["id"]))
            for row in rows
            if row.get("consentType") == "AllPrincipals"
        ]

    async def assigned_to(self, principal_id: str) -> list[Assignment]:
        """Users and groups assigned to a service principal."""
        item = self._client.service_principals.by_service_principal_id(principal_id)
        return _assignments(await self._pages("appRoleAssignedTo", item.app_role_assigned_to))

    async def assignments_of(self, principal_id: str) -> list[Assignment]:
        """App roles of APIs that a service principal itself holds."""
        item = self._client.service_principals.by_service_principal_id(principal_id)
        return _assignments(await self._pages("appRoleAssignments", item.app_role_assignments))

    async def user_id(self, name: str) -> str | None:
        """The object id of a user by principal name, or None."""
        item = self._client.users.by_user_id(name)
        row = await self._read(f"users/{name}", item.to_get_request_information())
        return str(row["id"]) if row is not None else None

    async def _pages(self, what: str, builder: Any, query: Query | None = None) -> list[Row]:
        asked = RequestConfiguration(query_parameters=query) if query else None
        page = await self._read(what, builder.to_get_request_information(asked))
        if page is None:  # what the list hangs on is not there
            return []
        pages, rows = self._session.pages(self._session.endpoints.graph), list[Row](page.rows())
        while link := pages.follow(page.get("@odata.nextLink")):
            page = await self._read(what, builder.with_url(link).to_get_request_information())
            if page is None:
                raise bad_answer(pages.host, "does not know the next page of a list that it named")
            rows += page.rows()
        return rows

    async def _read(self, what: str, request: RequestInformation) -> Document | None:
        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        session = self._session

        async def ask() -> httpx.Response:
            answer: Any = await self._adapter.send_primitive_async(request, "bytes", {})
            return cast("httpx.Response", answer)

        answer = await session.repeated("GET", f"{session.endpoints.graph}/v1.0/{what}", ask, SAFE)
        if answer.is_success:
            return object_of(answer)
        if answer.status_code == 404:
            return None
        raise refusal(f"to read {what}", answer)


def principal_of(row: Row) -> Principal:
    """Read Graph's service principal."""
    return Principal(
        id=str(row["id"]),
        app_id=str(row.get("appId") or ""),
        enabled=row.get("accountEnabled") is not False,
        assignment_required=bool(row.get("appRoleAssignmentRequired")),
        app_roles=tuple((str(r["id"]), str(r["value"])) for r in row.get("appRoles") or []),
        scopes=tuple(str(r["value"]) for r in row.get("oauth2PermissionScopes") or []),
    )


def _assignments(rows: list[Row]) -> list[Assignment]:
    return [assignment_of(row) for row in rows]


def assignment_of(row: Row) -> Assignment:
    """Read Graph's appRoleAssignment."""
    return Assignment(
        str(row.get("principalId") or "").lower(),
        str(row.get("principalDisplayName") or ""),
        str(row.get("principalType") or ""),
        str(row.get("resourceId") or ""),
        str(row.get("appRoleId") or ""),
        str(row.get("id") or ""),
    )
