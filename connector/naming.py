"""Names by which our objects are known again: tags, secrets, roles."""

from __future__ import annotations

import uuid

PROJECT = "dynamics-connect"
PORTAL_TAG = "WindowsAzureActiveDirectoryIntegratedApp"
ROLE_NAME_LIMIT = 100
_ROLE_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://dynamics-connect/security-role")


def marker_tag(stack: str) -> str:
    """The tag that says which stack an application or service principal belongs to."""
    return f"{PROJECT}:{stack}"


def tags(stack: str) -> tuple[str, ...]:
    """The tags of application and service principal alike; the second one makes the portal list it."""
    return (marker_tag(stack), PORTAL_TAG)


def secret_display_name(slot: str, generation: int) -> str:
    """The display name of a client secret, such as `a-1`: by it a left-over one is known."""
    return f"{slot}-{generation}"


def default_role_name(title: str, stack: str) -> str:
    """The security role's name where the settings give none, cut to what Dataverse takes (100)."""
    name = f"{title} Integration ({stack})"
    if len(name) <= ROLE_NAME_LIMIT:
        return name
    return name[: ROLE_NAME_LIMIT - 2] + "…)"


def role_id(organization_host: str, stack: str, role_name: str) -> str:
    """The id that our security role is created with: the same for the same three inputs.

    The host goes in without port, and the `.api.` form of a host counts as the plain one, so that
    both spellings of one organization give one role.
    """
    host = organization_host.lower().split(":", 1)[0].replace(".api.crm", ".crm")
    return str(uuid.uuid5(_ROLE_NAMESPACE, "\n".join((host, stack, role_name))))
