"""What is sent again, how often and after which pause."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from connector.errors import UnreachableError
from connector.wire.session import LostAnswerError
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
    assert clock.waits == [2.0, 4.0]


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
