"""The Web API of one organization, as one identity: headers, paging, errors with the service's code.

Source of headers and conditional requests: PAD webapi/compose-http-requests-handle-errors.md and
perform-conditional-operations-using-web-api.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from connector.catalogue.explain import explain
from connector.errors import RefusedError
from connector.wire.answers import Document, outcome_of
from connector.wire.login import Identity
from connector.wire.retry import parse_retry_after
from connector.wire.session import Session

VERSION = "v9.2"
NOT_FOUND = "0x80040217"
UNKNOWN_SEGMENT = "0x80060888"
NO_USER = "0x80072560"
_TEXT_LIMIT = 300
_JSON = {
    "Accept": "application/json",
    "OData-Version": "4.0",
    "OData-MaxVersion": "4.0",
}
_READ = {**_JSON, "If-None-Match": "null"}

Row = dict[str, Any]


def query(path: str, **options: str) -> str:
    """A path with OData options, such as `query("roles", select="name", filter="name eq 'x'")`."""
    parts = [f"${name}={quote(value, safe=_SAFE)}" for name, value in options.items()]
    return f"{path}?{'&'.join(parts)}"


_SAFE = "(),$='/:;@"


def text_literal(value: str) -> str:
    """A string as an OData literal, its quotes doubled."""
    return "'" + value.replace("'", "''") + "'"


class DataverseClient:
    """Requests to the stack's organization as one identity.

    Every method raises RefusedError with the service's code, UnreachableError or LoginError.
    """

    def __init__(self, session: Session, identity: Identity) -> None:
        self.session = session
        self.identity = identity
        self.root = f"{session.settings.dynamics_url}/api/data/{VERSION}/"
        self.scope = f"{session.settings.dynamics_url}/.default"
        #: The service's request id of the last answer, by path, for the record.
        self.request_ids: dict[str, str] = {}

    def url(self, path: str) -> str:
        """The absolute URL that `@odata.id` needs."""
        return self.root + path

    async def get(self, path: str, *, strong: bool = False) -> Row:
        """One object; `strong` asks past the caches of metadata and permissions."""
        headers = {**_READ, "Consistency": "Strong"} if strong else _READ
        return outcome_of(await self._send("GET", self.url(path), headers))

    async def find(self, path: str, *, strong: bool = False) -> Row | None:
        """One object, or None when it does not exist."""
        try:
            return await self.get(path, strong=strong)
        except RefusedError as error:
            if _is_absent(error):
                return None
            raise

    async def rows(self, path: str, *, strong: bool = False) -> list[Row]:
        """All rows of a collection; nextLinks are followed as they come, nested ones too."""
        headers = {**_READ, "Consistency": "Strong"} if strong else _READ
        found = await self._list(self.url(path), headers)
        return [await self._whole(row, headers) for row in found]

    async def post(self, path: str, body: Row, *, idempotent: bool = False) -> Row:
        """Create, with the new row in the answer, or run an action (an empty object then)."""
        headers = {**_JSON, "Prefer": "return=representation"}
        answer = await self._send("POST", self.url(path), headers, body, idempotent)
        return outcome_of(answer)

    async def patch(self, path: str, body: Row) -> None:
        """Change a row that exists: without If-Match a PATCH would create it."""
        outcome_of(await self._send("PATCH", self.url(path), {**_JSON, "If-Match": "*"}, body))

    async def delete(self, path: str) -> bool:
        """Delete; False when there was nothing to delete."""
        try:
            outcome_of(await self._send("DELETE", self.url(path), _JSON))
        except RefusedError as error:
            if _is_absent(error):
                return False
            raise
        return True

    async def _whole(self, row: Document, headers: Mapping[str, str]) -> Row:
        links = [name for name in row if name.endswith("@odata.nextLink")]
        for name in links:
            target = row.rows(name.removesuffix("@odata.nextLink"))
            target += await self._list(row.pop(name), headers)
        return row

    async def _list(self, first: object, headers: Mapping[str, str]) -> list[Document]:
        """The rows of a page and of those after it."""
        pages, found = self.session.pages(self.root), list[Document]()
        link = pages.follow(first)
        while link:
            page = outcome_of(await self._send("GET", link, headers))
            found += page.rows()
            link = pages.follow(page.get("@odata.nextLink"))
        return found

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Any = None,
        idempotent: bool = False,
    ) -> httpx.Response:
        answer = await self.session.send(
            method,
            url,
            identity=self.identity,
            scope=self.scope,
            headers=headers,
            body=body,
            idempotent=True if idempotent else None,
        )
        self.request_ids[answer.request.url.path.split(f"/{VERSION}/")[-1]] = request_id_of(answer)
        if answer.is_success:
            return answer
        raise refusal(answer, self.identity)


def _is_absent(error: RefusedError) -> bool:
    """Whether a 404 means that the record is not there, and not that the address is wrong."""
    return error.status == 404 and error.service_code != UNKNOWN_SEGMENT


def refusal(answer: httpx.Response, who: Identity) -> RefusedError:
    """The service's refusal as our error: what was asked, its code explained, its request id."""
    code, text = _service_words(answer)
    request = answer.request
    resource = request.url.path.split(f"/{VERSION}/")[-1]
    request_id = request_id_of(answer)
    known = explain(f"{code} {text}") if code else explain(text)
    said = f"{known.cause}. {known.cure(deployer=who.deploys)}" if known else ""
    detail = text[:_TEXT_LIMIT]
    ids = f" (request id {request_id})" if request_id else ""
    message = (
        f"{request.url.host} refused {who.name} {request.method} {resource}: "
        f"{answer.status_code} {code} {said + '. ' if said else ''}{detail}{ids}"
    )
    return RefusedError(
        message,
        code="dataverse.refused",
        key=resource,
        status=answer.status_code,
        service_code=code,
        request_id=request_id,
        retry_after=parse_retry_after(answer.headers.get("Retry-After")),
    )


def request_id_of(answer: httpx.Response) -> str:
    """The id by which the service's own log knows a request; empty where it gives none."""
    return str(answer.headers.get("x-ms-service-request-id") or answer.headers.get("req_id", ""))


def _service_words(answer: httpx.Response) -> tuple[str, str]:
    try:
        error = answer.json()["error"]
        return str(error.get("code") or "").lower(), str(error.get("message") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", answer.headers.get("401_error_reason", "")
