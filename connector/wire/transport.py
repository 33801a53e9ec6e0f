"""What the sessions of many stacks share: connections, logins, and the emulator's addresses.

One process reads hundreds of tenants. What costs much and is the same for all of them is made once;
tokens, counters and what a session may talk to stay each session's own.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from types import TracebackType

import httpx
import requests
from azure.core.pipeline.transport import RequestsTransport

from connector.deadlines import CONNECT, LOGIN_ANSWER
from connector.settings import Cloud
from connector.wire.endpoints import Endpoints
from connector.wire.network import Routes, login_bundle, tls


class Connections:
    """Async context manager that owns the connections; `Session(settings, connections=…)` borrows them.

    *at_once* is how many stacks are read side by side; *emulated* keeps the login away from proxies.
    """

    def __init__(self, environ: Mapping[str, str], *, at_once: int, emulated: bool = False) -> None:
        _remember_what_is_missing()
        self.endpoints: dict[Cloud, Endpoints] = {}
        self._visits: Counter[str] = Counter()
        self._http = Routes(tls(environ))
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
            connection_timeout=CONNECT,
            read_timeout=LOGIN_ANSWER,
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

    async def __aenter__(self) -> Connections:
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


def _remember_what_is_missing() -> None:
    """Let an import that fails fail at once: httpcore tries sniffio several times a request.

    Where it is not installed each try would search the whole path; None in `sys.modules` is
    Python's own way to say that a module is not there (import system, 5.3.1).
    """
    if find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # see above
