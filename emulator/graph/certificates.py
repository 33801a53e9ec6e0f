"""Certificates of an application (keyCredentials): checked, thumbprinted, given an id."""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from emulator.graph.errors import InvalidValue
from emulator.graph.shapes import stamp
from emulator.store import Document


def take_key_credentials(existing: list[Document], wanted: Any) -> list[Document]:
    """Return the list as stored; an entry with a known keyId keeps its key. Raises InvalidValue."""
    if not isinstance(wanted, list):
        raise InvalidValue("keyCredentials")
    known = {credential["keyId"]: credential for credential in existing}
    return [known.get(str(entry.get("keyId"))) or _new_key(entry) for entry in wanted]


def _certificate(key: bytes) -> x509.Certificate:
    """The certificate in DER, or in PEM as the azuread provider sends it (`encoding = "pem"`)."""
    if key.lstrip().startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(key)
    return x509.load_der_x509_certificate(key)


def _new_key(entry: Document) -> Document:
    if entry.get("type") != "AsymmetricX509Cert" or entry.get("usage") != "Verify":
        raise InvalidValue("keyCredentials")
    try:
        certificate = _certificate(base64.b64decode(entry.get("key") or "", validate=True))
    except (binascii.Error, ValueError) as error:
        raise InvalidValue("keyCredentials") from error
    der = certificate.public_bytes(Encoding.DER)
    thumbprint = hashlib.sha1(
        der, usedforsecurity=False
    ).digest()  # Graph's definition of customKeyIdentifier
    return {
        "customKeyIdentifier": entry.get("customKeyIdentifier") or base64.b64encode(thumbprint).decode(),
        "displayName": entry.get("displayName") or certificate.subject.rfc4514_string(),
        "endDateTime": stamp(certificate.not_valid_after_utc.timestamp()),
        "key": base64.b64encode(der).decode(),
        "keyId": entry.get("keyId") or str(uuid.uuid4()),
        "startDateTime": stamp(certificate.not_valid_before_utc.timestamp()),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }
