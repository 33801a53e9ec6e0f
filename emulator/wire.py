"""Around every request: the delay, the armed fault, the replication lag, the log line."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.context import Context
from emulator.errors import dataverse_body, graph_body, login_body
from emulator.faults import Fault, fault_for, lagging, start_lag
from emulator.protocol import drop_connection

_HANG_SECONDS = 600.0
_NEW_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def service_of(host: str, path: str) -> str:
    """Name the service that a request is for: login, graph or dataverse."""
    if host not in ("localhost", "127.0.0.1"):
        return "dataverse"
    return "graph" if path.startswith(("/v1.0/", "/beta/")) else "login"


class Wire:
    """ASGI middleware: log, latency and faults, in one place for all three services."""

    def __init__(self, app: ASGIApp, ctx: Context, latency_ms: int = 0) -> None:
        """Wrap *app*; *latency_ms* is added to every request."""
        self.app, self.ctx, self.latency = app, ctx, latency_ms / 1000

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.time()
        answer = _Answer()
        scope["emulator"] = {"client_id": "", "emulated": True}
        try:
            await self._serve(scope, receive, answer)
        finally:
            # Logged before the answer leaves, so that a reader who has the answer finds the line.
            self._log(scope, started, answer.status)
        if answer.hangs:
            await asyncio.sleep(_HANG_SECONDS)
        if answer.dropped:
            drop_connection(scope)
            return
        if service_of(_host(scope).rsplit(":", 1)[0], scope["path"]) == "graph":
            answer.name_request()
        for message in answer.messages:
            await send(message)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        if self.latency:
            await asyncio.sleep(self.latency)
        store = self.ctx.store
        fault = fault_for(store, scope["method"], scope["path"], self.ctx.now())
        if fault and fault.answer == "hang":
            await asyncio.sleep(_HANG_SECONDS)
        if fault and fault.answer == "reset-before":
            answer.dropped = True
        elif fault and fault.status:
            answer.set_json(fault.status, _fault_body(scope, fault.status), _fault_headers(fault))
        elif lagging(store, scope["path"]):
            answer.set_json(404, _fault_body(scope, 404), [])
        else:
            await self.app(scope, receive, answer.take)
            self._spoil(scope, answer, fault)

    def _spoil(self, scope: Scope, answer: _Answer, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.answer in ("404-after", "500-after"):
            status = int(fault.answer.removesuffix("-after"))
            answer.set_json(status, _fault_body(scope, status), [])
        elif fault.answer == "hang-after":
            answer.hangs = True
        elif fault.answer == "reset-after":
            answer.dropped = True
        elif fault.answer == "truncate":
            answer.truncate()
        elif fault.answer == "lag" and answer.status < 300 and (id := answer.new_id()):
            start_lag(self.ctx.store, id, fault.times)

    def _log(self, scope: MutableMapping[str, Any], started: float, status: int) -> None:
        host = _host(scope)
        name = host.rsplit(":", 1)[0]
        seen = scope["emulator"]
        self.ctx.store.db.execute(
            "INSERT INTO log "
            "(started, ended, service, host, method, path, query, status, client_id, emulated)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                started,
                time.time(),
                service_of(name, scope["path"]),
                host,
                scope["method"],
                scope["path"],
                scope["query_string"].decode("latin-1"),
                status,
                seen["client_id"],
                int(seen["emulated"]),
            ),
        )


def _host(scope: MutableMapping[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            return str(value.decode("latin-1"))
    return ""


def _fault_headers(fault: Fault) -> list[tuple[bytes, bytes]]:
    return [(b"retry-after", fault.retry_after.encode())] if fault.retry_after else []


_GRAPH_CODES = {429: "TooManyRequests", 404: "Request_ResourceNotFound", 503: "serviceNotAvailable"}
_DATAVERSE_CODES = {429: "0x80072322", 404: "0x80040217"}


def _fault_body(scope: MutableMapping[str, Any], status: int) -> dict[str, Any]:
    service = service_of(_host(scope).rsplit(":", 1)[0], scope["path"])
    if service == "graph":
        return graph_body(_GRAPH_CODES.get(status, "generalException"), "A fault armed in the emulator.")
    if service == "dataverse":
        return dataverse_body(_DATAVERSE_CODES.get(status, ""), "A fault armed in the emulator.")
    return login_body("temporarily_unavailable", 90033, "A transient error has occurred. Please try again.")


class _Answer:
    """The answer on its way out, held back until the fault has had its say."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.dropped = False
        self.hangs = False

    async def take(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        if self.dropped or not self.messages:
            return 0
        return int(self.messages[0]["status"])

    def set_json(self, status: int, body: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> None:
        raw = json.dumps(body).encode()
        all_headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
        self.messages = [
            {"type": "http.response.start", "status": status, "headers": all_headers + headers},
            {"type": "http.response.body", "body": raw},
        ]

    def name_request(self) -> None:
        """Graph's ids in the headers: those of an error's body, if any (graph docs, concepts/errors)."""
        error = (self._json() or {}).get("error") if self.status >= 400 else None  # HTTP
        inner = error.get("innerError", {}) if isinstance(error, dict) else {}
        own = str(inner.get("request-id") or uuid.uuid4())
        ids = {"request-id": own, "client-request-id": str(inner.get("client-request-id") or own)}
        headers = [(name.encode(), value.encode()) for name, value in ids.items()]
        self.messages[0]["headers"] = [*self.messages[0]["headers"], *headers]

    def _json(self) -> dict[str, Any] | None:
        try:
            body = json.loads(b"".join(m.get("body", b"") for m in self.messages[1:]))
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def truncate(self) -> None:
        """Keep the announced length and send half of the body; the server then cuts the connection."""
        body = b"".join(m.get("body", b"") for m in self.messages[1:])
        self.messages[1:] = [{"type": "http.response.body", "body": body[: len(body) // 2]}]

    def new_id(self) -> str | None:
        """The id of the object that the answer speaks of: the body's, or the last in its OData-EntityId."""
        headers = dict(self.messages[0]["headers"])
        if location := headers.get(b"odata-entityid") or headers.get(b"location"):
            found = _NEW_ID.findall(location.decode())
            return str(found[-1]) if found else None
        body = self._json() or {}
        value = body.get("id") or body.get("keyId")
        return value if isinstance(value, str) else None
