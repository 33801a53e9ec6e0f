"""`--trace FILE`: each request as a JSON line, without headers, bodies, or queries, so without secrets."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from connector.errors import Problem, SettingsError

_file: ContextVar[Path | None] = ContextVar("trace_file", default=None)
_REQUEST_IDS = ("x-ms-service-request-id", "req_id", "request-id", "x-ms-request-id")
_SENT = "trace_sent_at"


def trace_to(name: str | None) -> None:
    """Trace the sessions that begin from here on; raises SettingsError where the file cannot be written."""
    if name is None:
        return
    path = Path(name)
    try:
        path.open("a", encoding="utf-8").close()
    except OSError as error:
        problem = Problem("trace.file", "--trace", name, f"cannot be written: {error.strerror}")
        raise SettingsError([problem], where="the command line") from error
    _file.set(path)


class Trace:
    """Writes lines of `time`, `method`, `host`, `path`, `status`, `requestId`, `seconds`, `error`."""

    def __init__(self) -> None:
        """Write to the file that `trace_to` named, or nowhere."""
        self._path = _file.get()

    def sent(self, request: httpx.Request) -> None:
        """Note when a request leaves."""
        request.extensions[_SENT] = time.monotonic()

    def answered(self, answer: httpx.Response) -> None:
        """A line for an answer."""
        request = answer.request
        self._line(request.method, str(request.url), answer.status_code, answer.headers, request.extensions)

    def failed(self, method: str, url: str, error: Exception) -> None:
        """A line for a request without an answer."""
        self._line(method, url, 0, {}, {}, type(error).__name__)

    def login_hooks(self) -> dict[str, Any]:
        """Hooks for azure-identity, whose requests are not the session's."""
        if self._path is None:
            return {}
        return {"raw_request_hook": _login_sent, "raw_response_hook": self._login_answered}

    def _login_answered(self, response: Any) -> None:
        request, answer = response.http_request, response.http_response
        self._line(request.method, request.url, answer.status_code, answer.headers, response.context)

    def _line(
        self, method: str, url: str, status: int, headers: Any, noted: Any, error: str | None = None
    ) -> None:
        if self._path is None:
            return
        sent_at = noted.get(_SENT)
        parts = urlsplit(url)
        line = {
            "time": datetime.now(UTC).isoformat(),
            "method": method,
            "host": parts.netloc,
            "path": parts.path,
            "status": status or None,
            "requestId": next((headers[name] for name in _REQUEST_IDS if name in headers), None),
            "seconds": round(time.monotonic() - sent_at, 4) if sent_at else None,
            "error": error,
        }
        with self._path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(line) + "\n")


def _login_sent(request: Any) -> None:
    request.context[_SENT] = time.monotonic()


def noting_hooks(hooks: Mapping[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """The hooks given, and one that notes the ids of each token request in *ids*: the last one counts."""
    before = hooks.get("raw_response_hook")

    def answered(response: Any) -> None:
        if before is not None:
            before(response)
        request, answer = response.http_request, response.http_response
        if urlsplit(request.url).path.endswith("/token"):
            said = _refusal(answer)
            found = {
                "token": answer.headers.get("x-ms-request-id") or said.get("trace_id"),
                "tokenCorrelation": said.get("correlation_id") or request.headers.get("client-request-id"),
            }
            ids.update({name: str(value) for name, value in found.items() if value})

    return {**hooks, "raw_response_hook": answered}


def _refusal(answer: Any) -> Mapping[str, Any]:
    """The body of a refused token request; the body of a granted one is the token and is not looked at."""
    if answer.status_code == 200:  # HTTP
        return {}
    try:
        body = json.loads(answer.text())
    except (ValueError, TypeError):
        return {}
    return body if isinstance(body, dict) else {}


def ahead_of(date: str | None, before: timedelta, now: datetime | None = None) -> timedelta:
    """How far this machine is ahead of a `Date` header (RFC 9110); *before* where there is none to read."""
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return before
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (now or datetime.now(UTC)) - known
