"""How a client proves who it is: a secret, or an assertion signed by a registered certificate."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, cast

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from emulator.context import Context
from emulator.login.errors import BadAssertion, ExpiredSecret, MissingParameter, MissingSecret, WrongSecret
from emulator.login.federation import check_federated
from emulator.login.hashes import hash_of
from emulator.store import Document

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Proof(NamedTuple):
    """How a client proved itself: the token's `appidacr` ("1" or "2"), and the credential's key id."""

    method: str
    key_id: str = ""


def seconds(stamp: str) -> float:
    """Seconds since the epoch of a Graph date-time."""
    return datetime.fromisoformat(stamp).timestamp()


def check_client(ctx: Context, home: str, application: Document, form: Mapping[str, str]) -> Proof:
    """Check the client's proof against its application in tenant *home*.

    Raises MissingSecret, WrongSecret, ExpiredSecret or BadAssertion.
    """
    if form.get("client_assertion"):
        if form.get("client_assertion_type") != _ASSERTION_TYPE:
            raise MissingParameter("client_assertion_type")
        return Proof("2", check_assertion(ctx, home, application, form["client_assertion"]))
    if not form.get("client_secret"):
        raise MissingSecret
    return Proof("1", _check_secret(ctx, home, application, form["client_secret"]))


def _check_secret(ctx: Context, home: str, application: Document, secret: str) -> str:
    given, now = hash_of(secret), ctx.now()
    for credential in application["passwordCredentials"]:
        kept = ctx.store.get(home, "secretHashes", credential["keyId"])
        if kept is None or not hmac.compare_digest(kept["sha256"], given):
            continue
        if seconds(credential["endDateTime"]) <= now:
            raise ExpiredSecret(application["appId"])
        if seconds(credential["startDateTime"]) <= now + 300:
            return str(credential["keyId"])
    raise WrongSecret(application["appId"])


def check_assertion(ctx: Context, home: str, application: Document, assertion: str) -> str:
    """Check a client assertion: an issuer's token, or one signed by a registered certificate.

    Returns the certificate's key id; an issuer's token has none.

    Entra docs, identity-platform/certificate-credentials and workload-id. Raises BadAssertion and
    the refusals of federation.
    """
    try:
        header = jwt.get_unverified_header(assertion)
        if header.get("kid") == ctx.key.kid:
            claims = ctx.key.read(assertion)
            _check_time(ctx, claims)
            check_federated(ctx, home, application, claims)
            return ""
        key_id, key = _registered_key(ctx, application, header)
        options = {"verify_exp": False, "verify_nbf": False, "verify_aud": False, "verify_iat": False}
        claims = jwt.decode(assertion, key, algorithms=["RS256", "PS256"], options=cast("Any", options))
    except jwt.InvalidTokenError as error:
        raise BadAssertion("The key was not found or the signature does not match.") from error
    _check_claims(ctx, application["appId"], claims)
    return key_id


def _registered_key(
    ctx: Context, application: Document, header: Mapping[str, Any]
) -> tuple[str, RSAPublicKey]:
    for credential in application["keyCredentials"]:
        try:
            der = base64.b64decode(credential["key"])
            certificate = x509.load_der_x509_certificate(der)
        except (binascii.Error, ValueError):
            continue
        if not _names(header, der):
            continue
        if seconds(credential["endDateTime"]) <= ctx.now():
            raise BadAssertion("The key used is expired.")
        return str(credential["keyId"]), cast("RSAPublicKey", certificate.public_key())
    raise BadAssertion("The key was not found.")


def _names(header: Mapping[str, Any], der: bytes) -> bool:
    """True when the header's x5t (SHA-1) or x5t#S256 is the certificate's thumbprint."""
    thumbprints = {
        "x5t": hashlib.sha1(
            der, usedforsecurity=False
        ).digest(),  # the header's own definition, not our choice
        "x5t#S256": hashlib.sha256(der).digest(),
    }
    for name, digest in thumbprints.items():
        if header.get(name):
            return bool(
                str(header[name]).rstrip("=") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            )
    return False


def _check_claims(ctx: Context, client_id: str, claims: Mapping[str, Any]) -> None:
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise BadAssertion("The issuer and subject must be the client id.")
    audience = str(claims.get("aud", ""))
    if not (audience.startswith(f"{ctx.authority}/") and audience.endswith(("/token", "/v2.0"))):
        raise BadAssertion("The audience is not this token endpoint.")
    _check_time(ctx, claims)


def _check_time(ctx: Context, claims: Mapping[str, Any]) -> None:
    if not float(claims.get("nbf", 0)) - 300 <= ctx.now() < float(claims.get("exp", 0)):
        raise BadAssertion("The assertion is not within its valid time range.")
