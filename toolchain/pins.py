"""The versions that this project is tested with, in one place."""

from __future__ import annotations

from collections.abc import Mapping

PULUMI = "3.259.0"
AZUREAD = "6.11.1"
# What toolchain/azuread/go.mod builds; the vendor's own 6.11.1 follows a later one.
AZUREAD_UPSTREAM = "3.4.0"
GO = "1.26.4"

VENDOR_CLI = "https://get.pulumi.com/releases/sdk"
VENDOR_CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download"
# SHA-256 of the vendor's archives of PULUMI, by name. None of them could be had where this was written.
# Set-up says so, and compares an archive with the vendor's own list, which can change with it.
VENDOR_SHA256: Mapping[str, str] = {}
