"""Why the login service does not take a client secret: by its key id and hint, and never by its value.

Graph shows of each secret the key id, the dates and the hint, which is the value's first three
characters (passwordCredential resource). So a secret that was removed, one of another stack, one
that is too fresh, and a key id that was taken for the value can be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connector.dataverse.evidence import WRONG_SECRET
from connector.dataverse.reports import ProofReport
from connector.deadlines import FRESH_SECRET
from connector.entra.directory import Directory
from connector.entra.objects import LiveApplication, LiveSecret
from connector.errors import ConnectError
from connector.report import Cause
from connector.settings.checks import GUID
from connector.stack.hand_made import HandMade, OutsideSlots, sorted_out
from connector.stack.outputs import StackOutputs
from connector.wire.rounds import join, start
from connector.wire.session import Session

_HINT = 3
_MARKER = re.compile(r"dynamics-connect:(?P<stack>.+)")


async def told_apart(report: ProofReport, outputs: StackOutputs, session: Session) -> ProofReport:
    """A proof that failed for a refused secret, with the reason; any other as it is.

    Where the deployer may not read the application, the login service's own words stay.
    """
    if report.cause is None or report.cause.key != WRONG_SECRET:
        return report
    directory = Directory(session)
    try:
        own = await directory.application(outputs.application_object_id)
        others = [] if own is None else await directory.of_any_stack()
    except ConnectError:
        return report
    cause = secret_cause(outputs, own, others, datetime.now(UTC))
    return replace(report, cause=cause) if cause else report


def secret_cause(
    outputs: StackOutputs, own: LiveApplication | None, others: Sequence[LiveApplication], now: datetime
) -> Cause | None:
    """The reason, out of what the directory shows; None where it shows none."""
    value, key_id = outputs.client_secret.get_secret_value(), outputs.client_secret_key_id.lower()
    if GUID.fullmatch(value):
        text = "the client secret is a GUID: that is a secret's id and not its value; run rotate begin"
        return Cause("secret.is_key_id", key_id, text)
    if own is None:
        return None
    registered = next((one for one in own.secrets if one.key_id.lower() == key_id), None)
    owner = _owner(value, key_id, own, others, registered)
    if owner is not None:
        text = (
            f"the client secret (key id {key_id}) is not this application's: it belongs to "
            f"{owner.display_name} ({owner.app_id}){_stack(owner)}; run rotate begin for one of its own"
        )
        return Cause("secret.foreign", key_id, text)
    if registered is None:
        text = (
            f"the client secret (key id {key_id}) was removed from the application {own.app_id}; "
            "run rotate begin for a new one"
        )
        return Cause("secret.removed", key_id, text)
    return _registered_cause(value, registered, now)


def _registered_cause(value: str, secret: LiveSecret, now: datetime) -> Cause:
    if secret.hint and not value.startswith(secret.hint):
        text = (
            f"the client secret does not belong to its key id: {secret} begins otherwise; "
            "somebody changed the state or mixed two secrets up; run rotate begin"
        )
        return Cause("secret.wrong", secret.key_id, text)
    if secret.start is not None and now - secret.start < FRESH_SECRET:
        text = (
            f"the client secret {secret.display_name} was made minutes ago and the login service does not "
            "know it everywhere yet; run verify again in some minutes"
        )
        return Cause("secret.fresh", secret.key_id, text)
    text = f"the login service does not take the client secret {secret}; run rotate begin for a new one"
    return Cause("secret.wrong", secret.key_id, text)


def _owner(
    value: str,
    key_id: str,
    own: LiveApplication,
    others: Sequence[LiveApplication],
    registered: LiveSecret | None,
) -> LiveApplication | None:
    """The other application that holds the secret: by key id, else by hint where the own one differs."""
    rest = [one for one in others if one.id != own.id]
    by_key = [one for one in rest if any(s.key_id.lower() == key_id for s in one.secrets)]
    if by_key:
        return by_key[0]
    if registered is None or value.startswith(registered.hint or value[:_HINT]):
        return None
    by_hint = [one for one in rest if any(s.hint == value[:_HINT] for s in one.secrets)]
    return by_hint[0] if len(by_hint) == 1 else None


def _stack(application: LiveApplication) -> str:
    found = next((m for tag in application.tags if (m := _MARKER.fullmatch(tag))), None)
    return f", stack {found['stack']}" if found else ""


# The documentation's own examples write an offset's hours with one digit, which Python does not read.
_SHORT_OFFSET = re.compile(r"([+-])(\d:\d\d)$")


async def last_uses(session: Session, key_ids: Iterable[str]) -> dict[str, datetime]:
    """The last sign-in with each of several keys, asked for side by side; those not known are left out."""
    branches = {key_id: start(last_use(session, key_id)) for key_id in dict.fromkeys(key_ids)}
    await join(*branches.values())
    return {key_id: moment for key_id, one in branches.items() if (moment := one.result()) is not None}


async def last_use(session: Session, key_id: str) -> datetime | None:
    """The last sign-in with a key, or None where it is not known."""
    graph = session.endpoints.graph
    url = f"{graph}/beta/reports/appCredentialSignInActivities?$filter=keyId eq '{key_id}'"
    try:
        answer = await session.send("GET", url, identity=session.deployer, scope=f"{graph}/.default")
        return _moment(answer.json(), key_id) if answer.status_code == 200 else None
    except (ConnectError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _moment(body: Any, key_id: str) -> datetime | None:
    moments = [
        datetime.fromisoformat(_SHORT_OFFSET.sub(r"\g<1>0\2", row["signInActivity"]["lastSignInDateTime"]))
        for row in body["value"]
        if str(row.get("keyId", "")).lower() == key_id.lower()
    ]
    return max((moment for moment in moments if moment.tzinfo), default=None)


async def read_outside_slots(
    session: Session, application_id: str, *, adopted: Collection[str], in_slots: Collection[str]
) -> OutsideSlots:
    """Read the application of an object id; one that does not exist has no secrets."""
    application = await Directory(session).application(application_id)
    if application is None:
        return OutsideSlots()
    found = sorted_out((hand_made_of(one) for one in application.secrets), adopted, in_slots)
    uses = await last_uses(session, [one.key_id for one in found.all])

    def used(secrets: tuple[HandMade, ...]) -> tuple[HandMade, ...]:
        return tuple(replace(one, last_used=uses.get(one.key_id)) for one in secrets)

    return replace(found, adopted=used(found.adopted), foreign=used(found.foreign))


def hand_made_of(secret: LiveSecret) -> HandMade:
    """A secret's metadata in rotation's own shape."""
    return HandMade(secret.key_id, secret.display_name, secret.hint, secret.end)
