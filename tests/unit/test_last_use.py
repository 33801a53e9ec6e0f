"""When a secret was last used: read where the report is, and not known everywhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connector.entra.secrets import last_use
from connector.wire.login import Identity
from tests.unit.test_session_rules import session

KEY = "83f45296-fb8f-4aaa-a399-ac51084e02b7"


def row(key: str, at: object) -> dict[str, Any]:
    """A row of the report, as its documentation shows one."""
    return {"keyId": key, "keyType": "clientSecret", "signInActivity": {"lastSignInDateTime": at}}


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """No login service answers here."""
    monkeypatch.setattr(Identity, "_get", lambda *_: "token")


async def asked(answer: httpx.Response) -> datetime | None:
    """What is known when the report answers so."""
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer

    async with session(reply) as s:
        found = await last_use(s, KEY)
    assert seen[0].url.path == "/beta/reports/appCredentialSignInActivities"
    assert seen[0].url.params["$filter"] == f"keyId eq '{KEY}'"
    return found


async def test_the_last_sign_in_with_the_key_counts() -> None:
    """The latest row of this key; other keys do not count."""
    rows = [
        row(KEY.upper(), "2026-05-30T08:00:00Z"),
        row(KEY, "2026-05-01T00:00:00Z"),
        row("other", "2026-06-01T00:00:00Z"),
    ]
    found = await asked(httpx.Response(200, json={"value": rows}))
    assert found == datetime(2026, 5, 30, 8, tzinfo=UTC)


async def test_an_offset_as_the_documentation_writes_it_is_read() -> None:
    """The report's examples say -8:00 where -08:00 is meant."""
    rows = [row(KEY, "2026-05-30T08:00:00-8:00")]
    assert await asked(httpx.Response(200, json={"value": rows})) == datetime(2026, 5, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"value": []}),
        httpx.Response(200, json={"value": [row(KEY, None)]}),
        httpx.Response(200, json={"value": [{"keyId": KEY}]}),
        httpx.Response(200, json=[]),
        httpx.Response(200, text="<html>"),
        httpx.Response(403, json={"error": {"code": "Authentication_RequestFromNonPremiumTenant"}}),
        httpx.Response(404),
    ],
)
async def test_anything_else_is_not_known(answer: httpx.Response) -> None:
    """No row, no date, another shape, no licence, no permission: never an error."""
    assert await asked(answer) is None
