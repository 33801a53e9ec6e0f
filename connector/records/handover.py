"""The hand-over: the connect form's values in its order and words, for the person who types them.

The secret is shown only to a person who asked for it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # it ships no types
from pydantic import SecretStr

from connector.errors import Problem, SettingsError
from connector.records.record import StackRecord
from connector.report import Verdict
from connector.settings import Settings
from connector.settings.profile import HandoverValue
from connector.stack.outputs import StackOutputs

HIDDEN = "(hidden; --show-secret shows it)"


@dataclass(frozen=True)
class HandoverField:
    """One field of the form: its label, its value (covered where it is the secret), a note."""

    label: str
    name: HandoverValue
    value: str | SecretStr
    note: str = ""

    @property
    def is_secret(self) -> bool:
        """Whether the value may not be shown unasked."""
        return isinstance(self.value, SecretStr)

    def text(self, *, show_secret: bool = False) -> str:
        """The value as it is shown."""
        if not isinstance(self.value, SecretStr):
            return self.value
        return self.value.get_secret_value() if show_secret else HIDDEN


@dataclass(frozen=True)
class Handover:
    """All fields of the form, and where the form is found."""

    title: str
    fields: tuple[HandoverField, ...]
    hint: str = ""
    secret_ends: str = ""

    def text(self, *, show_secret: bool = False) -> str:
        """Plain text for a terminal, one field a line, labels aligned."""
        width = max(len(field.label) for field in self.fields)
        lines = [f"{self.title}: type these values into its connect form"]
        for field in self.fields:
            note = f"  ({field.note})" if field.note else ""
            shown = field.text(show_secret=show_secret)
            lines.append(f"  {field.label:<{width}}  {shown}{note}")
        if self.hint:
            lines.append(self.hint)
        if self.secret_ends:
            lines.append(f"The secret ends on {self.secret_ends}.")
        return "\n".join(lines)

    def to_json(self, *, show_secret: bool = False) -> dict[str, str | None]:
        """Values by their names; the secret is null unless it was asked for."""
        return {
            field.name.value: (
                None if field.is_secret and not show_secret else field.text(show_secret=show_secret)
            )
            for field in self.fields
        }


def make_handover(settings: Settings, outputs: StackOutputs) -> Handover:
    """The hand-over of a stack, in the order of its profile's connect form."""
    values: dict[HandoverValue, str | SecretStr] = {
        HandoverValue.TENANT_ID: outputs.tenant_id,
        HandoverValue.CLIENT_ID: outputs.client_id,
        HandoverValue.CLIENT_SECRET: outputs.client_secret,
        HandoverValue.CERTIFICATE_THUMBPRINT: outputs.client_certificate_thumbprint,
        HandoverValue.DYNAMICS_URL: settings.dynamics_url,
    }
    end = outputs.client_secret_end_date
    return Handover(
        title=settings.profile.title,
        fields=tuple(
            HandoverField(field.label, field.value, values[field.value], field.note or "")
            for field in settings.profile.connect_form
        ),
        hint=settings.profile.connect_hint or "",
        secret_ends=end.date().isoformat() if end else "",
    )


def handover_doubts(record: StackRecord | None, outputs: StackOutputs, now: datetime) -> list[str]:
    """Why what is handed over may not open the connection: it ended, or no proof on record was with it."""
    end = outputs.client_secret_end_date or outputs.client_certificate_end_date
    if end is not None and end <= now:
        return [f"it ended on {end.date().isoformat()} and opens nothing any more; see `rotate status`"]
    key_id = outputs.client_secret_key_id or outputs.client_certificate_key_id
    proof = record.proof if record else None
    if proof is None or proof.key_id != key_id:
        return ["no proof on record here was with what is handed over; run `verify` before it is typed in"]
    if proof.verdict != Verdict.PROVED:
        return [f"its last proof on record did not hold ({proof.cause or proof.verdict}); run `verify` first"]
    return []


_KINDS = {"age1": pyrage.x25519.Recipient, "ssh-": pyrage.ssh.Recipient}


def seal(text: str, recipient: str) -> str:
    """Encrypt for an age or SSH public key, given as itself or as a file that holds it.

    Raises SettingsError `handover.recipient` for anything else; a private key is never repeated.
    """
    sealed: bytes = pyrage.encrypt(text.encode(), [_recipient(recipient)], armored=True)
    return sealed.decode()


def _recipient(given: str) -> object:
    key = given.strip()
    kind = _KINDS.get(key[:4])
    if kind is None:
        key = _from_file(Path(key))
        kind = _KINDS.get(key[:4])
    if kind is None:
        raise _no_recipient(given)
    try:
        return kind.from_str(key)
    except pyrage.RecipientError:
        raise _no_recipient(given) from None


def _from_file(path: Path) -> str:
    """The first key of a file; empty when there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    return next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")


def _no_recipient(given: str) -> SettingsError:
    message = "must be an age public key (age1…), an SSH public key (ssh-…), or a file that holds one"
    shown = "" if "SECRET" in given.upper() or "PRIVATE" in given.upper() else given[:40]
    problem = Problem("handover.recipient", "--to-age", shown, message)
    return SettingsError([problem], where="the command line")


def write_new(path: Path, text: str) -> None:
    """Write a file that only its owner may read (mode 0600); one that exists is never overwritten.

    Raises SettingsError `handover.file`. Windows knows no such mode: there the folder's rights count.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        reason = "exists already and is not overwritten" if path.exists() else str(error.strerror)
        problem = Problem("handover.file", "--to-file", str(path), f"{reason}; name another")
        raise SettingsError([problem], where="the command line") from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
