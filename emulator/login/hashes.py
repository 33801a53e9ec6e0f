"""How client secrets are kept: never in clear."""

from __future__ import annotations

import hashlib


def hash_of(secret: str) -> str:
    """What is kept of a client secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
