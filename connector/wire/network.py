"""Connections: which route a host is reached by, what is trusted, and no socket left behind."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from connector.errors import Problem, SettingsError
from connector.settings.clouds import is_loopback

_CONNECTIONS = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class Routes(httpx.AsyncBaseTransport):
    """Straight to the host, or by the proxy that the environment names for it; never to loopback by one.

    Each host has connections of its own: one pool for hundreds of hosts would be searched through,
    and each idle connection in it asked, at every request.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._hosts: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it over the host's own connections."""
        host = request.url.netloc.decode("ascii")
        if host not in self._hosts:
            self._hosts[host] = self._open(request.url.host)
        return await self._hosts[host].handle_async_request(request)

    def _open(self, name: str) -> httpx.AsyncHTTPTransport:
        direct = is_loopback(name) or bool(proxy_bypass(name))
        transport = httpx.AsyncHTTPTransport(
            verify=self._context,
            trust_env=False,
            limits=_CONNECTIONS,
            proxy=None if direct else proxy_of(getproxies()),
        )
        # httpx hands no backend on to httpcore, whose pools take one (httpcore, network backends).
        transport._pool._network_backend = TidyBackend()
        return transport

    async def forget(self, host: str) -> None:
        """Close the connections to a host (with its port, where the URL has one)."""
        if host in self._hosts:
            await self._hosts.pop(host).aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        for host in list(self._hosts):
            await self.forget(host)


def proxy_of(known: Mapping[str, str]) -> httpx.Proxy | None:
    """The proxy for https among those of the environment (`urllib.request.getproxies`).

    Raises SettingsError for one that cannot be used; its address may hold a password and is not shown.
    """
    variable = "HTTPS_PROXY" if known.get("https") else "ALL_PROXY"
    address = known.get("https") or known.get("all")
    if not address:
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or proxy.url.scheme not in ("http", "https") or not proxy.url.host:
        message = "must name an HTTP proxy, http://HOST:PORT; SOCKS is not spoken here"
        raise SettingsError([Problem("environment.proxy", variable, "", message)], where="the environment")
    return proxy


class TidyBackend(httpcore.AnyIOBackend):
    """httpcore's network, with one rule more: a handshake that is cancelled closes its connection.

    httpcore 1.0.9 closes it for errors only, and a cancellation is none; the socket would stay open
    until the collector finds it.
    """

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's own argument
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, as httpcore does."""
        stream = await super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _TidyStream(stream)


class _TidyStream(httpcore.AsyncNetworkStream):
    """A connection before its handshake."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await self._stream.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The context that trusts what the environment says; to make one costs tens of milliseconds.

    Raises SettingsError for a file of certificates that cannot be read.
    """
    ca_file = environ.get("SSL_CERT_FILE")
    if not ca_file:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        message = f"cannot be read as certificates in PEM ({error.strerror or error}); correct it or unset it"
        problem = Problem("environment.certificates", "SSL_CERT_FILE", ca_file, message)
        raise SettingsError([problem], where="the environment") from None


def login_bundle(environ: Mapping[str, str]) -> str | None:
    """The file that logins trust in place of the usual bundle (azure-identity goes by requests)."""
    return environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE")
