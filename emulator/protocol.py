"""The HTTP protocol of uvicorn with one addition: a connection can be cut on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_transports: dict[tuple[str, int], asyncio.Transport] = {}


class CuttableProtocol(H11Protocol):
    """Remembers each client's transport so that a fault can abort it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        """Note the new connection."""
        super().connection_made(transport)
        if self.client is not None:
            _transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self.client is not None:
            _transports.pop(self.client, None)
        super().connection_lost(exc)


def drop_connection(scope: MutableMapping[str, Any]) -> None:
    """Abort the connection of a request, as a network that fails does."""
    transport = _transports.get(tuple(scope["client"]))
    if transport is not None:
        transport.abort()
