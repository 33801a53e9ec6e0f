"""A token issuer of the emulator's own, and logging in with what an issuer signed.

The issuer stands for a pipeline service: it signs what `python -m emulator assertion` asks for.
Entra's checks: entra docs, workload-id/workload-identity-federation; numbers from
identity-platform/reference-error-codes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.login.errors import FederationAudienceMismatch, FederationMismatch, FederationSubjectMismatch
from emulator.seed.names import LEAK_MARKER
from emulator.store import Document

LIFETIME = 300


def issuer(ctx: Context) -> str:
    """The issuer whose tokens the emulator itself signs."""
    return f"{ctx.authority}/issuer"


def assertion(ctx: Context, subject: str, audience: str, of: str = "") -> str:
    """A token of that issuer, or of another that the emulator plays, good for five minutes."""
    now = int(ctx.now())
    claims = {"iss": of or issuer(ctx), "sub": subject, "aud": audience, "jti": uuid.uuid4().hex}
    times = {"iat": now, "nbf": now, "exp": now + LIFETIME}
    return ctx.key.sign(claims | times | {"marker": LEAK_MARKER})


def check_federated(ctx: Context, home: str, application: Document, claims: Mapping[str, Any]) -> None:
    """Find the credential that a token's issuer, subject and audience match, letter by letter.

    Raises FederationMismatch, FederationSubjectMismatch, FederationAudienceMismatch.
    """
    known = ctx.store.find(home, "federatedIdentityCredentials", _application=application["id"])
    same_issuer = [one for one in known if one["issuer"] == claims.get("iss")]
    if not same_issuer:
        raise FederationMismatch(str(claims.get("iss")))
    same_subject = [one for one in same_issuer if one["subject"] == claims.get("sub")]
    if not same_subject:
        raise FederationSubjectMismatch(str(claims.get("sub")))
    if not any(claims.get("aud") in one["audiences"] for one in same_subject):
        raise FederationAudienceMismatch(str(claims.get("aud")))
