"""Serving: bind loopback addresses only, announce the variables, stop with whoever started it."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from emulator.app import build_app
from emulator.certs import ensure_certificates
from emulator.context import Context
from emulator.environment import environment
from emulator.keys import SigningKey
from emulator.protocol import CuttableProtocol
from emulator.seed import organization_addresses, seed
from emulator.store import Store

_CONNECTIONS = 1000


@dataclass(frozen=True)
class ServeOptions:
    """What `emulator serve` was asked for; `seconds` is None for no time limit."""

    folder: Path
    port: int
    seed_file: Path | None
    latency_ms: int
    page_size: int | None
    seconds: float | None
    tenants: int = 0


def open_store(folder: Path) -> Store:
    """Open the state of the emulator that lives in *folder*."""
    return Store(folder / "state.db")


def bind(addresses: list[str], port: int) -> list[socket.socket]:
    """Bind the port on each address (0: one free port for all).

    Raises ValueError for an address that is not loopback, and OSError when the port is taken.
    """
    sockets: list[socket.socket] = []
    for address in addresses:
        if not address.startswith("127."):
            raise ValueError(f"{address} is not a loopback address; the emulator serves loopback only")
        # asyncio switches Nagle's delay off only for a socket that names its protocol.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sockets.append(bound)
        try:
            bound.bind((address, port))
        except OSError as error:
            for one in sockets:
                one.close()
            if error.errno == errno.EADDRINUSE:
                raise _taken(address, port) from error
            raise
        port = port or bound.getsockname()[1]
    return sockets


def _taken(address: str, port: int) -> OSError:
    return OSError(
        f"port {port} is taken on {address}: an emulator, or another program, serves there already; "
        "use that one, stop it, or give another port with --port"
    )


def _allow_files(count: int) -> None:
    """Every address is a socket: ask for as many files as that takes, as far as this process may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def serve(options: ServeOptions) -> None:
    """Serve until SIGTERM, SIGINT, the time limit, or the death of the parent process.

    Raises OSError when the port is taken.
    """
    store = open_store(options.folder)
    seed(store, options.seed_file, options.tenants)
    addresses = ["127.0.0.1", *organization_addresses(store)]
    _allow_files(2 * len(addresses) + _CONNECTIONS)
    sockets = bind(addresses, options.port)
    port = sockets[0].getsockname()[1]
    store.set_meta("port", str(port))
    certificates = ensure_certificates(options.folder / "tls", addresses)
    ctx = Context(store, SigningKey(options.folder / "signing-key.pem"), port, options.page_size)
    config = uvicorn.Config(
        build_app(ctx, options.latency_ms),
        http=CuttableProtocol,
        ssl_certfile=str(certificates.server),
        ssl_keyfile=str(certificates.server),
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=1,
        # Longer than any client keeps an idle connection: one that both ends give up at the same
        # moment is cut under a request now and then (uvicorn and httpx both say 5 seconds).
        timeout_keep_alive=120,
    )
    server = uvicorn.Server(config)
    asyncio.run(_serve(server, sockets, options.seconds, environment(port, certificates.ca)))
    store.close()


async def _serve(
    server: uvicorn.Server, sockets: list[socket.socket], seconds: float | None, variables: dict[str, str]
) -> None:
    serving = asyncio.create_task(server.serve(sockets=sockets))
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn offers no event for it
        await asyncio.sleep(0.01)
    for name, value in variables.items():
        print(f"export {name}={value}")
    print("ready", flush=True)
    await _until_told_to_stop(server, serving, seconds)
    await serving


async def _until_told_to_stop(
    server: uvicorn.Server, serving: asyncio.Task[None], seconds: float | None
) -> None:
    parent, deadline = os.getppid(), time.monotonic() + (seconds or float("inf"))
    while not serving.done():
        await asyncio.sleep(0.1)
        if os.getppid() != parent or time.monotonic() > deadline:
            print("emulator: stopping", file=sys.stderr)
            server.should_exit = True
            return
