"""A certificate credential: made, registered on an application, used to sign assertions."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from datetime import UTC, datetime, timedelta

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from emulator.seed import FULL_DEPLOYER
from tests.support.emulator import RunningEmulator
from tests.support.graph import FULL_APPLICATION, Graph


class Certificate:
    """A self-signed certificate and its key."""

    def __init__(self, *, days: int = 30) -> None:
        """Make one that is valid for *days*."""
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "deployer")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(
            now + timedelta(days=days)
        )
        signed = builder.sign(self.key, hashes.SHA256())
        self.der = signed.public_bytes(serialization.Encoding.DER)
        self.public = signed.public_bytes(serialization.Encoding.PEM)

    def entry(self) -> dict[str, str]:
        """The key credential that Graph takes."""
        return {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(self.der).decode()}

    def register(self, graph: Graph) -> None:
        """Make it a credential of the full deployer."""
        answer = graph.patch(f"/applications/{FULL_APPLICATION}", {"keyCredentials": [self.entry()]})
        assert answer.status_code == 204, answer.text

    def assertion(self, emulator: RunningEmulator, *, header: str = "x5t#S256", **claims: object) -> str:
        """Sign an assertion; *claims* override."""
        algorithm = hashlib.sha256 if header == "x5t#S256" else hashlib.sha1
        thumbprint = base64.urlsafe_b64encode(algorithm(self.der).digest()).rstrip(b"=").decode()
        content = {
            "aud": f"{emulator.authority}/x/oauth2/v2.0/token",
            "iss": FULL_DEPLOYER,
            "sub": FULL_DEPLOYER,
            "jti": str(uuid.uuid4()),
            "nbf": int(time.time()),
            "exp": int(time.time()) + 600,
        }
        return jwt.encode(content | claims, self.key, algorithm="RS256", headers={header: thumbprint})

    def pem(self) -> bytes:
        """Return key and certificate as one PEM file's content."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + self.public
