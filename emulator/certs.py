"""TLS for loopback: a certificate authority of the emulator's own and one server certificate.

azure-identity and the azuread provider refuse plain http, so there is no switch for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """Paths of the CA (to trust) and of the server's certificate with key (to serve)."""

    ca: Path
    server: Path


def ensure_certificates(folder: Path, addresses: list[str]) -> Certificates:
    """Return certificates that name localhost and *addresses*, made anew when the list has grown."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = Certificates(ca=folder / "ca.pem", server=folder / "server.pem")
    names_file = folder / "names.json"
    names = ["localhost", *addresses]
    known = json.loads(names_file.read_text()) if names_file.exists() else []
    if set(names) <= set(known) and paths.ca.exists() and paths.server.exists():
        return paths
    authority = trustme.CA()
    server = authority.issue_cert(*names)
    authority.cert_pem.write_to_path(str(paths.ca))
    paths.server.touch(mode=0o600)
    server.private_key_and_cert_chain_pem.write_to_path(str(paths.server))
    names_file.write_text(json.dumps(names))
    return paths
