"""The proof of a person's sign-in where the login service cannot be reached: one sentence, no traceback."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connector.dataverse.sign_in import SignedIn, prove_sign_in
from connector.errors import PersonNeededError, UnreachableError
from connector.wire.session import Session
from tests.emulator_flows.conftest import NoSleep, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.emulator import PROJECT, RunningEmulator

pytestmark = pytest.mark.filterwarnings("ignore:response_mode:UserWarning")
TOKEN = "/{tenant}/oauth2/v2.0/token"
DISCOVERY = "/{tenant}/v2.0/.well-known/openid-configuration"


def come_back(page: str) -> None:
    """A person's browser, which comes back with a code while the listener waits."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
    query = {"code": "some-code", "state": asked["state"]}
    threading.Thread(
        target=httpx.get, args=(asked["redirect_uri"],), kwargs={"params": query, "trust_env": False}
    ).start()


def sign_in(stack: ConnectedStack, open_page: Callable[[str], None], *, seconds: float = 10) -> SignedIn:
    """The sign-in as the verb runs it."""

    async def work(settings: object, outputs: object, session: Session) -> SignedIn:
        return await prove_sign_in(stack.outputs, session, open_page, seconds=seconds)

    done: SignedIn = runner(stack, NoSleep())(work)
    return done


def stack_of(emulator: RunningEmulator) -> ConnectedStack:
    """A stack whose application carries the localhost redirect."""
    return ConnectedStack(emulator, signIn=True)


@pytest.mark.parametrize("answer", ["reset-before", "500", "truncate"])
def test_a_login_service_that_fails_at_the_code_is_named(emulator: RunningEmulator, answer: str) -> None:
    """The code is not sent again blindly: the person begins anew."""
    stack = stack_of(emulator)

    def open_page(page: str) -> None:
        emulator.fault("POST", TOKEN, answer=answer, times=20)
        come_back(page)

    with pytest.raises(UnreachableError, match="login service") as caught:
        sign_in(stack, open_page)
    assert caught.value.key == urlsplit(emulator.authority).netloc


@pytest.mark.parametrize("answer", ["reset-before", "500", "truncate"])
def test_a_login_service_that_fails_before_the_page_is_named(emulator: RunningEmulator, answer: str) -> None:
    """Nobody is sent to a page then."""
    stack = stack_of(emulator)
    emulator.fault("GET", DISCOVERY, answer=answer, times=20)
    with pytest.raises(UnreachableError, match="login service"):
        sign_in(stack, pytest.fail)


def test_a_proxy_in_the_environment_is_not_asked_for_loopback(
    emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for every other request to the emulator."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    pages: list[str] = []
    with pytest.raises(PersonNeededError, match="nobody came back"):
        sign_in(stack_of(emulator), pages.append, seconds=0.3)
    assert pages


def test_a_clock_that_is_off_puts_no_claims_on_the_terminal() -> None:
    """MSAL logs the token's claims then; without a handler Python would print them."""
    program = (
        "import connector.dataverse.sign_in; from msal.oauth2cli.oidc import _IdTokenTimeError as E; "
        "E('too early', 1.0, {'name': 'Adele'}).log()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
