"""Connections: none is left open by a cancellation, and each host is reached by its route."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import httpx
import pytest

from connector.wire.network import Routes, proxy_of


class Listener:
    """Takes connections on loopback, never answers, and notes when the other side closes."""

    def __init__(self) -> None:
        self.taken = asyncio.Event()
        self.closed = asyncio.Event()
        self.first = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        self.first = await reader.read(16)
        self.taken.set()
        with contextlib.suppress(ConnectionError):
            while await reader.read(4096):
                pass
        self.closed.set()
        writer.close()


async def _listening(listener: Listener) -> tuple[asyncio.Server, int]:
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    return server, int(server.sockets[0].getsockname()[1])


async def test_a_handshake_that_is_cancelled_closes_its_connection() -> None:
    """While the routes stay open: nothing waits for the collector to find the socket."""
    listener = Listener()
    server, port = await _listening(listener)
    routes = Routes(ssl.create_default_context())
    async with server:
        request = httpx.Request("GET", f"https://127.0.0.1:{port}/")
        asked = asyncio.create_task(routes.handle_async_request(request))
        await asyncio.wait_for(listener.taken.wait(), 10)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await asyncio.wait_for(listener.closed.wait(), 10)
        assert listener.first[:1] == b"\x16"  # a TLS handshake had begun
    await routes.aclose()


async def test_a_host_elsewhere_goes_by_the_proxy_and_loopback_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """HTTPS_PROXY without a scheme is HTTP's; NO_PROXY is heard."""
    listener = Listener()
    server, port = await _listening(listener)
    monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{port}")
    monkeypatch.setenv("NO_PROXY", "near.invalid")
    routes = Routes(ssl.create_default_context())
    async with server:
        asked = asyncio.create_task(routes.handle_async_request(httpx.Request("GET", "https://far.invalid/")))
        await asyncio.wait_for(listener.taken.wait(), 10)
        assert listener.first.startswith(b"CONNECT far.")
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        for straight in ("https://near.invalid/", "https://127.0.0.1:1/"):
            listener.taken.clear()
            with pytest.raises(httpx.ConnectError):
                await routes.handle_async_request(httpx.Request("GET", straight))
            assert not listener.taken.is_set()
    await routes.aclose()


@pytest.mark.parametrize(
    ("known", "url"),
    [
        ({}, None),
        ({"https": "proxy:8080"}, "http://proxy:8080"),
        ({"https": "https://proxy"}, "https://proxy"),
        ({"all": "http://proxy:1"}, "http://proxy:1"),
        ({"https": "http://near:1", "all": "socks5://far:1"}, "http://near:1"),
    ],
)
def test_which_proxy_is_taken(known: dict[str, str], url: str | None) -> None:
    """Https before all, HTTP where no scheme is written."""
    proxy = proxy_of(known)
    assert (str(proxy.url) if proxy else None) == url
