"""What a session refuses, repeats and counts, over a transport that answers as told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from connector.deadlines import Patience
from connector.errors import LoginError, RefusedError, SettingsError, UnreachableError
from connector.settings import load_settings
from connector.wire.deployer import provider_environment
from connector.wire.retry import parse_retry_after
from connector.wire.rounds import join, start
from connector.wire.session import LostAnswerError, Session
from tests.unit.settings_samples import GOOD, PROJECT

ENVIRON = {"ARM_CLIENT_ID": "d0000000-0000-4000-8000-000000000001", "ARM_CLIENT_SECRET": "s~s"}
URL = "https://contoso.crm4.dynamics.com/api/data/v9.2/x"
HOST = "contoso.crm4.dynamics.com"
GRAPH = "https://graph.microsoft.com"


class Clock:
    """Time that only waiting moves."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Note the wait."""
        self.waits.append(seconds)


def session(answer: Callable[[httpx.Request], httpx.Response], clock: Clock | None = None) -> Session:
    """A session whose hosts answer by a function."""
    settings = load_settings(GOOD, stack="dev", project_dir=PROJECT)
    time = clock or Clock()
    patience = Patience(sleep=time.sleep, now=lambda: sum(time.waits))
    return Session(settings, environ=ENVIRON, patience=patience, transport=httpx.MockTransport(answer))


async def test_no_token_goes_to_a_host_that_the_stack_does_not_name() -> None:
    """A link to elsewhere is refused before a token is asked for; http and another port are elsewhere."""
    asked: list[httpx.Request] = []
    async with session(lambda request: asked.append(request) or httpx.Response(200)) as s:
        for url in (
            "https://evil.example/x",
            "http://contoso.crm4.dynamics.com/x",
            "https://contoso.crm4.dynamics.com:8443/x",
            "https://contoso.crm4.dynamics.com@evil.example/x",
            "https://somebody@contoso.crm4.dynamics.com/x",
            "https://[bad/x",
            "/api/data/v9.2/x",
        ):
            with pytest.raises(RefusedError, match="no token goes to") as caught:
                await s.send("GET", url, identity=s.deployer, scope="x")
            assert (caught.value.code, caught.value.exit_code) == ("session.foreign_host", 4)
        for scope, url in ((f"https://{HOST}", "https://graph.microsoft.com/x"), (GRAPH, URL)):
            with pytest.raises(RefusedError):  # each of the two is named, and each has tokens of its own
                await s.send("GET", url, identity=s.deployer, scope=f"{scope}/.default")
        assert asked == []
        assert s.counter.tokens == 0


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({}, "check the address, the network and TLS trust"),
        ({"cloud": "emulator", "dynamicsUrl": "https://127.0.1.1:8443"}, "`python -m emulator serve` starts"),
    ],
)
async def test_a_host_that_is_not_there_says_what_to_check(changes: dict[str, str], hint: str) -> None:
    """With cloud emulator it is mostly the emulator that does not run."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("All connection attempts failed", request=request)

    settings = load_settings({**GOOD, **changes}, stack="dev", project_dir=PROJECT)
    environ = {**ENVIRON, **({"ARM_METADATA_HOSTNAME": "localhost:8443"} if changes else {})}
    with pytest.raises(UnreachableError, match="did not answer") as caught:
        async with Session(settings, environ=environ, transport=httpx.MockTransport(refuse)) as s:
            await s.send("GET", URL)
    assert hint in caught.value.message


async def test_a_redirect_is_not_followed() -> None:
    """A redirect comes back as the answer."""
    async with session(lambda _: httpx.Response(302, headers={"Location": "https://evil.example"})) as s:
        assert (await s.send("GET", URL)).status_code == 302
        assert s.counter.requests == {HOST: 1}


@pytest.mark.parametrize("value", ["2.128", "2", "0"])
async def test_a_busy_service_is_waited_for(value: str) -> None:
    """429 with Retry-After in seconds or fractions is waited out and asked again."""
    clock = Clock()
    answers = iter([httpx.Response(429, headers={"Retry-After": value}), httpx.Response(200)])
    async with session(lambda _: next(answers), clock) as s:
        assert (await s.send("GET", URL)).status_code == 200
    assert clock.waits == [float(value)]


async def test_a_write_that_is_not_idempotent_is_never_repeated() -> None:
    """A POST gets its 429 back, and a lost answer says that it is one."""
    async with session(lambda _: httpx.Response(429, headers={"Retry-After": "1"})) as s:
        assert (await s.send("POST", URL)).status_code == 429
        assert s.counter.requests == {HOST: 1}

    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("cut", request=request)

    async with session(cut) as s:
        with pytest.raises(LostAnswerError):
            await s.send("POST", URL)
        assert s.counter.requests == {HOST: 1}


async def test_waiting_ends_at_the_deadline() -> None:
    """A service that asks for more than the deadline is answered with its own refusal."""
    clock = Clock()
    busy = httpx.Response(503, headers={"Retry-After": "50"})
    async with session(lambda _: busy, clock) as s:
        assert (await s.send("GET", URL)).status_code == 503
    assert clock.waits == [50.0, 50.0]


async def test_a_host_that_cannot_be_reached_is_named() -> None:
    """The error names the host and exits with 4."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    async with session(refuse) as s:
        with pytest.raises(UnreachableError, match=HOST) as caught:
            await s.send("GET", URL)
    assert caught.value.exit_code == 4


async def test_rounds_count_only_what_waited() -> None:
    """Three side by side and one after them are four requests in two rounds."""
    async with session(lambda _: httpx.Response(200)) as s:
        await join(*(start(s.send("GET", URL)) for _ in range(3)))
        await s.send("GET", URL)
        assert s.counter.requests[HOST] == 4
        assert s.counter.rounds[HOST] == 2


def test_a_deployer_described_twice_and_differently_is_refused() -> None:
    """ARM_* and AZURE_* may agree or stand alone."""
    settings = load_settings(GOOD, stack="dev", project_dir=PROJECT)
    with pytest.raises(SettingsError, match="AZURE_CLIENT_SECRET") as caught:
        Session(settings, environ=ENVIRON | {"AZURE_CLIENT_SECRET": "t~t"})
    assert "s~s" not in str(caught.value)
    assert "t~t" not in str(caught.value)


def test_another_tenant_in_the_environment_is_refused() -> None:
    """The program does not run against a tenant that the stack does not name."""
    settings = load_settings(GOOD, stack="dev", project_dir=PROJECT)
    tenant = "22222222-2222-4222-8222-222222222222"
    with pytest.raises(SettingsError, match="ARM_TENANT_ID"):
        Session(settings, environ=ENVIRON | {"ARM_TENANT_ID": tenant})


def test_a_session_is_not_opened_where_a_variable_moves_an_endpoint() -> None:
    """Each stack of a fleet has a session, and an environment, of its own."""
    settings = load_settings(GOOD, stack="dev", project_dir=PROJECT)
    with pytest.raises(SettingsError, match="ARM_METADATA_HOSTNAME"):
        Session(settings, environ=ENVIRON | {"ARM_METADATA_HOSTNAME": "localhost:8443"})


def test_no_login_at_all_is_said_so() -> None:
    """Without variables and with the CLI switched off there is nobody to be."""
    settings = load_settings(GOOD, stack="dev", project_dir=PROJECT)
    with pytest.raises(LoginError, match="ARM_CLIENT_ID") as caught:
        Session(settings, environ={"ARM_USE_CLI": "false"})
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("variable", ["ARM_CLIENT_ID", "AZURE_CLIENT_ID"])
def test_an_identity_without_a_proof_is_not_replaced_by_the_person_at_the_cli(variable: str) -> None:
    """A client id alone says who is meant, and nobody else is taken in its place."""
    settings = load_settings(GOOD, stack="dev", project_dir=PROJECT)
    named = {variable: ENVIRON["ARM_CLIENT_ID"]}
    for more in ({}, {"ARM_CLIENT_SECRET": ""}, {"ARM_USE_CLI": ""}):
        with pytest.raises(LoginError, match=f"^{variable} is set, but none of ARM_CLIENT_SECRET") as caught:
            Session(settings, environ=named | more)
        assert (caught.value.exit_code, caught.value.code) == (3, "environment.credential")
    Session(settings, environ={})
    Session(settings, environ=named | {"ARM_USE_CLI": "true"})


def test_retry_after_reads_dates_and_refuses_nonsense() -> None:
    """An HTTP date is a moment; what cannot be read is no wait at all."""
    now = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)
    assert parse_retry_after("Mon, 23 Nov 2026 08:00:30 GMT", now=now) == 30
    assert parse_retry_after("Mon, 23 Nov 2026 07:00:00 GMT", now=now) == 0
    assert parse_retry_after("soon", now=now) is None
    assert parse_retry_after(None) is None
    assert parse_retry_after("-3") == 0


def test_the_provider_hears_the_login_in_its_own_names() -> None:
    """It reads ARM_* alone; what is set there stays, and a federated token's file needs its switch."""
    assert provider_environment({"ARM_CLIENT_ID": "a", "AZURE_CLIENT_ID": "a"}) == {}
    given = {"AZURE_CLIENT_ID": "a", "AZURE_CLIENT_SECRET": "s", "AZURE_TENANT_ID": "t"}
    twins = {"ARM_CLIENT_ID": "a", "ARM_CLIENT_SECRET": "s", "ARM_TENANT_ID": "t"}
    assert provider_environment(given) == twins
    token = {"AZURE_FEDERATED_TOKEN_FILE": "f"}
    assert provider_environment(token) == {"ARM_OIDC_TOKEN_FILE_PATH": "f", "ARM_USE_OIDC": "true"}
    assert provider_environment(token | {"ARM_USE_OIDC": "false"})["ARM_USE_OIDC"] == "false"
    assert "ARM_USE_OIDC" not in provider_environment(token | {"AZURE_CLIENT_SECRET": "s"})
