"""Comments of pull requests, as GitHub and Azure Repos keep them; what is not ours is never changed.

GitHub: REST API, issues/comments; GraphQL, viewer. Azure Repos: REST API, git/pull-request-threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from connector.comments.place import Place
from connector.comments.transport import Transport
from connector.wire.answers import Document

_PAGE = 100
#: Who a job's own token is, where the service does not say: GitHub docs, github_token authentication.
_JOB = "github-actions[bot]"
_AZURE_VERSION = "api-version=7.1"


@dataclass(frozen=True)
class Comment:
    """A comment: its path at the service, its text, and the page where a person reads it."""

    path: str
    text: str
    url: str = ""


class Service(Protocol):
    """One of the two services."""

    #: The longest comment, in characters.
    limit: ClassVar[int]

    def mine(self) -> Iterator[Comment]:
        """Comments of the pull request that the job's own identity wrote, the oldest first."""

    def post(self, text: str) -> Comment:
        """A new comment. Raises LostAnswerError when it may have been made all the same."""

    def change(self, comment: Comment, text: str) -> None:
        """Another text for one of ours."""


class GitHub:
    """GitHub: a pull request is an issue, and its comments are the issue's."""

    #: Characters; GitHub's own words for a longer one: "body is too long (maximum is 65536 characters)".
    limit: ClassVar[int] = 65_536

    def __init__(self, place: Place, transport: Transport) -> None:
        """Write at *place*."""
        self._place, self._transport = place, transport

    def mine(self) -> Iterator[Comment]:
        """The job's own comments, page by page."""
        author = self._author()
        path = f"{self._place.comments}?per_page={_PAGE}"
        for one in self._transport.pages(path):
            if (one.get("user") or {}).get("login") == author:
                url = str(one.get("html_url", ""))
                yield Comment(f"{_parent(self._place.comments)}/{one['id']}", str(one.get("body") or ""), url)

    def post(self, text: str) -> Comment:
        """A new comment."""
        made = self._transport.post(self._place.comments, {"body": text})
        path = f"{_parent(self._place.comments)}/{made['id']}"
        return Comment(path, text, str(made.get("html_url", "")))

    def change(self, comment: Comment, text: str) -> None:
        """Another text."""
        self._transport.patch(comment.path, {"body": text})

    def _author(self) -> str:
        """The token's own login: GraphQL's viewer, because a job's token may not ask for `/user`."""
        asked = {"query": "{viewer{login}}"}
        found = self._transport.query(_graphql(self._place.api), asked, refused=(401, 403, 404))
        data = found.get("data") if found else None
        viewer = data.get("viewer") if data else None
        return str(viewer.get("login") or _JOB) if viewer else _JOB


def _graphql(api: str) -> str:
    """Where GraphQL is asked: `/graphql`, or beside `/api/v3` on a GitHub of one's own."""
    return f"{api.removesuffix('/v3')}/graphql"


def _parent(comments: str) -> str:
    """`/repos/O/R/issues/7/comments` → `/repos/O/R/issues/comments`, where single ones live."""
    return comments.rsplit("/", 2)[0] + "/comments"


class AzureRepos:
    """Azure Repos: a comment is the first of a thread; ours is made closed, so that it blocks nothing."""

    #: Characters; the service's words: "A discussion comment cannot be longer than 150000 characters."
    limit: ClassVar[int] = 150_000

    def __init__(self, place: Place, transport: Transport) -> None:
        """Write at *place*."""
        self._place, self._transport = place, transport

    def mine(self) -> Iterator[Comment]:
        """The first comments of the threads that the build service began; the list comes in one page."""
        author = self._author()
        found = self._transport.get(f"{self._place.comments}?{_AZURE_VERSION}")
        for thread in found.rows():
            first = _first(thread)
            who = (first.get("author") or {}).get("id", "")
            if who == author and not (thread.get("isDeleted") or first.get("isDeleted")):
                yield self._comment(thread["id"], first)

    def post(self, text: str) -> Comment:
        """A new thread."""
        first = {"parentCommentId": 0, "content": text, "commentType": "text"}
        body = {"comments": [first], "status": "closed"}
        made = self._transport.post(f"{self._place.comments}?{_AZURE_VERSION}", body)
        return self._comment(made["id"], _first(made))

    def change(self, comment: Comment, text: str) -> None:
        """Another text for the thread's first comment."""
        self._transport.patch(comment.path, {"content": text})

    def _comment(self, thread: int, first: dict[str, Any]) -> Comment:
        path = f"{self._place.comments}/{thread}/comments/{first['id']}?{_AZURE_VERSION}"
        return Comment(path, str(first.get("content") or ""))

    def _author(self) -> str:
        """The id of the build service, whose token the job has."""
        found = self._transport.get("/_apis/connectionData?api-version=7.1-preview.1")
        return str(found.inner("authenticatedUser")["id"])


def _first(thread: Document) -> Document:
    """The comment that began a thread; an empty one where there is none."""
    return next(iter(thread.get("comments") or ()), Document({}, thread.host))
