"""`verify`: the proof alone, and with `--sign-in` a person's sign-in after it."""

from __future__ import annotations

import threading
import webbrowser
from typing import Annotated

import typer

from connector.cli.open_stack import OpenStack, directory_checks, named
from connector.cli.options import Json, Records, Stack, Trace
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.dataverse import jobs
from connector.dataverse.reports import ProofReport
from connector.dataverse.sign_in import prove_sign_in
from connector.deadlines import BROWSER_END, PERSON
from connector.stack.outputs import StackOutputs
from connector.wire.login import KEY_VARIABLE, other_certificate
from connector.wire.session import Session


def verify(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    sign_in: Annotated[bool, typer.Option("--sign-in", help="Then let a person sign in, too.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds to wait for the person.")] = PERSON,
    trace: Trace = None,
) -> None:
    """Prove that the client secret opens Dynamics with exactly the rights wanted."""

    def work(screen: Screen) -> Outcome:
        opened = OpenStack(screen, stack, records, writes=True)
        proved = _prove(opened)
        return _sign_in(opened, proved, timeout) if sign_in and proved.error is None else proved

    run_verb("verify", Screen(as_json=json), work, trace=trace)


def _prove(stack: OpenStack) -> Outcome:
    settings, outputs, known = stack.settings, stack.outputs(), stack.known()
    stack.screen.title(f"Proof: logging in as the application ({settings.dynamics_host})")

    async def work(session: Session) -> tuple[ProofReport, StackOutputs]:
        more = directory_checks(settings, outputs, session)
        proof = await jobs.prove(settings, outputs, session, more=more, known=known)
        report = await named(proof, outputs, session)
        return report, tell(stack.screen, session, outputs, report)

    report, proved = stack.in_session(work)
    stack.note(proved, proof=report)
    return Outcome(report.to_json(), report.error)


def tell(screen: Screen, session: Session, outputs: StackOutputs, proof: ProofReport) -> StackOutputs:
    """Say the verdict; the outputs for the record, which names no certificate that was not the one used."""
    screen.proof(proof)
    used = other_certificate(session.settings, outputs, session.environ)
    if not used or proof.error is not None:
        return outputs
    screen.say(
        f"warning: this was the certificate {used}, and `handover` gives "
        f"{outputs.client_certificate_thumbprint}, which is not proved: let {KEY_VARIABLE} name that one's "
        "file, and run `verify`"
    )
    return outputs.model_copy(update={"client_certificate_key_id": ""})


def _sign_in(stack: OpenStack, proved: Outcome, seconds: float) -> Outcome:
    """After the application's own proof, that of the person at this machine."""
    screen, outputs = stack.screen, stack.outputs()
    screen.title(f"Sign-in: in the browser, then WhoAmI as that person ({stack.settings.dynamics_host})")
    browser = _Browser(screen)
    try:
        person = stack.in_session(
            lambda session: prove_sign_in(outputs, session, browser.open, seconds=seconds)
        )
    finally:
        browser.close()
    screen.say(f"{person.name} ({person.principal_name}) signed in and is user {person.user_id}")
    screen.say("this proves this stack's set-up; the vendor's own sign-in page is not part of it")
    return Outcome(proved.body | {"signedIn": person.to_json()})


class _Browser:
    """The person's browser, opened beside: one that runs in the terminal returns only when it ends."""

    def __init__(self, screen: Screen) -> None:
        self._voice = screen
        self._thread: threading.Thread | None = None

    def open(self, url: str) -> None:
        """Show the address, and open it where there is a browser."""
        self._voice.say(f"sign in at {url}")
        self._thread = threading.Thread(target=webbrowser.open, args=(url,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let a browser that is about to end do so."""
        if self._thread is not None:
            self._thread.join(timeout=BROWSER_END)
