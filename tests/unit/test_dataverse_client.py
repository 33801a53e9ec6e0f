"""The Web API client over a transport that answers as told: headers, paging, what absent means."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from connector.dataverse.client import DataverseClient
from connector.dataverse.tables import read_tables
from connector.errors import RefusedError
from connector.settings import load_settings
from connector.wire.login import Identity
from connector.wire.session import Session
from tests.unit.settings_samples import GOOD, PROJECT

ROOT = "https://contoso.crm4.dynamics.com/api/data/v9.2/"
Answer = Callable[[httpx.Request], httpx.Response]


class Known(Identity):
    """An identity whose token needs no login service."""

    def __init__(self) -> None:
        super().__init__("someone", lambda: None)

    async def token(self, scope: str) -> str:
        """A token for the scope."""
        return f"token-for-{scope}"


async def ask(answer: Answer, work: Callable[[DataverseClient], object]) -> object:
    """What one piece of work comes to against a function that answers."""
    environ = {"ARM_CLIENT_ID": "x", "ARM_CLIENT_SECRET": "y"}
    settings = load_settings(GOOD, stack="dev", project_dir=PROJECT)
    transport = httpx.MockTransport(answer)
    async with Session(settings, environ=environ, transport=transport) as session:
        return await work(DataverseClient(session, Known()))


def _error(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": "no"}})


async def test_every_patch_says_that_it_only_updates() -> None:
    """Without If-Match: * a PATCH of a wrong id would create a row."""
    seen: list[httpx.Request] = []
    await ask(lambda r: seen.append(r) or httpx.Response(204), lambda c: c.patch("roles(1)", {}))
    assert seen[0].headers["If-Match"] == "*"


async def test_strong_reads_ask_past_the_caches_for_the_organizations_own_scope() -> None:
    """Consistency: Strong, and a token whose audience is the organization."""
    seen: list[httpx.Request] = []
    await ask(
        lambda r: seen.append(r) or httpx.Response(200, json={}), lambda c: c.get("WhoAmI", strong=True)
    )
    assert seen[0].headers["Consistency"] == "Strong"
    assert seen[0].headers["Authorization"] == "Bearer token-for-" + ROOT[:33] + "/.default"


async def test_next_links_are_followed_as_they_come_and_nested_ones_too() -> None:
    """The cookie in the link is not encoded anew."""
    link = ROOT + "roles?$skiptoken=%253Ccookie%2520a%253D%25221%2522%253E"
    inner = ROOT + "systemusers(1)/x?$skiptoken=%253Cb%253E"
    pages = {
        "roles": {"value": [{"id": "1"}], "@odata.nextLink": link},
        link: {"value": [{"id": "2", "x": [{"y": 1}], "x@odata.nextLink": inner}]},
        inner: {"value": [{"y": 2}, {"y": 3}]},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        return httpx.Response(200, json=pages.get(url) or pages[url.removeprefix(ROOT)])

    rows = await ask(answer, lambda c: c.rows("roles"))
    assert rows == [{"id": "1"}, {"id": "2", "x": [{"y": 1}, {"y": 2}, {"y": 3}]}]


async def test_a_wrong_address_is_not_taken_for_an_absent_record() -> None:
    """404 with 0x80060888 is a defect of the request; 0x80040217 is an absent record."""
    assert await ask(lambda _: _error(404, "0x80040217"), lambda c: c.delete("roles(1)")) is False
    assert await ask(lambda _: _error(404, "0x80040217"), lambda c: c.find("roles(1)")) is None
    with pytest.raises(RefusedError):
        await ask(lambda _: _error(404, "0x80060888"), lambda c: c.delete("roles(1)"))


async def test_a_refusal_keeps_the_services_code_and_request_id() -> None:
    """The code is explained in our words, and both of theirs stay visible."""
    refused = _error(403, "0x80040220")
    refused.headers["x-ms-service-request-id"] = "req-1"
    with pytest.raises(RefusedError, match="lacks a privilege") as caught:
        await ask(lambda _: refused, lambda c: c.get("WhoAmI"))
    error = caught.value
    assert (error.status, error.service_code, error.request_id) == (403, "0x80040220", "req-1")
    assert "token-for" not in str(error)


@pytest.mark.parametrize("bulk", ["refused", "without privileges"])
async def test_table_metadata_falls_back_to_one_request_a_table(bulk: str) -> None:
    """Privileges in the bulk form are documented nowhere."""
    privilege = {
        "PrivilegeId": "P1",
        "Name": "prvReadLead",
        "PrivilegeType": "Read",
        "CanBeBasic": True,
        "CanBeGlobal": True,
    }

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.rsplit("/", 1)[-1]
        if path == "EntityDefinitions":
            if bulk == "refused":
                return _error(400, "0x80060888")
            return httpx.Response(200, json={"value": [{"LogicalName": "lead"}]})
        if path == "EntityDefinitions(LogicalName='lead')":
            return httpx.Response(200, json={"LogicalName": "lead", "Privileges": [privilege]})
        return _error(404, "0x80040217")

    tables = await ask(answer, lambda c: read_tables(c, ["lead", "absent"]))
    assert list(tables) == ["lead"]
    assert tables["lead"]["Read"].depths == frozenset({"Basic", "Global"})
