"""A host that answers any bytes at all: what a client must come to an end with."""

from __future__ import annotations

import gzip
import itertools
import json
import socketserver
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import Any

from connector.deadlines import Patience

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html"}
_MIB = 2**20


@dataclass(frozen=True)
class Reply:
    """A status, headers, and the bytes in the pieces that they are sent in; *pause* is between two."""

    body: Iterable[bytes] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: _JSON)
    pause: float = 0.0


def as_json(value: Any) -> Reply:
    """A good answer."""
    return Reply((json.dumps(value).encode(),))


def packed(body: bytes, encoding: str = "gzip") -> Reply:
    """Bytes that say that they are packed."""
    return Reply((body,), headers={**_JSON, "Content-Encoding": encoding})


@cache
def _bomb() -> tuple[bytes]:
    """Little on the wire, and more than any answer may hold once it is unpacked."""
    return (gzip.compress(bytes(65 * _MIB)),)


_CUT = gzip.compress(json.dumps({"value": [], "id": "x" * 500}).encode())[:-30]

#: Less than the service would have to send, and what the tests let an answer hold.
ROOM = 2 * _MIB
#: What any service may answer in place of what was asked for, and a word of the sentence about it.
SPOILT: dict[str, tuple[Callable[[], Reply], str]] = {
    "a page": (lambda: Reply((b"<!doctype html><p>Sign in",), headers=_HTML), "no JSON"),
    "nothing": (Reply, "nothing"),
    "half of it": (lambda: Reply((b'{"value": [{"id": "a"',)), "no JSON"),
    "another charset": (lambda: Reply(('{"value": "é"}'.encode("latin-1"),)), "no JSON"),
    "no gzip": (lambda: packed(b"not packed at all"), "cannot be unpacked"),
    "gzip cut off": (lambda: packed(_CUT), "cut off"),
    "gzip twice": (lambda: packed(gzip.compress(gzip.compress(b"{}")), "gzip, gzip"), "encoding"),
    "another encoding": (lambda: packed(b"{}", "br"), "encoding"),
    "a bomb": (lambda: Reply(_bomb(), headers={**_JSON, "Content-Encoding": "gzip"}), "MiB"),
    "no end": (lambda: Reply(itertools.repeat(b" " * _MIB)), "MiB"),
    "drops": (lambda: Reply(itertools.repeat(b" "), pause=0.01), "did not end"),
    "deep objects": (lambda: Reply((b'{"a":' * 100_000,)), "deeper"),
    "deep lists": (lambda: Reply((b"[" * 100_000,)), "deeper"),
    "rather deep": (lambda: Reply((b'{"a":[' * 40 + b"]}" * 40,)), "deeper"),
    "a long number": (lambda: Reply((b'{"value":' + b"9" * 5_000 + b"}",)), "no JSON"),
    "a value": (lambda: Reply((b"17",)), "belongs"),
    "null": (lambda: Reply((b"null",)), "belongs"),
}


class AnyAnswers:
    """Listens on loopback; answers by a function of the path, or of how often it was asked."""

    def __init__(self, answer: Callable[[str, int], Reply]) -> None:
        """*answer* is given the path with its query, and 1 for the first request."""
        self.asked: list[str] = []
        #: What a client should give it; a test that plays a slow answer makes it short.
        self.patience = Patience()
        service = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                service._serve(self.rfile, self.wfile, answer)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def _serve(self, rfile: Any, wfile: Any, answer: Callable[[str, int], Reply]) -> None:
        """One request, and then the connection is closed: so the body ends where it ends."""
        path = rfile.readline().split()[1:2]
        length = 0
        while (line := rfile.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        rfile.read(length)
        if not path:
            return
        self.asked.append(path[0].decode())
        reply = answer(self.asked[-1], len(self.asked))
        try:
            head = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
            wfile.write(f"HTTP/1.1 {reply.status} Said\r\n{head}Connection: close\r\n\r\n".encode())
            for piece in reply.body:
                wfile.write(piece)
                wfile.flush()
                self._stopped.wait(reply.pause)
        except OSError:
            return  # the client has had enough

    def __enter__(self) -> AnyAnswers:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
