"""Each client of the connector, sent to a stand-in on loopback in place of the service that it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import requests
from pydantic import SecretStr

from connector.comments.place import read_place
from connector.comments.services import AzureRepos, GitHub
from connector.comments.transport import Transport
from connector.dataverse.client import DataverseClient
from connector.dataverse.live import read_administrators
from connector.dataverse.sign_in import _Given
from connector.entra.directory import Directory
from connector.settings import load_settings
from connector.wire.login import Authority, Identity, application_credential
from connector.wire.login_transport import LoginHttp, login_transport
from connector.wire.pipeline_tokens import TokenRequest, fetch_token
from connector.wire.session import Session
from tests.support.answers import AnyAnswers
from tests.unit.settings_samples import GOOD, OID, PROJECT

ROOT = f"{GOOD['dynamicsUrl']}/api/data/v9.2/"
GRAPH = "https://graph.microsoft.com/v1.0/"
TENANT = str(GOOD["tenantId"])
LOGIN = "https://login.microsoftonline.com"


class Elsewhere(httpx.AsyncBaseTransport):
    """Sends to loopback what is meant for Microsoft."""

    def __init__(self, host: str) -> None:
        self._host, self._behind = host, httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The same request, to another host."""
        there = request.url.copy_with(scheme="http", netloc=self._host.encode())
        return await self._behind.handle_async_request(
            httpx.Request(request.method, there, headers=request.headers, stream=request.stream)
        )

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._behind.aclose()


class ElsewhereToo(requests.adapters.HTTPAdapter):
    """The same for `requests`."""

    host = ""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """The same request, to another host."""
        meant, parts = request.url, urlsplit(request.url or "")
        request.url = parts._replace(scheme="http", netloc=self.host).geturl()
        try:
            return super().send(request, *args, **options)
        finally:
            request.url = meant


async def _in_session(service: AnyAnswers, work: Callable[[Session], Any]) -> Any:
    settings = load_settings(GOOD, stack="dev", project_dir=PROJECT)
    environ = {"ARM_CLIENT_ID": OID, "ARM_CLIENT_SECRET": "s~s"}
    where = Elsewhere(service.host)
    async with Session(settings, environ=environ, transport=where, patience=service.patience) as session:
        session._deployer = Identity("the deployer", lambda: _Given("a-token"))
        return await work(session)


async def graph_list(service: AnyAnswers) -> Any:
    """A list of applications."""
    return await _in_session(service, lambda session: Directory(session).marked("x"))


async def graph_object(service: AnyAnswers) -> Any:
    """One application."""
    return await _in_session(service, lambda session: Directory(session).application(OID))


async def graph_write(service: AnyAnswers) -> Any:
    """Restore of an application."""
    return await _in_session(service, lambda session: Directory(session).restore(OID))


async def dataverse_list(service: AnyAnswers) -> Any:
    """Roles of an organization."""
    return await _in_session(
        service, lambda session: read_administrators(DataverseClient(session, session.deployer))
    )


async def dataverse_object(service: AnyAnswers) -> Any:
    """Who asks."""

    async def who(session: Session) -> str:
        return str((await DataverseClient(session, session.deployer).get("WhoAmI"))["UserId"])

    return await _in_session(service, who)


async def dataverse_write(service: AnyAnswers) -> Any:
    """A row that is changed."""
    return await _in_session(
        service, lambda session: DataverseClient(session, session.deployer).patch("roles(1)", {})
    )


async def login(service: AnyAnswers) -> Any:
    """A token for a client secret."""
    with LoginHttp(patience=service.patience) as http:
        ElsewhereToo.host = service.host
        http.mount("https://", ElsewhereToo())
        authority = Authority(LOGIN, TENANT, transport=login_transport(http, ca_file=None))
        secret = SecretStr("s~s")
        who = Identity("it", lambda: application_credential(OID, secret, authority), host=_LOGIN)
        return await who.token(f"{GOOD['dynamicsUrl']}/.default")


async def pipeline(service: AnyAnswers) -> Any:
    """A job's own token."""
    with LoginHttp(patience=service.patience) as http:
        request = TokenRequest(f"http://{service.host}/token", SecretStr("j~j"))
        options = {"transport": login_transport(http, ca_file=None)}
        return await asyncio.to_thread(fetch_token, request, options)


async def _comments(service: AnyAnswers, kind: type[GitHub | AzureRepos], environ: dict[str, str]) -> Any:
    place = read_place(environ)
    transport = Transport(place, sleep=lambda _: None)
    try:
        return await asyncio.to_thread(lambda: list(kind(place, transport).mine()))
    finally:
        transport.close()


async def github(service: AnyAnswers) -> Any:
    """The job's comments at GitHub."""
    environ = {
        "GITHUB_TOKEN": "g~g",
        "GITHUB_REPOSITORY": "agency/tenants",
        "GITHUB_API_URL": f"http://{service.host}",
        "GITHUB_REF": "refs/pull/7/merge",
    }
    return await _comments(service, GitHub, environ)


async def azure(service: AnyAnswers) -> Any:
    """The job's comments at Azure Repos."""
    environ = {
        "SYSTEM_ACCESSTOKEN": "a~a",
        "SYSTEM_COLLECTIONURI": f"http://{service.host}/agency/",
        "SYSTEM_TEAMPROJECT": "tenants",
        "BUILD_REPOSITORY_ID": "r-1",
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
    }
    return await _comments(service, AzureRepos, environ)


DISCOVERY = {
    "issuer": f"{LOGIN}/{TENANT}/v2.0",
    "token_endpoint": f"{LOGIN}/{TENANT}/oauth2/v2.0/token",
    "authorization_endpoint": f"{LOGIN}/{TENANT}/oauth2/v2.0/authorize",
}


@dataclass(frozen=True)
class Client:
    """A client's read or write, and what is answered before the answer that is spoilt."""

    ask: Callable[[AnyAnswers], Any]
    host: str
    before: tuple[Any, ...] = ()


_ORGANIZATION, _GRAPH, _LOGIN = (urlsplit(url).netloc for url in (ROOT, GRAPH, LOGIN))
VIEWER = {"data": {"viewer": {"login": "me"}}}
CLIENTS = {
    "a list of Graph": Client(graph_list, _GRAPH),
    "an object of Graph": Client(graph_object, _GRAPH),
    "a write to Graph": Client(graph_write, _GRAPH),
    "a list of Dataverse": Client(dataverse_list, _ORGANIZATION),
    "an object of Dataverse": Client(dataverse_object, _ORGANIZATION),
    "a write to Dataverse": Client(dataverse_write, _ORGANIZATION),
    "the login service's description": Client(login, _LOGIN),
    "a token": Client(login, _LOGIN, (DISCOVERY,)),
    "a job's token": Client(pipeline, "127.0.0.1"),
    "GitHub's viewer": Client(github, "127.0.0.1"),
    "a list of GitHub": Client(github, "127.0.0.1", (VIEWER,)),
    "the build service's name": Client(azure, "127.0.0.1"),
    "a list of Azure Repos": Client(azure, "127.0.0.1", ({"authenticatedUser": {"id": "me"}},)),
}
