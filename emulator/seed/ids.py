"""The ids of seeded rows, the same at every start, so that tests can compute them."""

from __future__ import annotations

import uuid


def seeded_id(organization: str, kind: str, name: str) -> str:
    """The id of a seeded row: uuid5(organization id, "KIND/NAME"), so that tests can compute it."""
    return str(uuid.uuid5(uuid.UUID(organization), f"{kind}/{name}"))


def business_unit_id(organization: str, name: str) -> str:
    """Id of a seeded business unit."""
    return seeded_id(organization, "businessunit", name)


def role_id(organization: str, name: str) -> str:
    """Id of a built-in role in the root business unit."""
    return seeded_id(organization, "role", name)


def user_id(organization: str, app_id: str) -> str:
    """Id of a deployer's application user."""
    return seeded_id(organization, "systemuser", app_id)
