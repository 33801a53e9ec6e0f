"""`verify --sign-in`: after the application's own proof, a person's."""

from __future__ import annotations

import threading
import webbrowser

from connector.cli.engine.pulumi import Engine
from connector.cli.open_stack import in_session
from connector.cli.run import Outcome
from connector.cli.screen.console import Voice
from connector.cli.verbs import deploy as verbs
from connector.dataverse.sign_in import SignedIn, prove_sign_in
from connector.wire.session import Session

SECONDS = 300.0
_BROWSER_SECONDS = 10.0


def verify_with_sign_in(
    voice: Voice, stack: str | None, records: str | None, *, seconds: float = SECONDS
) -> Outcome:
    """The proof, and when it holds the sign-in of the person at this machine."""
    outcome = verbs.verify(voice, stack, records)
    if outcome.error is not None:
        return outcome
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    voice.title(f"Sign-in: in the browser, then WhoAmI as that person ({settings.dynamics_host})")

    browser = _Browser(voice)

    async def work(session: Session) -> SignedIn:
        return await prove_sign_in(outputs, session, browser.open, seconds=seconds)

    try:
        person = in_session(settings, work)
    finally:
        browser.close()
    voice.say(f"{person.name} ({person.principal_name}) signed in and is user {person.user_id}")
    voice.say("this proves this stack's set-up; the vendor's own sign-in page is not part of it")
    return Outcome(outcome.body | {"signedIn": person.to_json()})


class _Browser:
    """The person's browser, opened beside: one that runs in the terminal returns only when it ends."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._thread: threading.Thread | None = None

    def open(self, url: str) -> None:
        """Show the address, and open it where there is a browser."""
        self._voice.say(f"sign in at {url}")
        self._thread = threading.Thread(target=webbrowser.open, args=(url,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let a browser that is about to end do so."""
        if self._thread is not None:
            self._thread.join(timeout=_BROWSER_SECONDS)
