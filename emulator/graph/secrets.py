"""Client secrets: made by the service, shown once, kept as a hash."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from emulator.context import Call, Reply
from emulator.graph.app_policy import check_secret
from emulator.graph.application_rules import check_application
from emulator.graph.errors import BadRequest, NoSuchCredential
from emulator.graph.objects import plain, save, target
from emulator.login.hashes import hash_of
from emulator.seed.names import LEAK_MARKER
from emulator.store import Document

_TWO_YEARS = 2 * 365 * 86400
_LENGTH = 40
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~._-"


def new_secret() -> str:
    """Forty characters: three random ones (the hint), the leak marker, and more random ones."""
    head = "".join(secrets.choice(_ALPHABET) for _ in range(3))
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH - 3 - len(LEAK_MARKER)))
    return head + LEAK_MARKER + tail


def issue(call: Call, application: Document, wanted: Document) -> Document:
    """Add a secret to the application (unsaved) and return it as it is shown this once.

    Default lifetime two years (graph docs, application-addpassword). Raises BadRequest for dates
    that do not make sense, and what the tenant's app management policy refuses.
    """
    start = _date(wanted.get("startDateTime"), call.ctx.now(), "startDateTime")
    end = _date(wanted.get("endDateTime"), start.timestamp() + _TWO_YEARS, "endDateTime")
    if end <= start:
        raise BadRequest(
            "Property passwordCredential.endDateTime is invalid: it must be after startDateTime."
        )
    text = new_secret()
    credential: Document = {
        "customKeyIdentifier": None,
        "displayName": wanted.get("displayName"),
        "endDateTime": _text(end),
        "hint": text[:3],
        "keyId": str(uuid.uuid4()),
        "secretText": None,
        "startDateTime": _text(start),
    }
    check_secret(call, application, credential)
    application["passwordCredentials"] = [credential, *application["passwordCredentials"]]
    kept = {"id": credential["keyId"], "sha256": hash_of(text)}
    call.store.put(call.scope, "secretHashes", credential["keyId"], kept)
    return credential | {"secretText": text}


def _date(value: Any, default: float, name: str) -> datetime:
    if value is None:
        return datetime.fromtimestamp(int(default), UTC)
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadRequest(f"Property passwordCredential.{name} is not a date-time.") from error
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def add_password(call: Call) -> Reply:
    """POST /applications/{id}/addPassword: 200 with the only sight of secretText."""
    application = target(call, "applications")
    shown = issue(call, application, plain(call.json()).get("passwordCredential") or {})
    check_application(application)
    save(call, "applications", application)
    context = f"{call.ctx.graph}/{call.params['version']}/$metadata#microsoft.graph.passwordCredential"
    return Reply(body={"@odata.context": context} | shown)


def remove_password(call: Call) -> Reply:
    """POST /applications/{id}/removePassword: 204. Raises NoSuchCredential."""
    application = target(call, "applications")
    key_id = str(call.json().get("keyId", "")).lower()
    left = [c for c in application["passwordCredentials"] if c["keyId"] != key_id]
    if len(left) == len(application["passwordCredentials"]):
        raise NoSuchCredential(key_id)
    application["passwordCredentials"] = left
    save(call, "applications", application)
    call.store.delete(call.scope, "secretHashes", key_id)
    return Reply(204)
