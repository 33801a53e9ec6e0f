"""Comments of a pull request on loopback, as GitHub and Azure Repos keep them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.loopback import Answer, Asked, LoopbackService

TOKEN = "pull-request-token-55d1"
_TOO_LONG = {
    "github": "Body is too long (maximum is 65536 characters)",
    "azure": "A discussion comment cannot be longer than 150000 characters.",
}


class PullRequests(LoopbackService):
    """Pull request 7; `texts` are the comments that are there, ours and others', the oldest first.

    `faults` is what goes wrong with the next POSTs: `before` (nothing is made), `after` (made, and
    the answer is cut), `502-after`, or a status; `hidden` is for how many lists a new comment is
    not shown yet; `busy` is how many answers of any kind are 429 first.
    """

    kind = ""
    limit = 0

    def __init__(self) -> None:
        """No comment yet."""
        super().__init__()
        self.rows: list[tuple[int, str, bool]] = []
        self.faults: list[str] = []
        self.hidden = 0
        self.busy = 0

    @property
    def texts(self) -> list[str]:
        """The comments that are there."""
        return [text for _, text, _ in self.rows]

    @property
    def posted(self) -> int:
        """How often a comment was posted, made or not."""
        return len([one for one in self.seen if one.method == "POST" and one.path != "/graphql"])

    def add(self, text: str, *, ours: bool) -> None:
        """A comment that was there before."""
        self.rows.append((len(self.rows) + 100, text, ours))

    def variables(self, folder: Path) -> dict[str, str]:
        """What a job of the pull request sees."""
        raise NotImplementedError

    def answer(self, asked: Asked) -> Answer:
        """The service's answer."""
        if asked.authorization != f"Bearer {TOKEN}":
            return Answer(401, {"message": "Bad credentials"})
        if self.busy:
            self.busy -= 1
            return Answer(429, {"message": "slow down"}, {"Retry-After": "2"})
        known = self.identity(asked)
        if known is not None:
            return known
        if asked.method == "GET":
            self.hidden = max(0, self.hidden - 1) if self.rows else self.hidden
            return self.listed(asked, self.rows[:-1] if self.hidden else self.rows)
        return self.made(asked) if asked.method == "POST" else self.changed(asked)

    def made(self, asked: Asked) -> Answer:
        """A new comment, or what goes wrong."""
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "before":
            return Answer(cut=True)
        if fault.isdigit():
            return Answer(int(fault), {"message": "Resource not accessible by integration"})
        text = self.text_in(asked.body)
        if len(text) > self.limit:
            return Answer(422, {"message": _TOO_LONG[self.kind]})
        self.add(text, ours=True)
        if fault:
            return Answer(502, None, cut=fault == "after")
        return Answer(201, self.shown(*self.rows[-1]))

    def changed(self, asked: Asked) -> Answer:
        """Another text for a comment; somebody else's is refused."""
        id = self.id_in(asked.path)
        for number, row in enumerate(self.rows):
            if row[0] == id:
                if not row[2]:
                    return Answer(403, {"message": "not yours"})
                self.rows[number] = (id, self.text_in(asked.body, change=True), True)
                return Answer(200, {"id": id})
        return Answer(404, {"message": "Not Found"})

    def identity(self, asked: Asked) -> Answer | None:
        """Who the token is, when that is asked."""
        raise NotImplementedError

    def listed(self, asked: Asked, rows: list[tuple[int, str, bool]]) -> Answer:
        """The comments."""
        raise NotImplementedError

    def shown(self, id: int, text: str, ours: bool) -> dict[str, Any]:
        """One comment as the service writes it."""
        raise NotImplementedError

    def text_in(self, body: Any, *, change: bool = False) -> str:
        """The text of a request."""
        raise NotImplementedError

    def id_in(self, path: str) -> int:
        """The id in a path of one comment."""
        raise NotImplementedError


class GitHubPullRequests(PullRequests):
    """GitHub, two comments a page; a job's token may not ask for /user, and GraphQL says who it is.

    `bots` are the ids of comments that another bot wrote; without `viewer` GraphQL does not answer.
    """

    kind, limit, page = "github", 65_536, 2
    person = ""
    viewer = True

    def __init__(self) -> None:
        """No comment yet."""
        super().__init__()
        self.bots: set[int] = set()

    def variables(self, folder: Path) -> dict[str, str]:
        """A job of `on: pull_request`."""
        event = folder / "event.json"
        event.write_text(json.dumps({"number": 7, "pull_request": {"number": 7}}))
        return {
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_REPOSITORY": "agency/tenants",
            "GITHUB_API_URL": self.origin,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_RUN_ID": "99",
        }

    def identity(self, asked: Asked) -> Answer | None:
        """GraphQL's viewer; /user is 403 for a job's token."""
        if asked.path == "/user":
            return Answer(403, {"message": "Resource not accessible by integration"})
        if asked.path != "/graphql":
            return None
        assert asked.body == {"query": "{viewer{login}}"}
        if not self.viewer:
            return Answer(403, {"message": "Resource not accessible by integration"})
        return Answer(200, {"data": {"viewer": {"login": self.person or "github-actions[bot]"}}})

    def listed(self, asked: Asked, rows: list[tuple[int, str, bool]]) -> Answer:
        """A page with a link to the next one."""
        assert asked.path == "/repos/agency/tenants/issues/7/comments"
        number = int(asked.query.get("page", "1"))
        part = rows[(number - 1) * self.page : number * self.page]
        more = number * self.page < len(rows)
        link = f'<{self.origin}{asked.path}?page={number + 1}>; rel="next"'
        return Answer(200, [self.shown(*row) for row in part], {"Link": link} if more else {})

    def shown(self, id: int, text: str, ours: bool) -> dict[str, Any]:
        """GitHub's shape; ours is the job's bot's."""
        bot = {"login": "github-actions[bot]", "type": "Bot"}
        other = {"login": "anna", "type": "User"}
        if id in self.bots:
            other = {"login": "review-helper[bot]", "type": "Bot"}
        return {"id": id, "body": text, "user": bot if ours else other, "html_url": f"https://g.example/{id}"}

    def text_in(self, body: Any, *, change: bool = False) -> str:  # noqa: ARG002  # Azure's differ
        """`body`."""
        return str(body["body"])

    def id_in(self, path: str) -> int:
        """`/repos/agency/tenants/issues/comments/ID`."""
        before, _, last = path.rpartition("/")
        assert before == "/repos/agency/tenants/issues/comments"
        return int(last)


class AzurePullRequests(PullRequests):
    """Azure Repos: each comment is the first of its thread, beside system threads without an author."""

    kind, limit = "azure", 150_000
    threads = "/agency/tenants%20of%20ours/_apis/git/repositories/r-1/pullRequests/7/threads"

    def variables(self, folder: Path) -> dict[str, str]:  # noqa: ARG002  # GitHub's needs it
        """A validation build of a pull request."""
        return {
            "SYSTEM_ACCESSTOKEN": TOKEN,
            "SYSTEM_COLLECTIONURI": f"{self.origin}/agency/",
            "SYSTEM_TEAMPROJECT": "tenants of ours",
            "BUILD_REPOSITORY_ID": "r-1",
            "BUILD_REPOSITORY_PROVIDER": "TfsGit",
            "BUILD_BUILDID": "99",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
        }

    def identity(self, asked: Asked) -> Answer | None:
        """The build service."""
        if asked.path != "/agency/_apis/connectionData":
            return None
        return Answer(200, {"authenticatedUser": {"id": "build"}})

    def listed(self, asked: Asked, rows: list[tuple[int, str, bool]]) -> Answer:
        """All threads; one of the system and a deleted one among them."""
        assert (asked.path, asked.query) == (self.threads, {"api-version": "7.1"})
        system = {"id": 1, "comments": [{"id": 1, "commentType": "system", "content": "voted"}]}
        return Answer(200, {"value": [system, {"id": 2, "comments": []}, *[self.shown(*r) for r in rows]]})

    def shown(self, id: int, text: str, ours: bool) -> dict[str, Any]:
        """A thread with its first comment and an answer."""
        first = {"id": 1, "content": text, "author": {"id": "build" if ours else "anna"}}
        return {"id": id, "status": "closed", "comments": [first, {"id": 2, "content": "thanks"}]}

    def text_in(self, body: Any, *, change: bool = False) -> str:
        """`content`, of a comment or of a thread's first one; a new thread may not block the merge."""
        if change:
            return str(body["content"])
        assert body["status"] == "closed"
        return str(body["comments"][0]["content"])

    def id_in(self, path: str) -> int:
        """`…/threads/ID/comments/1`."""
        before, _, rest = path.rpartition("/threads/")
        assert f"{before}/threads" == self.threads
        thread, _, comment = rest.partition("/comments/")
        assert comment == "1"
        return int(thread)
