"""The variables that point the provider (ARM_*) and the SDKs (AZURE_*) at a running emulator."""

from __future__ import annotations

from pathlib import Path

from emulator.seed.names import CONTOSO, DEPLOYER_SECRET, FULL_DEPLOYER


def environment(port: int, ca: Path) -> dict[str, str]:
    """Return the variables for the full deployer of the first tenant; *ca* is the CA file to trust."""
    host = f"localhost:{port}"
    return {
        "SSL_CERT_FILE": str(ca.resolve()),
        "REQUESTS_CA_BUNDLE": str(ca.resolve()),
        "ARM_METADATA_HOSTNAME": host,
        "ARM_TENANT_ID": CONTOSO,
        "ARM_CLIENT_ID": FULL_DEPLOYER,
        "ARM_CLIENT_SECRET": DEPLOYER_SECRET,
        "ARM_USE_CLI": "false",
        "AZURE_AUTHORITY_HOST": f"https://{host}",
        "AZURE_TENANT_ID": CONTOSO,
        "AZURE_CLIENT_ID": FULL_DEPLOYER,
        "AZURE_CLIENT_SECRET": DEPLOYER_SECRET,
    }
