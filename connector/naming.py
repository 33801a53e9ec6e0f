"""Names by which our objects are known again: tags, secrets, roles."""

from __future__ import annotations

import hashlib
import re
import uuid

PROJECT = "dynamics-connect"
PORTAL_TAG = "WindowsAzureActiveDirectoryIntegratedApp"
ROLE_NAME_LIMIT = 100
# A name of words with one space between them, a principal name, or an object id.
_PLAIN = re.compile(
    r"[A-Za-z0-9._]+( [A-Za-z0-9._]+)*|[A-Za-z0-9._-]+@[A-Za-z0-9._-]+"
    r"|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
#: The role of an assignment that names none (Graph: appRoleAssignment).
DEFAULT_APP_ROLE = "00000000-0000-0000-0000-000000000000"
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


def resource_suffix(who: str) -> str:
    """A group's name, principal name or object id as part of a resource name: two never give the same.

    A text that loses more than its case on the way gets a digest of itself.
    """
    readable = older_suffix(who)
    if _PLAIN.fullmatch(who):
        return readable
    digest = hashlib.sha256(who.lower().encode()).hexdigest()[:8]
    return f"{readable}-{digest}".lstrip("-")


def older_suffix(who: str) -> str:
    """The readable part, which version 0.1.0 used alone: such names live on as aliases."""
    return re.sub(r"[^A-Za-z0-9.@_-]+", "-", who).strip("-").lower()


def application_resource(base: str) -> str:
    """The engine's name of the application; *base* is the profile's name, here and below."""
    return f"{base}-application"


def service_principal_resource(base: str) -> str:
    """The engine's name of the service principal."""
    return f"{base}-service-principal"


def grant_resource(base: str, api: str) -> str:
    """The engine's name of the delegated grant for one API."""
    return f"{base}-grant-{api}"


def app_role_resource(base: str, api: str, name: str) -> str:
    """The engine's name of one application permission, granted."""
    return f"{base}-app-role-{api}-{name}"


def assignment_resource(base: str, kind: str, who: str) -> str:
    """The engine's name of one assignment; *kind* is `user` or `group`."""
    return f"{base}-{kind}-{resource_suffix(who)}"


def older_assignment_resource(base: str, kind: str, who: str) -> str:
    """The name that version 0.1.0 gave the same assignment."""
    return f"{base}-{kind}-{older_suffix(who)}"


def certificate_resource(base: str, label: str) -> str:
    """The engine's name of one certificate; *label* is slot and generation."""
    return f"{base}-certificate-{label}"


def federated_resource(base: str) -> str:
    """The engine's name of the federated credential."""
    return f"{base}-federated"


def secret_resource(base: str, label: str) -> str:
    """The engine's name of one secret; *label* is its display name."""
    return f"{base}-secret-{label}"
