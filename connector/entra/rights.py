"""Which Graph permissions a stack's plan needs, and whether the caller's token holds them.

Permissions of each operation: Graph API reference (application, oauth2PermissionGrant and
appRoleAssignment pages). A token of an application lists its app roles; the rights of a person
(directory roles, eligible roles, ownership) are not all in a token, so there the answer is unknown.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connector.errors import RefusedError
from connector.report import Check, no, unknown, yes
from connector.settings import ConsentMode, PermissionKind, Settings
from connector.settings.checks import GUID

OWNED_BY = "Application.ReadWrite.OwnedBy"
#: What lets a caller change applications that it does not own.
ANY_APPLICATION = ("Application.ReadWrite.All", "Directory.ReadWrite.All")
_DIRECTORY_READ = ("Directory.Read.All", "Directory.ReadWrite.All")
_GRANTING = "granting admin consent"


@dataclass(frozen=True)
class Need:
    """One right that the plan needs: any of `any_of` will do, the one to ask for first; `what` needs it."""

    what: str
    any_of: tuple[str, ...]


def needs_of(settings: Settings) -> tuple[Need, ...]:
    """The rights that this stack's plan needs, in the order in which they are used."""
    return tuple(_needs(settings))


def _needs(settings: Settings) -> Iterable[Need]:
    yield Need("registering the application and its secret", (OWNED_BY, *ANY_APPLICATION))
    yield _consent_need(settings)
    # With OwnedBy alone Graph lists no app roles that an application holds.
    readers = ("Application.Read.All", "Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All")
    yield Need("reading assignments", (*readers, *_DIRECTORY_READ))
    kinds = {permission.kind for permission in settings.permissions}
    app_roles = settings.consent is ConsentMode.GRANT and PermissionKind.APPLICATION in kinds
    if app_roles or settings.assignments.users or settings.assignments.groups:
        yield Need("assigning users, groups and app roles", ("AppRoleAssignment.ReadWrite.All",))
    if by_name((*settings.assignments.users, *settings.owners)):
        # The permissions reference has User.ReadBasic.All for applications, user-get does not list it: it
        # is let through, and not what is advised.
        readers = ("User.Read.All", "User.ReadBasic.All", "User.ReadWrite.All")
        yield Need("finding users", (*readers, *_DIRECTORY_READ))
    if by_name(settings.assignments.groups):
        readers = ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All")
        yield Need("finding groups", (*readers, *_DIRECTORY_READ))


def _consent_need(settings: Settings) -> Need:
    """The proof reads what was consented to, whoever consents; who grants may read it too."""
    delegated = any(one.kind is PermissionKind.DELEGATED for one in settings.permissions)
    writer = "DelegatedPermissionGrant.ReadWrite.All"
    if delegated and settings.consent is ConsentMode.GRANT:
        return Need(_GRANTING, (writer,))
    readers = ("DelegatedPermissionGrant.Read.All", "Directory.Read.All", writer)
    return Need("reading what was consented to", (*readers, "Directory.ReadWrite.All"))


def by_name(people: Iterable[str]) -> bool:
    """Whether somebody has to be looked up: an object id stands for itself."""
    return any(not GUID.fullmatch(one) for one in people)


def token_roles(token: str) -> frozenset[str] | None:
    """The app roles in an access token; None for a person's token, or one that cannot be read.

    The token is the caller's own and only looked at: its signature is Graph's to check.
    """
    claims = _claims(token)
    if not claims or "scp" in claims:
        return None
    return frozenset(claims.get("roles", ()))


def _claims(token: str) -> dict[str, Any]:
    try:
        payload = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims


def token_tenant(token: str) -> str | None:
    """The tenant that issued a token, or None when it cannot be read."""
    tenant = _claims(token).get("tid")
    return str(tenant) if tenant else None


def token_object_id(token: str) -> str | None:
    """The object id of the caller's service principal (or user), or None when it cannot be read."""
    own = _claims(token).get("oid")
    return str(own).lower() if own else None


def right_checks(settings: Settings, token: str) -> tuple[Check, ...]:
    """Yes, no or unknown for each right of the plan, with what needs it and the least that would do."""
    held = token_roles(token)
    return tuple(_right_check(need, held) for need in needs_of(settings))


def _right_check(need: Need, held: frozenset[str] | None) -> Check:
    subject, least = f"right for {need.what}", need.any_of[0]
    if held is None:
        text = f"a person's token does not list it; {least} or a directory role that includes it would do"
        return unknown("entra.right", subject, text)
    having = sorted(held.intersection(need.any_of))
    if having:
        return yes("entra.right", subject, having[0])
    return no("entra.right", subject, f"is missing; {least} would do, granted with admin consent")


def missing_rights(settings: Settings, token: str) -> tuple[Need, ...]:
    """The needs that the token certainly does not meet; empty where that cannot be known."""
    held = token_roles(token)
    if held is None:
        return ()
    return tuple(need for need in needs_of(settings) if not held.intersection(need.any_of))


def require_rights(settings: Settings, token: str, *, who: str) -> None:
    """Raise RefusedError naming every right that is missing, what needs it, and the least that would do."""
    missing = missing_rights(settings, token)
    if not missing:
        return
    lines = "\n".join(f"  - {need.what}: {need.any_of[0]}" for need in missing)
    count = "a right" if len(missing) == 1 else f"{len(missing)} rights"
    message = (
        f"{who} lacks {count} that this stack needs on Microsoft Graph:\n{lines}\n"
        "Grant these as application permissions with admin consent"
    )
    if any(need.what == _GRANTING for need in missing):
        message += ", or set consent to link and let somebody who may consent"
    raise RefusedError(message, code="entra.caller_rights", key=missing[0].any_of[0])
