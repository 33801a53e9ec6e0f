"""Every refusal is a class with status, code and message, shaped as its service shapes it.

ServiceError
├── GraphError      {"error": {"code", "message", "innerError": {...}}}
├── LoginError      {"error", "error_description", "error_codes", ...}
└── DataverseError  {"error": {"code": "0x…", "message"}}

Concrete refusals live beside the rules that raise them (graph/errors.py,
login/errors.py, dataverse/errors.py) and set `status`, `code` and a message.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar


class ServiceError(Exception):
    """A refusal that one of the three services would give."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = ""

    def __init__(self, message: str, *, headers: dict[str, str] | None = None) -> None:
        """Keep the wire message and any extra answer headers."""
        super().__init__(message)
        self.message = message
        self.headers = headers or {}

    def body(self) -> dict[str, Any] | None:
        """Return the JSON body of the answer; None for an empty one."""
        raise NotImplementedError


def graph_body(code: str, message: str) -> dict[str, Any]:
    """Microsoft Graph's error body (graph docs, concepts/errors)."""
    request_id = str(uuid.uuid4())
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": request_id,
    }
    return {"error": {"code": code, "message": message, "innerError": inner}}


def dataverse_body(code: str, message: str) -> dict[str, Any]:
    """Dataverse's error body (powerapps-docs, webapi/compose-http-requests-handle-errors)."""
    return {"error": {"code": code, "message": message}}


def login_body(error: str, number: int, message: str) -> dict[str, Any]:
    """The token endpoint's error body (entra docs, reference-error-codes)."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return {
        "error": error,
        "error_description": f"AADSTS{number}: {message} Trace ID: {trace} "
        f"Correlation ID: {correlation} Timestamp: {stamp}",
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }


class GraphError(ServiceError):
    """A refusal of Microsoft Graph."""

    code = "Request_BadRequest"

    def body(self) -> dict[str, Any]:
        """Return Graph's error body."""
        return graph_body(self.code, self.message)


class DataverseError(ServiceError):
    """A refusal of the Dataverse Web API."""

    code = "0x80040203"

    def body(self) -> dict[str, Any] | None:
        """Return Dataverse's error body."""
        return dataverse_body(self.code, self.message)


class LoginError(ServiceError):
    """A refusal of the token endpoint; `number` is the AADSTS number."""

    number: ClassVar[int] = 900000
    error: ClassVar[str] = "invalid_request"

    def body(self) -> dict[str, Any]:
        """Return the OAuth error body."""
        return login_body(self.error, self.number, self.message)
