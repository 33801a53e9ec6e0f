"""A transport that lets a test see each request as it leaves, and act before or after it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from typing import Any

import httpx

Hook = Callable[[httpx.Request], None]


def _nothing(_: httpx.Request) -> None:
    return None


class Watched(httpx.AsyncBaseTransport):
    """The usual transport; `seen` holds every request, hooks run before it leaves and when it was served."""

    def __init__(self, trust: ssl.SSLContext, *, before: Hook = _nothing, after: Hook = _nothing) -> None:
        """Trust what *trust* trusts."""
        self._trust, self._before, self._after = trust, before, after
        self._inner: httpx.AsyncHTTPTransport | None = None
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        self.seen.append(request)
        self._before(request)
        if self._inner is None:
            self._inner = httpx.AsyncHTTPTransport(verify=self._trust)
        answer = await self._inner.handle_async_request(request)
        self._after(request)
        return answer

    async def aclose(self) -> None:
        """Close the connections; the next request opens new ones, also in another event loop."""
        if self._inner is not None:
            await self._inner.aclose()
        self._inner = None

    def writes(self) -> list[httpx.Request]:
        """The requests that change something."""
        return [request for request in self.seen if request.method != "GET"]


def body_of(request: httpx.Request) -> dict[str, Any]:
    """The JSON object that a request carries; empty when it has none."""
    value: dict[str, Any] = json.loads(request.content) if request.content else {}
    return value


def resource_of(request: httpx.Request) -> str:
    """The path after the Web API's version, such as `roles(ID)`."""
    return request.url.path.rpartition("/v9.2/")[2]
