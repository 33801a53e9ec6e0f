"""Conditional Access for workload identities, as far as a refusal goes.

A tenant's document may name client ids that a policy blocks from here:
`python -m emulator edit tenants ID '{"conditionalAccess": {"blockedClients": ["…"]}}'`.
Source: entra docs, identity/conditional-access/workload-identity, and the error codes' reference.
"""

from __future__ import annotations

from emulator.errors import LoginError
from emulator.store import Store


class BlockedByConditionalAccess(LoginError):
    """A policy keeps this service principal from logging in from here."""

    number, error = 53003, "access_denied"

    def __init__(self) -> None:
        """Say no more than Microsoft does."""
        super().__init__(
            "Access has been blocked by Conditional Access policies. "
            "The access policy does not allow token issuance."
        )


def check_policies(store: Store, tenant: str, client_id: str) -> None:
    """Refuse a client that the tenant's policies block. Raises BlockedByConditionalAccess."""
    document = store.get(tenant, "tenants", tenant) or {}
    if client_id in (document.get("conditionalAccess") or {}).get("blockedClients", []):
        raise BlockedByConditionalAccess
