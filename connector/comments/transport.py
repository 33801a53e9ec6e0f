"""HTTP to a pull request's service: pages followed, waits kept, a lost answer told from a refusal."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx

from connector.comments.place import Place
from connector.deadlines import COMMENT_ANSWER, COMMENT_WAIT, WHOLE_ANSWER, WHOLE_LIST, Patience
from connector.errors import RefusedError, UnreachableError
from connector.wire.answers import ENCODING, Answer, Body, Document, Pages, list_of, object_of
from connector.wire.retry import PULL_REQUEST, Tries, parse_retry_after
from connector.wire.session import LostAnswerError
from connector.wire.shapes import COMMENTS

_SHOWN = 60
_ADVICE = {
    True: "the build service needs the right 'Contribute to pull requests' on the repository",
    False: "the job needs `permissions: pull-requests: write`",
}


class Transport:
    """Requests with the job's token, to the place's own host alone; close it when done."""

    def __init__(self, place: Place, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """*sleep* waits between tries."""
        self._place, self._sleep = place, sleep
        headers = {
            "Authorization": f"Bearer {place.token.get_secret_value()}",
            "Accept": "application/json" if place.azure else "application/vnd.github+json",
            # Without it Azure DevOps answers a refusal with a redirect to a sign-in page.
            "X-TFS-FedAuthRedirect": "Suppress",
            "User-Agent": "dynamics-connect",
            "Accept-Encoding": ENCODING,
        }
        self._http = httpx.Client(headers=headers, timeout=COMMENT_ANSWER, follow_redirects=False)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def get(self, path: str) -> Document:
        """The object at a path."""
        return self._object(self._patiently("GET", self._place.api + path))

    def query(self, url: str, body: dict[str, Any], *, refused: Collection[int]) -> Document | None:
        """The answer to a question that is posted and changes nothing; None for a status in *refused*."""
        answer = self._patiently("POST", url, body)
        return None if answer.status_code in refused else self._object(answer)

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list, following `next` links of the same host."""
        pages = Pages(self._host, Patience().until(WHOLE_LIST))
        url = pages.follow(self._place.api + path)
        while url:
            answer = self._patiently("GET", url)
            yield from self._list(answer)
            url = pages.follow(answer.links.get("next", {}).get("url"))
            if url and not self._is_own(url):
                told = repr(url[:_SHOWN])
                message = f"a page of comments points to {told}; no token goes there"
                raise RefusedError(message, code="session.foreign_host", key=told)

    def patch(self, path: str, body: dict[str, Any]) -> None:
        """Change something; the same twice does no harm."""
        self._object(self._patiently("PATCH", self._place.api + path, body))

    def post(self, path: str, body: dict[str, Any]) -> Document:
        """Make something, once. Raises LostAnswerError when the service may have made it."""
        try:
            answer = self._ask("POST", self._place.api + path, body)
        except httpx.ConnectError as error:
            raise self._unreachable(error) from error
        except httpx.TransportError as error:
            raise self._lost(type(error).__name__) from error
        if answer.status_code >= 500:
            raise self._lost(f"HTTP {answer.status_code}")
        return self._object(answer)

    def _ask(self, method: str, url: str, body: Any) -> Answer:
        """Send it once, and read the answer to its end."""
        deadline = Patience().until(WHOLE_ANSWER)
        with self._http.stream(method, url, json=body) as answer:
            whole = Body(self._host, answer.headers.get("Content-Encoding", ""), deadline)
            for chunk in answer.iter_raw():
                whole.add(chunk)
        read = Answer(answer, whole.done(), COMMENTS)
        read.request = answer.request
        return read

    def _patiently(self, method: str, url: str, body: Any = None) -> Answer:
        """A request that may be repeated: after a cut connection, and when the service is busy.

        A host that is not there counts as cut: nobody sits before a job who could look why.
        """
        tries = Tries(Patience().until(COMMENT_WAIT), PULL_REQUEST)
        while True:
            try:
                answer = self._ask(method, url, body)
            except httpx.TransportError as error:
                wait = tries.after_cut()
                if wait is None:
                    raise self._unreachable(error) from error
            else:
                wait = tries.after_answer(
                    answer.status_code, parse_retry_after(answer.headers.get("Retry-After"))
                )
                if wait is None:
                    return answer
            self._sleep(wait)

    def _object(self, answer: Answer) -> Document:
        self._accepted(answer)
        return object_of(answer)

    def _list(self, answer: Answer) -> list[Document]:
        self._accepted(answer)
        return list_of(answer)

    def _accepted(self, answer: Answer) -> None:
        """Raises RefusedError for a refusal."""
        if answer.status_code in (200, 201):
            return
        said = _said(answer)
        advice = _ADVICE[self._place.azure]
        message = (
            f"{self._host} refuses {answer.request.method} of a comment on pull request "
            f"{self._place.number} (HTTP {answer.status_code}{said}); {advice}"
        )
        raise RefusedError(message, code="comment.refused", key=self._host, status=answer.status_code)

    def _is_own(self, url: str) -> bool:
        try:
            return urlsplit(url)[:2] == urlsplit(self._place.api)[:2]
        except ValueError:
            return False

    def _lost(self, reason: str) -> LostAnswerError:
        message = f"{self._host} did not say whether it made the comment ({reason})"
        return LostAnswerError(message, code="comment.lost", key=self._host)

    def _unreachable(self, error: httpx.TransportError) -> UnreachableError:
        reason = type(error).__name__
        message = f"{self._host} did not answer ({reason}); run the job again"
        return UnreachableError(message, code="host.unreachable", key=self._host)

    @property
    def _host(self) -> str:
        return urlsplit(self._place.api).netloc


def _said(answer: httpx.Response) -> str:
    """The service's own words, short; nothing where it answers with a page."""
    try:
        words = str(answer.json().get("message", ""))
    except (ValueError, AttributeError):
        return ""
    return f": {words[:200]}" if words else ""
