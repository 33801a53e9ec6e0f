"""The fixed ids and names of the seed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tenant:
    """A tenant to seed. Its deployers' secrets are public constants: they open nothing but loopback.

    `secret` is that of a further tenant's deployer, where it is not the one made of its name.
    """

    id: str
    name: str
    secret: str = ""


@dataclass(frozen=True)
class Organization:
    """A Dataverse organization to seed, with or without the managed solution."""

    id: str
    tenant: str
    name: str
    address: str
    solution: bool = True
    # Standard tables that not every environment has (incidentresolution, serviceappointment).
    service_tables: bool = False
    # Child business units below the root one, which has the organization's name.
    units: tuple[str, ...] = ()


CONTOSO = "11111111-1111-4111-8111-111111111111"
FABRIKAM = "22222222-2222-4222-8222-222222222222"

FULL_DEPLOYER = "d0000000-0000-4000-8000-000000000001"
LIMITED_DEPLOYER = "d0000000-0000-4000-8000-000000000002"
FABRIKAM_DEPLOYER = "d0000000-0000-4000-8000-000000000003"

DEPLOYER_SECRET = "dep~full-deployer-of-the-emulator-only"
LIMITED_SECRET = "lim~limited-deployer-of-the-emulator-only"
FABRIKAM_SECRET = "fab~fabrikam-deployer-of-the-emulator-only"

# Inside every secret that the emulator issues and every token that it signs, so that a
# test can search for a leak.
LEAK_MARKER = "EmulatorSecretMarker"

ORGANIZATIONS = (
    Organization(
        "0c0c0c01-0000-4000-8000-000000000001",
        CONTOSO,
        "contoso",
        "127.0.1.1",
        service_tables=True,
        units=("contoso-emea", "contoso-apac"),
    ),
    Organization(
        "0c0c0c02-0000-4000-8000-000000000002", CONTOSO, "contoso-plain", "127.0.1.2", solution=False
    ),
    Organization("0c0c0c03-0000-4000-8000-000000000003", FABRIKAM, "fabrikam", "127.0.1.3"),
)
