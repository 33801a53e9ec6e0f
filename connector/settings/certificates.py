"""Certificates of a stack: one PEM file a slot, where the profile asks for certificates.

Only the public half is ever in the project; the private key stays with whoever made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from pydantic import BaseModel, ConfigDict

from connector.errors import Problem
from connector.settings.problems import shown
from connector.settings.values import CredentialKind

_SIZE_LIMIT = 20_000


class Certificate(BaseModel):
    """One public certificate: its PEM text, SHA-1 thumbprint (hex, as the portal shows it) and end."""

    model_config = ConfigDict(frozen=True)

    pem: str
    thumbprint: str
    ends: datetime


def read_certificates(
    files: Mapping[str, str],
    slots: Mapping[str, int],
    kind: CredentialKind,
    project_dir: Path,
    problems: list[Problem],
) -> dict[str, Certificate]:
    """The certificate of each slot by its file; what is wrong is added to *problems*."""
    problems.extend(_wanted(files, slots, kind))
    found: dict[str, Certificate] = {}
    for slot, name in files.items():
        try:
            found[slot] = _read(project_dir / name)
        except _BadCertificateError as error:
            problems.append(Problem("settings.certificate", f"certificates.{slot}", shown(name), str(error)))
    return found


class _BadCertificateError(Exception):
    """Why a file is no certificate to use."""


def _wanted(files: Mapping[str, str], slots: Mapping[str, int], kind: CredentialKind) -> Iterator[Problem]:
    if files and kind is not CredentialKind.CERTIFICATE:
        message = f"this profile takes a {kind.value}; take the certificates away"
        yield Problem("settings.credential", "certificates", "", message)
    if kind is CredentialKind.CERTIFICATE:
        for slot in sorted(set(slots) ^ set(files)):
            which = "names no file for it" if slot in slots else "has no slot of that name"
            message = f"each slot needs its own certificate, and the stack {which}"
            yield Problem("settings.credential", f"certificates.{slot}", "", message)


def _read(path: Path) -> Certificate:
    try:
        text = path.read_bytes()[:_SIZE_LIMIT].decode("ascii")
    except OSError as error:
        raise _BadCertificateError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _BadCertificateError("is not PEM; convert it with `openssl x509 -inform der`") from error
    except ValueError as error:  # a NUL in the name, which no file can have
        raise _BadCertificateError("is no name of a file") from error
    if "PRIVATE KEY" in text:
        message = "holds a private key; keep that out of the project, give the certificate alone"
        raise _BadCertificateError(message)
    try:
        certificate = x509.load_pem_x509_certificate(text.encode())
    except ValueError as error:
        raise _BadCertificateError("holds no PEM certificate (-----BEGIN CERTIFICATE-----)") from error
    if certificate.not_valid_after_utc <= datetime.now(UTC):
        raise _BadCertificateError(f"ended on {certificate.not_valid_after_utc.date()}; make a new one")
    return Certificate(pem=text, thumbprint=thumbprint_of(certificate), ends=certificate.not_valid_after_utc)


def thumbprint_of(certificate: x509.Certificate) -> str:
    """The SHA-1 thumbprint in capital hex: how Entra names certificates, not how anything is secured."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303
