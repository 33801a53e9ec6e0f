"""What the sessions of many stacks share: connections, TLS contexts, and the emulator's addresses.

One process reads hundreds of tenants. What costs much and is the same for all of them is made once;
tokens, counters and what a session may talk to stay each session's own.
"""

from __future__ import annotations

import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
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


class Shared:
    """Async context manager that owns the connections; `Session(settings, shared=…)` borrows them.

    *at_once* is how many stacks are read side by side; *emulated* keeps the login away from proxies.
    """

    def __init__(self, environ: Mapping[str, str], *, at_once: int, emulated: bool = False) -> None:
        _remember_what_is_missing()
        self.endpoints: dict[Cloud, Endpoints] = {}
        self._visits: Counter[str] = Counter()
        self._http = _Routes(tls(environ))
        self.transport: httpx.AsyncBaseTransport = Borrowed(self._http)
        self._requests = requests.Session()
        self._requests.trust_env = not emulated
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=2 * at_once)
        self._requests.mount("https://", adapter)
        #: azure-core's, for every credential of azure-identity.
        self.login = RequestsTransport(
            session=self._requests,
            session_owner=False,
            connection_verify=login_bundle(environ) or True,
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
        )

    @asynccontextmanager
    async def visit(self, host: str) -> AsyncIterator[None]:
        """While stacks of a host are read; after the last of them its connections are closed."""
        self._visits[host] += 1
        try:
            yield
        finally:
            self._visits[host] -= 1
            if not self._visits[host]:
                await self._http.forget(host)

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
    """Straight to the host, or by the proxy that the environment names for it; never to loopback by one.

    Each host has connections of its own: one pool for hundreds of hosts would be searched through,
    and each idle connection in it asked, at every request.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._proxy = getproxies().get("https")
        self._hosts: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.netloc.decode("ascii")
        if host not in self._hosts:
            name = request.url.host
            direct = self._proxy is None or is_loopback(name) or proxy_bypass(name)
            self._hosts[host] = httpx.AsyncHTTPTransport(
                verify=self._context,
                trust_env=False,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
                proxy=None if direct else self._proxy,
            )
        return await self._hosts[host].handle_async_request(request)

    async def forget(self, host: str) -> None:
        """Close the connections to a host (with its port, where the URL has one)."""
        if host in self._hosts:
            await self._hosts.pop(host).aclose()

    async def aclose(self) -> None:
        for host in list(self._hosts):
            await self.forget(host)


def _remember_what_is_missing() -> None:
    """Let an import that fails fail at once: httpcore tries sniffio several times a request.

    Where it is not installed each try would search the whole path; None in `sys.modules` is
    Python's own way to say that a module is not there (import system, 5.3.1).
    """
    if find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # see above


def tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The context that trusts what the environment says; to make one costs tens of milliseconds."""
    ca_file = environ.get("SSL_CERT_FILE")
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    return httpx.create_ssl_context()


def login_bundle(environ: Mapping[str, str]) -> str | None:
    """The file that logins trust in place of the usual bundle (azure-identity goes by requests)."""
    return environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE")
