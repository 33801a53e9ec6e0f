"""The signing key of the token endpoint: RS256 tokens and the JWKS that checks them."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def _b64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class SigningKey:
    """An RSA key kept in the emulator's folder, so that tokens outlive a restart."""

    def __init__(self, path: Path) -> None:
        """Load the key at *path*, or make it there (mode 0600)."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_new_key(path)
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
        self.private = cast("rsa.RSAPrivateKey", loaded)
        self.public = self.private.public_key()
        self.numbers = self.public.public_numbers()
        self.kid = hashlib.sha256(_b64(self.numbers.n).encode()).hexdigest()[:24]

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the claims as a signed JWT."""
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.kid, "x5t": self.kid})

    def read(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that this key signed; expiry and audience are the caller's to check.

        Raises jwt.InvalidTokenError for any other token.
        """
        options = {"verify_exp": False, "verify_aud": False, "verify_nbf": False, "verify_iat": False}
        return jwt.decode(token, self.public, algorithms=["RS256"], options=cast("Any", options))

    def jwks(self) -> dict[str, Any]:
        """Return the JSON Web Key Set."""
        return {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "alg": "RS256",
                    "kid": self.kid,
                    "x5t": self.kid,
                    "n": _b64(self.numbers.n),
                    "e": _b64(self.numbers.e),
                }
            ]
        }


def _write_new_key(path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
