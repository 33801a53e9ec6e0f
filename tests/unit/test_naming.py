"""Names by which our objects are known again."""

from __future__ import annotations

import uuid

from connector import naming


def test_role_ids_are_stable_and_differ_by_each_input() -> None:
    """The same organization, stack and role name give the same id, anything else another one."""
    base = naming.role_id("org.crm4.dynamics.com", "dev", "Role")
    assert base == naming.role_id("ORG.crm4.dynamics.com:443", "dev", "Role")
    assert base == naming.role_id("org.api.crm4.dynamics.com", "dev", "Role")
    others = {
        naming.role_id("org2.crm4.dynamics.com", "dev", "Role"),
        naming.role_id("org.crm4.dynamics.com", "prod", "Role"),
        naming.role_id("org.crm4.dynamics.com", "dev", "Role 2"),
    }
    assert len(others | {base}) == 4
    assert uuid.UUID(base).version == 5


def test_secret_names_say_slot_and_generation() -> None:
    """Left-over secrets are known by this name."""
    assert naming.secret_display_name("a", 1) == "a-1"


def test_a_long_stack_name_still_gives_a_role_name_that_fits() -> None:
    """Dataverse takes 100 characters."""
    assert len(naming.default_role_name("Some Product", "x" * 120)) <= 100
