"""A service on loopback that answers JSON by a method, as told by a test."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request: path without query, query with one value a name, and the JSON that it held."""

    method: str
    path: str
    query: dict[str, str]
    authorization: str
    body: Any = None


@dataclass(frozen=True)
class Answer:
    """What is sent back; with `cut` the connection is closed instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


class LoopbackService:
    """Listens on a free port of 127.0.0.1 until `stop`; `origin` is its address, `seen` what was asked."""

    def __init__(self) -> None:
        """Begin to listen."""
        self.seen: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, asked: Asked) -> Answer:
        """What to answer."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = json.loads(data) if data else None
                authorization = self.headers.get("Authorization", "")
                asked = Asked(self.command, parts.path, query, authorization, body)
                service.seen.append(asked)
                self._send(service.answer(asked))

            def _send(self, answer: Answer) -> None:
                if answer.cut:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                data = json.dumps(answer.body).encode()
                self.send_response(answer.status)
                headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
                for name, value in (headers | answer.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = _serve  # noqa: N815  # the names that the server looks for

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
