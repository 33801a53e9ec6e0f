"""What is sent again, how often and after which pause."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from connector.deadlines import COMMENT_WAIT, Patience
from connector.errors import RefusedError, UnreachableError
from connector.wire.retry import ONCE, PULL_REQUEST, SAFE, Rule, Tries
from connector.wire.session import LostAnswerError
from connector.wire.writes import make_or_find
from tests.unit.test_session_rules import HOST, URL, Clock, session

CUTS = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


def after(times: int, fail: Callable[[httpx.Request], httpx.Response]) -> Callable[..., httpx.Response]:
    """Fails so often, then answers 200."""
    left = iter([fail] * times)

    def answer(request: httpx.Request) -> httpx.Response:
        return next(left, lambda _: httpx.Response(200))(request)

    return answer


def cut_by(kind: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    """A connection that ends under way."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise kind("cut", request=request)

    return fail


@pytest.mark.parametrize("kind", CUTS)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_cut_connection_is_tried_again(method: str, kind: type[httpx.TransportError]) -> None:
    """At once the first time (an idle connection was closed), then after pauses; three times in all."""
    clock = Clock()
    async with session(after(3, cut_by(kind)), clock) as s:
        assert (await s.send(method, URL)).status_code == 200
        assert s.counter.requests == {HOST: 4}
    assert clock.waits == [0.0, 2.0, 4.0]


async def test_a_connection_that_is_cut_each_time_is_said() -> None:
    """The fourth time is the last; whether a write was done is not known."""
    async with session(after(4, cut_by(httpx.ReadError))) as s:
        with pytest.raises(LostAnswerError, match=HOST):
            await s.send("PATCH", URL)
        assert s.counter.requests == {HOST: 4}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_gateway_that_names_no_time_is_asked_again(status: int) -> None:
    """One, two and four seconds later; then its answer is the answer."""
    clock = Clock()
    async with session(after(3, lambda _: httpx.Response(status)), clock) as s:
        assert (await s.send("GET", URL)).status_code == 200
    assert clock.waits == [1.0, 2.0, 4.0]
    async with session(after(4, lambda _: httpx.Response(status))) as s:
        assert (await s.send("GET", URL)).status_code == status


@pytest.mark.parametrize("value", ["0", "0.0", "-3", "Wed, 21 Oct 2015 07:28:00 GMT"])
async def test_a_time_that_is_over_already_is_believed_once(value: str) -> None:
    """A clock that is behind: without pauses the host would be asked as fast as it answers, for minutes."""
    clock = Clock()
    busy = httpx.Response(429, headers={"Retry-After": value})
    async with session(lambda _: busy, clock) as s:
        assert (await s.send("GET", URL)).status_code == 429
        assert s.counter.requests == {HOST: 4}
    assert clock.waits == [0.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
async def test_an_answer_that_will_not_pass_is_taken_at_once(status: int) -> None:
    """A 500 may be for good and its cause be made worse by asking."""
    async with session(after(1, lambda _: httpx.Response(status))) as s:
        assert (await s.send("GET", URL)).status_code == status
        assert s.counter.requests == {HOST: 1}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_post_is_sent_once_whatever_is_answered(status: int) -> None:
    """It may have been done: its sender looks before it sends again."""
    async with session(after(1, lambda _: httpx.Response(status))) as s:
        assert (await s.send("POST", URL)).status_code == status
        assert s.counter.requests == {HOST: 1}


async def test_a_host_that_is_not_there_is_not_asked_again() -> None:
    """A connection that never came about is said at once."""
    async with session(after(1, cut_by(httpx.ConnectError))) as s:
        with pytest.raises(UnreachableError):
            await s.send("GET", URL)


class Refusing:
    """A write that is refused each time, and was not done; `looks` counts how often it was looked for."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        self.clock, self.posts, self.looks = Clock(), 0, 0
        self._refusal = RefusedError("no", code="dataverse.refused", status=status, retry_after=retry_after)

    async def _post(self) -> str:
        self.posts += 1
        assert self.posts < 9, "it is sent for ever"
        raise self._refusal

    async def _find(self) -> str | None:
        self.looks += 1
        return None

    async def send(self) -> None:
        """Send it until it is given up."""
        patience = Patience(sleep=self.clock.sleep, now=lambda: sum(self.clock.waits))
        with pytest.raises(RefusedError):
            await make_or_find(self._post, self._find, patience.until(90.0))


@pytest.mark.parametrize(
    ("retry_after", "waits"),
    [(None, [1.0, 2.0, 4.0]), (0.0, [0.0, 2.0, 4.0]), (40.0, [40.0, 40.0]), (91.0, [])],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_service_gets_a_write_again_by_the_rule_of_reads(
    status: int, retry_after: float | None, waits: list[float]
) -> None:
    """Looked for each time; a time that is over is believed once, one beyond the deadline not at all."""
    write = Refusing(status, retry_after)
    await write.send()
    assert write.clock.waits == waits
    assert write.posts == write.looks == 1 + len(waits)


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_write_that_may_still_come_about_is_looked_for_and_not_sent_again(status: int) -> None:
    """A gateway gives up before the service does."""
    write = Refusing(status, 1.0)
    await write.send()
    assert (write.posts, write.looks, write.clock.waits) == (1, 1, [])


def _pause(rule: Rule, status: int, retry_after: float | None) -> float | None:
    return Tries(Patience(now=lambda: 0.0).until(COMMENT_WAIT), rule).after_answer(status, retry_after)


def test_a_limit_that_github_calls_a_refusal_is_kept_where_it_names_a_time() -> None:
    """A 403 without one is a right that is missing; elsewhere a 403 is always that."""
    assert _pause(PULL_REQUEST, 403, 60.0) == 60.0
    assert _pause(PULL_REQUEST, 403, None) is None
    assert _pause(PULL_REQUEST, 403, COMMENT_WAIT + 1) is None
    assert _pause(SAFE, 403, 60.0) is None


@pytest.mark.parametrize("rule", [SAFE, PULL_REQUEST])
def test_an_answer_that_came_is_not_asked_for_again(rule: Rule) -> None:
    """Azure DevOps names a time with what it answered late, too."""
    assert _pause(rule, 200, 5.0) is None


def test_what_is_sent_once_is_never_sent_again() -> None:
    """Neither when the service is busy nor when the connection is cut."""
    tries = Tries(Patience(now=lambda: 0.0).until(COMMENT_WAIT), ONCE)
    assert tries.after_answer(429, 1.0) is None
    assert tries.after_cut() is None
