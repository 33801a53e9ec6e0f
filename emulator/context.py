"""What a rule may know: the store, the clock, the addresses, and the request at hand."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from emulator.errors import DataverseError, GraphError
from emulator.keys import SigningKey
from emulator.store import Store

LOGIN_HOST = "localhost"


@dataclass(frozen=True)
class Context:
    """One running emulator.

    `page_size` is the largest page a list answers (None: the service's own default).
    """

    store: Store
    key: SigningKey
    port: int
    page_size: int | None = None

    @property
    def authority(self) -> str:
        """The login host's URL, which is also Graph's, without a trailing slash."""
        return f"https://{LOGIN_HOST}:{self.port}"

    @property
    def graph(self) -> str:
        """Graph's resource URL (the audience of its tokens), without a trailing slash."""
        return self.authority

    def now(self) -> float:
        """Seconds since the epoch by the emulator's clock (`emulator clock +30d` moves it)."""
        return time.time() + float(self.store.meta("clock_offset", "0"))

    def organization_url(self, address: str) -> str:
        """URL of the organization that answers on a loopback address."""
        return f"https://{address}:{self.port}"


@dataclass(frozen=True)
class Reply:
    """An answer: status, JSON body (None: empty), extra headers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass
class Call:
    """One request on its way through routes and rules.

    `client_id` is filled by whoever reads the token, for the request log.
    `scope` is the tenant id (login, Graph) or the organization id (Dataverse).
    """

    ctx: Context
    request: Request
    raw: bytes
    scope: str = ""
    client_id: str = ""
    claims: dict[str, Any] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, str]:
        """Path parameters."""
        return dict(self.request.path_params)

    @property
    def query(self) -> dict[str, str]:
        """Query options, decoded; the last of a repeated one."""
        return dict(self.request.query_params)

    @property
    def store(self) -> Store:
        """The store."""
        return self.ctx.store

    def header(self, name: str) -> str:
        """A request header, or the empty string."""
        return self.request.headers.get(name, "")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; refused as the service at hand refuses it."""
        try:
            value = json.loads(self.raw or b"{}")
        except ValueError:
            value = None
        if isinstance(value, dict):
            return value
        text = "Unable to read JSON request payload."
        of_dataverse = self.request.url.path.startswith("/api/data")
        raise DataverseUnreadable(text) if of_dataverse else GraphUnreadable(text)


class GraphUnreadable(GraphError):
    """The body is no JSON object (Graph: BadRequest)."""

    code = "BadRequest"


class DataverseUnreadable(DataverseError):
    """The body cannot be deserialised (Dataverse: 0x80048d19)."""

    code = "0x80048d19"
