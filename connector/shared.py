"""What the sessions of many stacks share: connections, TLS contexts, and the emulator's addresses.

One process reads hundreds of tenants. What costs much and is the same for all of them is made once;
tokens, counters and what a session may talk to stay each session's own.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import TracebackType
from urllib.request import getproxies, proxy_bypass

import httpx
import requests
from azure.core.pipeline.transport import RequestsTransport

from connector.cloud_endpoints import Endpoints
from connector.settings import Cloud
from connector.settings.clouds import is_loopback

_CONNECT_SECONDS = 10
_READ_SECONDS = 30
# A stack reads about as many things side by side.
_EACH = 8


class Shared:
    """Async context manager that owns the connections; `Session(settings, shared=…)` borrows them.

    *at_once* is how many stacks are read side by side.
    """

    def __init__(self, environ: Mapping[str, str], *, at_once: int) -> None:
        self.endpoints: dict[Cloud, Endpoints] = {}
        self._http = _Routes(tls(environ), kept=at_once * _EACH)
        self.transport: httpx.AsyncBaseTransport = Borrowed(self._http)
        self._requests = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=2 * at_once)
        self._requests.mount("https://", adapter)
        #: azure-core's, for every credential of azure-identity.
        self.login = RequestsTransport(
            session=self._requests,
            session_owner=False,
            connection_verify=environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE") or True,
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
        )

    async def __aenter__(self) -> Shared:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._requests.close()
        await self._http.aclose()


class Borrowed(httpx.AsyncBaseTransport):
    """A transport that outlives the client that uses it."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it by the transport behind."""
        return await self._transport.handle_async_request(request)


class _Routes(httpx.AsyncBaseTransport):
    """Straight to the host, or by the proxy that the environment names for it; never to loopback by one."""

    def __init__(self, context: ssl.SSLContext, *, kept: int) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=kept, keepalive_expiry=10.0)
        self._direct = httpx.AsyncHTTPTransport(verify=context, limits=limits, trust_env=False)
        proxy = getproxies().get("https")
        self._proxied = (
            httpx.AsyncHTTPTransport(verify=context, limits=limits, trust_env=False, proxy=proxy)
            if proxy
            else None
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if self._proxied is None or is_loopback(host) or proxy_bypass(host):
            return await self._direct.handle_async_request(request)
        return await self._proxied.handle_async_request(request)

    async def aclose(self) -> None:
        await self._direct.aclose()
        if self._proxied is not None:
            await self._proxied.aclose()


def tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The context that trusts what the environment says; to make one costs tens of milliseconds."""
    ca_file = environ.get("SSL_CERT_FILE")
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    return httpx.create_ssl_context()
