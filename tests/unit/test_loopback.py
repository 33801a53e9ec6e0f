"""The listener of a sign-in: whatever else connects to it, the first answer counts and the time-out holds."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from connector.wire.loopback import RedirectListener


@pytest.fixture
def listener() -> Iterator[RedirectListener]:
    """One that listens, closed in the end."""
    made = RedirectListener()
    yield made
    made.close()


class _Waiting:
    """`wait` in a thread of its own."""

    def __init__(self, listener: RedirectListener, seconds: float) -> None:
        self.answers: list[dict[str, str] | None] = []
        self._thread = threading.Thread(
            target=lambda: self.answers.append(listener.wait(seconds, state="s")), daemon=True
        )
        self._thread.start()

    def ends_within(self, seconds: float) -> bool:
        """Whether the wait is over by then."""
        self._thread.join(seconds)
        return not self._thread.is_alive()


def _address(listener: RedirectListener) -> tuple[str, int]:
    return ("127.0.0.1", int(listener.redirect_uri.rsplit(":", 1)[1].split("/")[0]))


def _asked(url: str) -> httpx.Response:
    return httpx.get(url, timeout=10, trust_env=False)


def test_a_connection_without_a_request_holds_nobody_up(listener: RedirectListener) -> None:
    """Browsers connect ahead and send nothing: the answer comes through, and the time-out holds."""
    with socket.create_connection(_address(listener)):
        waiting = _Waiting(listener, 30)
        assert "Signed in" in _asked(f"{listener.redirect_uri}?code=one&state=s").text
        assert waiting.ends_within(10)
    assert waiting.answers == [{"code": "one", "state": "s"}]


def test_an_answer_of_another_state_is_ignored(listener: RedirectListener) -> None:
    """Any page can send a browser here: without this sign-in's state the wait goes on."""
    waiting = _Waiting(listener, 30)
    bare = listener.redirect_uri
    others = ("code=x&state=t", "code=x", "error=denied&state=", "code=x&state=S", "error=x&state=%E9")
    for query in others:
        assert _asked(f"{bare}?{query}").status_code == 404
    assert not waiting.ends_within(0.3)
    assert "Signed in" in _asked(f"{bare}?code=ours&state=s").text
    assert waiting.ends_within(10)
    assert waiting.answers == [{"code": "ours", "state": "s"}]


def test_the_time_out_holds_beside_a_silent_connection(listener: RedirectListener) -> None:
    """Nobody comes back: the wait ends when it was told to."""
    with socket.create_connection(_address(listener)):
        started = time.monotonic()
        waiting = _Waiting(listener, 0.5)
        assert waiting.ends_within(10)
    assert waiting.answers == [None]
    assert time.monotonic() - started < 5


def test_what_is_no_answer_is_not_taken_for_one(
    listener: RedirectListener, capfd: pytest.CaptureFixture[str]
) -> None:
    """An icon, the bare address, a reset connection: the first answer counts, and nothing is printed."""
    waiting = _Waiting(listener, 30)
    bare = listener.redirect_uri
    for other in (bare.replace("signed-in", "favicon.ico"), bare, f"{bare}?from=elsewhere"):
        assert _asked(other).status_code == 404
    with socket.create_connection(_address(listener)) as cut:
        cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cut.send(b"GET /signed-in?code=x")
    assert "Not signed in" in _asked(f"{bare}?error=access_denied&state=s").text
    assert waiting.ends_within(10)
    assert waiting.answers == [{"error": "access_denied", "state": "s"}]
    assert capfd.readouterr() == ("", "")
