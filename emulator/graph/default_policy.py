"""The default app management policy that every tenant has: not enabled until somebody does."""

from __future__ import annotations

from emulator.store import Document

DEFAULT_APP_POLICY = "defaultAppManagementPolicy"


def new_policy() -> Document:
    """The policy as in a tenant that never set it (graph docs, tenantAppManagementPolicy)."""
    return {
        "id": "00000000-0000-0000-0000-000000000000",
        "displayName": "Default app management tenant policy",
        "description": "Default tenant policy that enforces app management restrictions on applications "
        "and service principals. To apply policy to targeted resources, create a new policy under "
        "appManagementPolicies collection.",
        "isEnabled": False,
        "applicationRestrictions": {"passwordCredentials": [], "keyCredentials": []},
        "servicePrincipalRestrictions": {"passwordCredentials": [], "keyCredentials": []},
    }
