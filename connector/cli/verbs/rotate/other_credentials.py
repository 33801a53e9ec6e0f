"""`rotate` where a profile asks for no client secret: what a person does instead, and when it is due."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connector.cli.run import Outcome
from connector.cli.verbs.rotate.rotation import Rotation
from connector.errors import ConnectError, ExpiresSoonError, PersonNeededError
from connector.records.standing import slot_words
from connector.settings import CredentialKind
from connector.stack.due import BEGIN_DAYS, SOON_DAYS, describe
from connector.stack.secrets import SLOTS, LiveSecret
from connector.wire.login import KEY_VARIABLE


def check_secret(run: Rotation) -> None:
    """Refuse to begin or finish a rotation of what is no client secret. Raises PersonNeededError."""
    kind = run.settings.profile.credential
    if kind is CredentialKind.CERTIFICATE:
        raise PersonNeededError(_by_hand(run), code="rotation.certificate", key="certificates")
    if kind is CredentialKind.FEDERATED:
        raise PersonNeededError(_nothing(run), code="rotation.federated", key="profile")


def other_than_secret(run: Rotation, begin_days: int | None, soon_days: int | None) -> Outcome | None:
    """What `rotate status` and `rotate auto` come to without a client secret; None where there is one."""
    kind = run.settings.profile.credential
    if kind is CredentialKind.SECRET:
        return None
    live = run.live()
    body: dict[str, Any] = {"stack": run.name, "result": "nothing", "slots": run.table(), "handMade": []}
    if kind is CredentialKind.FEDERATED:
        return Outcome(body | {"next": _nothing(run)})
    run.screen.table([(f"slot {row['slot']}", slot_words(row)) for row in body["slots"]])
    due = _due(run, live, begin_days, soon_days)
    if due is None:
        return Outcome(body | {"next": "nothing is due"})
    return Outcome(body | {"result": "begin", "next": due.message}, due)


def _due(
    run: Rotation, live: tuple[LiveSecret, ...], begin_days: int | None, soon_days: int | None
) -> ConnectError | None:
    if not live:
        return PersonNeededError("there is no certificate yet; run deploy", code="rotation.not_deployed")
    left = live[-1].days_left(datetime.now(UTC))
    if left is None or left > (BEGIN_DAYS if begin_days is None else begin_days):
        return None
    soon = left <= (SOON_DAYS if soon_days is None else soon_days)
    kind = ExpiresSoonError if soon else PersonNeededError
    words = f"the certificate {live[-1].label} {describe(left)}. {_by_hand(run)}"
    return kind(words, code="rotation.certificate", key="certificates")


def _by_hand(run: Rotation) -> str:
    """The steps, with this stack's own slots."""
    slots = run.settings.slots
    old = max(slots, key=lambda slot: slots[slot])
    new = next(slot for slot in SLOTS if slot != old)
    return (
        f"Stack {run.name} logs in with a certificate, whose private key `rotate` never sees: add the new "
        f"certificate's file as certificates.{new} and slots.{new}: {slots[old] + 1}, run deploy with "
        f"{KEY_VARIABLE} naming the new key (old and new are valid then), let the SaaS use it, and take "
        f"certificates.{old} and slots.{old} out again, with `deploy` (docs/handover.md, Certificates)"
    )


def _nothing(run: Rotation) -> str:
    return f"stack {run.name} logs in with an issuer's tokens: it holds no secret, and nothing is to rotate"
