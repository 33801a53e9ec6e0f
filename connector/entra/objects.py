"""Directory objects as adoption, clean-up and preflight look at them; never a secret's value."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from connector.deadlines import CLOCKS_DIFFER
from connector.entra.graph import Assignment, Grant, Principal

#: The audience of tokens that are exchanged for one of Entra (entra docs, workload identity federation).
EXCHANGE = "api://AzureADTokenExchange"
_OUR_SECRET = re.compile(r"([ab])-(\d+)")


@dataclass(frozen=True)
class LiveSecret:
    """A client secret's metadata: its value cannot be read, its first three characters can."""

    key_id: str
    display_name: str
    start: datetime | None = None
    end: datetime | None = None
    hint: str = ""

    @property
    def is_named_by_slot(self) -> bool:
        """Whether its display name is a slot and a generation, as this tool writes them."""
        return _OUR_SECRET.fullmatch(self.display_name) is not None

    def __str__(self) -> str:
        end = self.end.date().isoformat() if self.end else "never"
        name = self.display_name or "without a name"
        return f"{name} ({self.hint or '?'}…, ends {end}, key id {self.key_id})"


@dataclass(frozen=True)
class LiveCertificate:
    """A certificate's metadata; `identifier` is its SHA-1 thumbprint as Graph writes it."""

    key_id: str
    identifier: str
    display_name: str = ""

    def is_of(self, thumbprint: str) -> bool:
        """Whether it is the certificate of a thumbprint (hexadecimal).

        Graph gives the bytes in base64; a client that wrote its own identifier may have used hexadecimal.
        """
        in_base64 = base64.b64encode(bytes.fromhex(thumbprint)).decode()
        return self.identifier in {thumbprint.upper(), thumbprint.lower(), in_base64}

    def __str__(self) -> str:
        return f"{self.display_name or 'without a name'} (key id {self.key_id})"


@dataclass(frozen=True)
class LiveApplication:
    """An app registration as it is; `raw` is Graph's own document without credentials.

    `federated` counts federated credentials where somebody asked for them: Graph gives them apart.
    """

    id: str
    app_id: str
    display_name: str
    tags: frozenset[str]
    created: str
    secrets: tuple[LiveSecret, ...]
    keys: tuple[LiveCertificate, ...]
    raw: Mapping[str, Any]
    federated: int = 0

    @property
    def certificates(self) -> int:
        """How many certificates it holds."""
        return len(self.keys)

    def was_there_before(self, since: datetime | None) -> bool:
        """Whether it is older than a state's knowledge of it, *since*: somebody else made it.

        True where either moment is not known.
        """
        made = moment(self.created)
        return since is None or made is None or made < since - CLOCKS_DIFFER

    @property
    def in_use(self) -> bool:
        """Whether somebody may log in with it: by a secret, a certificate, or an issuer's token."""
        return bool(self.secrets) or self.certificates > 0 or self.federated > 0


class Trusted(Protocol):
    """Whose tokens are meant: issuer and subject, letter by letter."""

    @property
    def issuer(self) -> str:
        """Who signs them."""

    @property
    def subject(self) -> str:
        """Who they stand for."""


@dataclass(frozen=True)
class Federated:
    """A federated credential as it is: whose tokens count as the application's."""

    id: str
    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...]

    def is_as(self, wanted: Trusted, audience: str = EXCHANGE) -> bool:
        """Whether it trusts the same tokens."""
        return (self.issuer, self.subject, self.audiences) == (wanted.issuer, wanted.subject, (audience,))


@dataclass(frozen=True)
class Named:
    """A user, group or deleted object: object id, name, and what tells it from its namesakes."""

    id: str
    name: str
    detail: str = ""


@dataclass(frozen=True)
class Attached:
    """What hangs on one application: its service principal, grants, roles held, and who is assigned."""

    principal: Principal | None = None
    grants: tuple[Grant, ...] = ()
    roles: tuple[Assignment, ...] = ()
    assigned: tuple[Assignment, ...] = ()


def application_of(row: Mapping[str, Any]) -> LiveApplication:
    """Read Graph's application resource."""
    hidden = {"passwordCredentials", "keyCredentials"}
    return LiveApplication(
        id=str(row["id"]),
        app_id=str(row.get("appId") or ""),
        display_name=str(row.get("displayName") or ""),
        tags=frozenset(row.get("tags") or ()),
        created=str(row.get("createdDateTime") or ""),
        secrets=tuple(_secret(one) for one in row.get("passwordCredentials") or ()),
        keys=tuple(_certificate(one) for one in row.get("keyCredentials") or ()),
        raw={name: value for name, value in row.items() if name not in hidden},
    )


def federated_of(row: Mapping[str, Any]) -> Federated:
    """Read Graph's federatedIdentityCredential."""
    audiences = tuple(str(one) for one in row.get("audiences") or ())
    return Federated(str(row["id"]), str(row["name"]), str(row["issuer"]), str(row["subject"]), audiences)


def _secret(row: Mapping[str, Any]) -> LiveSecret:
    return LiveSecret(
        key_id=str(row.get("keyId") or ""),
        display_name=str(row.get("displayName") or ""),
        start=moment(row.get("startDateTime")),
        end=moment(row.get("endDateTime")),
        hint=str(row.get("hint") or ""),
    )


def _certificate(row: Mapping[str, Any]) -> LiveCertificate:
    return LiveCertificate(
        key_id=str(row.get("keyId") or ""),
        identifier=str(row.get("customKeyIdentifier") or ""),
        display_name=str(row.get("displayName") or ""),
    )


def moment(text: object) -> datetime | None:
    """A Graph date-time; None where there is none. Fractions of a second are dropped."""
    found = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", str(text or ""))
    return datetime.fromisoformat(found.group() + "+00:00") if found else None
