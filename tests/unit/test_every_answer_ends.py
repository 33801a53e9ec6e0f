"""Whatever a service answers, each client comes to an end: one sentence with its host, and exit 4."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from connector.deadlines import Patience
from connector.errors import ConnectError
from tests.support.answers import ROOM, SPOILT, AnyAnswers, Reply, as_json
from tests.support.clients import CLIENTS, DISCOVERY, GRAPH, ROOT, VIEWER, Client, dataverse_object

SHORT = Patience(whole_answer=0.3)


async def _fails(
    client: Client, answer: Callable[[int], Reply], patience: Patience | None = None
) -> tuple[ConnectError, list[str]]:
    """The error that *client* ends with, and what was asked; *answer* counts from what is spoilt."""
    good = [as_json(one) for one in client.before]

    def replies(_: str, nth: int) -> Reply:
        return good[nth - 1] if nth <= len(good) else answer(nth - len(good))

    with AnyAnswers(replies) as service:
        service.patience = patience or service.patience
        with pytest.raises(ConnectError) as caught:
            await client.ask(service)
        return caught.value, service.asked[len(good) :]


def _is_one_sentence(error: ConnectError, host: str) -> None:
    assert error.exit_code == 4
    assert error.message.startswith(host), error.message
    assert "\n" not in error.message
    assert len(error.message) < 250
    assert "~" not in error.message, "a token or a secret"


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("name", CLIENTS)
async def test_what_is_no_answer_ends_in_one_sentence(
    name: str, spoilt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the host and what is wrong; nothing is asked again, and nothing more."""
    monkeypatch.setattr("connector.wire.answers.ANSWER_BYTES", ROOM)
    patience = SHORT if spoilt == "drops" else Patience()
    monkeypatch.setattr("connector.comments.transport.WHOLE_ANSWER", patience.whole_answer)
    make, word = SPOILT[spoilt]
    error, asked = await _fails(CLIENTS[name], lambda _: make(), patience)
    _is_one_sentence(error, CLIENTS[name].host)
    assert error.code == "session.bad_answer"
    assert word in error.message
    assert len(asked) == 1


_EACH_ROW = ({"id": 7}, {"id": None}, {"id": ""}, {"id": "a/../b"}, {"id": []}, {})
_ROLE = ({"roleid": 7}, {"roleid": None}, {}, {"roleid": "r", "name": 7}, {"roleid": "r", "name": []})
_SHAPES: dict[str, tuple[Any, ...]] = {
    "a list of Graph": (
        {"value": None}, {"value": {}}, {"value": "x"}, {"value": [None]}, {"value": [[]]}, {}, [],
        *({"value": [row]} for row in _EACH_ROW),
        {"value": [{"id": "x", "tags": 5}]}, {"value": [{"id": "x", "tags": [{}]}]},
        {"value": [{"id": "x", "passwordCredentials": {}}]}, {"value": [{"id": "x", "keyCredentials": [3]}]},
        {"value": [], "@odata.nextLink": 7}, {"value": [], "@odata.nextLink": ["x"]},
    ),
    "an object of Graph": ([], *_EACH_ROW),
    "a list of Dataverse": (
        {"value": None}, {"value": {}}, {"value": [None]}, {}, [], *({"value": [row]} for row in _ROLE),
        {"value": [], "@odata.nextLink": {}}, {"value": [{"roleid": "r", "x@odata.nextLink": f"{ROOT}x"}]},
        {"value": [{"roleid": "r", "x": 3, "x@odata.nextLink": f"{ROOT}x"}]},
    ),
    "an object of Dataverse": ([], {}, {"UserId": 7}, {"UserId": None}),
    "the login service's description": (
        [], {}, *({**DISCOVERY, "token_endpoint": bad} for bad in (None, 7, "https://[bad", "http://x/y")),
    ),
    "a token": ([], {}, {"access_token": 7}, {"access_token": None},
                {"access_token": "x", "expires_in": "soon"}, {"access_token": "x", "id_token": "a.b.c"},
                {"access_token": "x", "expires_in": 99, "client_info": "AAAA"}),
    "a list of GitHub": ({}, {"value": []}, [None], [[]], [{"user": []}], [{"user": {"login": 7}}],
                         [{"user": {"login": "me"}}], [{"user": {"login": "me"}, "id": None}]),
    "a list of Azure Repos": ([], {}, {"value": None}, {"value": {}}, {"value": [3]},
                              {"value": [{"comments": {}}]}, {"value": [{"comments": [3]}]},
                              {"value": [{"comments": [{"author": {"id": "me"}, "id": 1}]}]}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "body"), [(name, body) for name, all_ in _SHAPES.items() for body in all_])
async def test_what_has_another_shape_ends_in_one_sentence(name: str, body: Any) -> None:
    """A list where an object belongs, and the other way round; no `value`; ids that are none."""
    error, _ = await _fails(CLIENTS[name], lambda _: as_json(body))
    _is_one_sentence(error, CLIENTS[name].host)
    assert error.code == "session.bad_answer"


_LISTS = {
    "a list of Graph": (GRAPH, lambda link: as_json({"value": [], "@odata.nextLink": link})),
    "a list of Dataverse": (ROOT, lambda link: as_json({"value": [], "@odata.nextLink": link})),
    "a list of GitHub": ("", lambda link: Reply((b"[]",), headers={"Link": f'<{link}>; rel="next"'})),
}


@pytest.mark.parametrize("name", _LISTS)
@pytest.mark.parametrize(
    ("step", "pages", "word"),
    [(lambda _: 1, 2, "second time"), (lambda n: n % 3, 4, "second time"), (lambda n: n, 5, "after 5 pages")],
    ids=["names itself", "a circle", "no end"],
)
async def test_a_chain_of_pages_ends(
    name: str, step: Callable[[int], int], pages: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that names itself, three that go round, and pages without an end."""
    monkeypatch.setattr("connector.wire.answers.LIST_PAGES", 5)
    root, page = _LISTS[name]
    base: list[str] = [root]

    def replies(path: str, nth: int) -> Reply:
        if name == "a list of GitHub" and nth == 1:
            return as_json(VIEWER)
        return page(f"{base[0]}page?n={step(nth)}")

    with AnyAnswers(replies) as service:
        base[0] = root or f"http://{service.host}/"
        with pytest.raises(ConnectError) as caught:
            await CLIENTS[name].ask(service)
        _is_one_sentence(caught.value, CLIENTS[name].host)
        assert caught.value.code == "session.bad_answer"
        assert word in caught.value.message
        assert len(service.asked) <= pages + 2


@pytest.mark.parametrize("name", _LISTS)
async def test_a_link_that_cannot_be_read_is_not_followed(name: str) -> None:
    """`https://[bad` is the address of nobody, and no token goes there."""
    error, asked = await _fails(CLIENTS[name], lambda _: _LISTS[name][1]("https://[bad"))
    assert (error.code, error.exit_code) == ("session.foreign_host", 4)
    assert "no token goes" in error.message
    assert len(asked) == 1


@pytest.mark.parametrize("location", ["https://[bad", "https://[bad]", "//"])
@pytest.mark.parametrize("name", CLIENTS)
async def test_a_location_that_cannot_be_read_ends_in_one_sentence(name: str, location: str) -> None:
    """Nobody follows it, and nobody stumbles over it."""
    moved = Reply(status=302, headers={"Location": location, "Content-Length": "0"})
    error, _ = await _fails(CLIENTS[name], lambda _: moved)
    assert error.exit_code in (3, 4)  # 3: the pipeline's service gave no token
    assert CLIENTS[name].host in error.message or error.message.startswith("Graph refused")
    assert "\n" not in error.message


_IN_SESSION = [name for name in CLIENTS if name.endswith(("Graph", "Dataverse"))]


@pytest.mark.parametrize("name", _IN_SESSION)
async def test_a_location_that_cannot_be_read_is_no_connection_that_was_cut(name: str) -> None:
    """It is said once, and not asked for again as after a cut."""
    moved = Reply(status=302, headers={"Location": "https://[bad]", "Content-Length": "0"})
    error, asked = await _fails(CLIENTS[name], lambda _: moved)
    assert (error.code, len(asked)) == ("session.bad_answer", 1)


@pytest.mark.parametrize("name", _IN_SESSION)
async def test_an_answer_that_never_begins_ends_in_one_sentence(name: str) -> None:
    """The time of an answer counts from the request, not from its first byte."""
    held = threading.Event()

    def replies(_: int) -> Reply:
        held.wait()
        return Reply()

    client = CLIENTS[name]
    with AnyAnswers(lambda _, nth: replies(nth)) as service:
        service.patience = SHORT
        with pytest.raises(ConnectError) as caught:
            await client.ask(service)
        held.set()
    _is_one_sentence(caught.value, client.host)
    assert "did not end" in caught.value.message


async def test_a_page_that_is_gone_leaves_no_half_list() -> None:
    """404 for a next page that Graph itself named is no end of the list."""

    def replies(nth: int) -> Reply:
        link = {"@odata.nextLink": f"{GRAPH}applications?n=2"}
        return as_json({"value": [], **link}) if nth == 1 else Reply((b"{}",), status=404)

    error, _ = await _fails(CLIENTS["a list of Graph"], replies)
    assert (error.code, error.exit_code) == ("session.bad_answer", 4)


async def test_what_is_packed_as_asked_is_read() -> None:
    """Gzip is what was asked for, and null is no mistake where there is nothing."""
    body = gzip.compress(json.dumps({"UserId": "u-1", "x": None}).encode())
    reply = Reply((body,), headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})
    with AnyAnswers(lambda *_: reply) as service:
        assert await dataverse_object(service) == "u-1"
