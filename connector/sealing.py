"""Sealing: text that only one key opens, in the age format (https://age-encryption.org/v1).

The sealed text is ASCII armour, so it can be pasted into a mail or a ticket.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # it ships no types

from connector.errors import Problem, SettingsError

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
