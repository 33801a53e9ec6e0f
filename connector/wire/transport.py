"""Connections: those that the sessions of many stacks share, and what every session's answers must keep to.

One process reads hundreds of tenants. What costs much and is the same for all of them is made once;
tokens, counters and what a session may talk to stay each session's own.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from types import TracebackType

import httpx

from connector.deadlines import Patience
from connector.settings import Cloud
from connector.wire.answers import ENCODING, Answer, Body, bad_answer, endless
from connector.wire.endpoints import Endpoints
from connector.wire.login_transport import LoginHttp, login_transport
from connector.wire.network import Routes, login_bundle, tls
from connector.wire.shapes import MICROSOFT


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
        self._requests = LoginHttp(at_once=at_once, direct=emulated)
        #: azure-core's, for every credential of azure-identity.
        self.login = login_transport(self._requests, ca_file=login_bundle(environ))

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


class Bounded(httpx.AsyncBaseTransport):
    """A transport whose answers are there as a whole, within deadlines.py (UnreachableError)."""

    def __init__(self, transport: httpx.AsyncBaseTransport, patience: Patience) -> None:
        self._transport, self._patience = transport, patience

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it by the transport behind, and read the answer to its end."""
        request.headers["Accept-Encoding"] = ENCODING
        host, seconds = request.url.netloc.decode("ascii"), self._patience.whole_answer
        try:
            async with asyncio.timeout(seconds):
                answer = await self._transport.handle_async_request(request)
                body = await self._read(host, answer)
        except TimeoutError:
            raise endless(host, seconds) from None
        if answer.is_redirect and not _can_be_read(answer.headers["Location"]):
            raise bad_answer(host, "sends on to an address that cannot be read")
        return Answer(answer, body, MICROSOFT)

    async def _read(self, host: str, answer: httpx.Response) -> bytes:
        try:
            encoding = answer.headers.get("Content-Encoding", "")
            body = Body(host, encoding, self._patience.until(self._patience.whole_answer))
            async for chunk in _stream_of(answer):
                body.add(chunk)
        finally:
            await answer.aclose()
        return body.done()

    async def aclose(self) -> None:
        """Close what is behind."""
        await self._transport.aclose()


def _stream_of(answer: httpx.Response) -> httpx.AsyncByteStream:
    """The bytes as they are on the wire; httpx would unpack them without a bound."""
    stream = answer.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError(f"{type(stream).__name__} is no stream of an asynchronous client")
    return stream


def _can_be_read(address: str) -> bool:
    try:
        httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return True


def _remember_what_is_missing() -> None:
    """Let an import that fails fail at once: httpcore tries sniffio several times a request.

    Where it is not installed each try would search the whole path; None in `sys.modules` is
    Python's own way to say that a module is not there (import system, 5.3.1).
    """
    if find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # see above
