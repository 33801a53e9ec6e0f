"""What Entra refuses in an application, by its sign-in audience.

Sources: entra docs, identity-platform/reply-url (redirect URIs), supported-accounts-validation
(limits by audience), reference-microsoft-graph-app-manifest (token version).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from emulator.graph.errors import (
    AccessTokenVersionRefused,
    InvalidValue,
    RedirectUriRefused,
    TooManySecrets,
)
from emulator.graph.shapes import AUDIENCES, PERSONAL_AUDIENCES
from emulator.store import Document

_PLATFORMS = ("web", "spa", "publicClient")
_WEB_SCHEMES = ("https", "http", "ms-appx-web", "brk-multihub", "urn")
_LOCAL_HOSTS = ("localhost", "127.0.0.1")
_FORBIDDEN = frozenset("!$',;")


def check_application(application: Document) -> None:
    """Check a whole application as it would be stored. Raises the first refusal that applies."""
    audience = application["signInAudience"]
    if audience not in AUDIENCES:
        raise InvalidValue("signInAudience")
    # Nearly every limit depends on it, and a PATCH may change it alone: so the whole is checked as stored.
    personal = audience in PERSONAL_AUDIENCES
    _check_name(application["displayName"], personal)
    if personal and application["api"]["requestedAccessTokenVersion"] != 2:
        raise AccessTokenVersionRefused
    for platform in _PLATFORMS:
        _check_redirect_uris(platform, application[platform]["redirectUris"], personal)
    _check_identifier_uris(application["identifierUris"], personal)
    _check_permissions(application["requiredResourceAccess"], personal)
    if personal and len(application["passwordCredentials"]) > 2:
        raise TooManySecrets
    _check_published("appRoles", application["appRoles"])
    _check_published("api", application["api"]["oauth2PermissionScopes"])
    if not all(isinstance(tag, str) and 1 <= len(tag) <= 256 for tag in application["tags"]):
        raise InvalidValue("tags")


def _check_published(name: str, entries: list[Any]) -> None:
    """App roles and scopes: each has an id of its own."""
    ids = [entry.get("id") if isinstance(entry, dict) else None for entry in entries]
    if not all(is_guid(id) for id in ids) or len(set(ids)) < len(ids):
        raise InvalidValue(name, "Each permission needs an id of its own.")


def _check_name(name: Any, personal: bool) -> None:
    limit = 90 if personal else 120
    if not isinstance(name, str) or not name.strip():
        raise InvalidValue("displayName", "A value is required.")
    if len(name) > limit:
        raise InvalidValue("displayName", f"The length must be at most {limit} characters.")


def _check_redirect_uris(platform: str, uris: Any, personal: bool) -> None:
    if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        raise InvalidValue(platform)
    # Each platform by itself: reply-url says "per app registration", and not whether it means their sum.
    limit = 100 if personal else 256
    if len(uris) > limit:
        raise InvalidValue(platform, f"At most {limit} redirect URIs are allowed for this sign-in audience.")
    for uri in uris:
        _check_redirect_uri(uri, personal, web=platform != "publicClient")


def _check_redirect_uri(uri: str, personal: bool, *, web: bool) -> None:
    if len(uri) > 256:
        raise RedirectUriRefused(uri, "The length must be at most 256 characters.")
    parts = _split(uri)
    # An installed app may come back by a scheme of its own; a browser cannot.
    if not parts.scheme or (web and parts.scheme not in _WEB_SCHEMES):
        raise RedirectUriRefused(uri, "Must be a valid URI of a supported scheme.")
    if parts.hostname == "::1":
        raise RedirectUriRefused(uri, "The IPv6 loopback address [::1] is not supported.")
    if parts.scheme == "http" and parts.hostname not in _LOCAL_HOSTS:
        raise RedirectUriRefused(uri, "Must start with HTTPS or http://localhost.")
    if _FORBIDDEN & set(uri) or not uri.isascii():
        raise RedirectUriRefused(uri, "Contains characters that are not supported: ! $ ' , ;")
    # The sign and not the parsed part, here and for "?": an empty one counts too (our reading).
    if "#" in uri:
        raise RedirectUriRefused(uri, "Must not contain a fragment.")
    if personal:
        _check_for_personal(uri)


def _check_for_personal(uri: str) -> None:
    if "?" in uri:
        raise RedirectUriRefused(uri, "URL may not contain a query string.")
    if "*" in uri:
        raise RedirectUriRefused(uri, "Must not contain a wildcard.")


def _split(uri: str) -> SplitResult:
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise RedirectUriRefused(uri, "Must be a valid URI.") from error


def _check_identifier_uris(uris: Any, personal: bool) -> None:
    if not isinstance(uris, list) or (personal and len(uris) > 50):
        raise InvalidValue("identifierUris")
    for uri in uris:
        if not isinstance(uri, str):
            raise InvalidValue("identifierUris")
        parts = _split(uri)
        if len(uri) > (120 if personal else 255) or uri.endswith("/") or not parts.scheme or "*" in uri:
            raise InvalidValue("identifierUris", f"'{uri}' is not valid.")
        # Work audiences take all three (supported-accounts-validation).
        if personal and (parts.query or parts.fragment or parts.scheme == "urn"):
            raise InvalidValue("identifierUris", f"'{uri}' is not valid for this sign-in audience.")


def _check_permissions(entries: Any, personal: bool) -> None:
    if not isinstance(entries, list) or len(entries) > 50:
        raise InvalidValue("requiredResourceAccess", "At most 50 APIs are allowed.")
    listed = [permission for entry in entries for permission in _permissions_of(entry, personal)]
    limit = 200 if personal else 400
    if len(listed) > limit:
        raise InvalidValue("requiredResourceAccess", f"At most {limit} permissions are allowed.")


def check_foreign_apis(entries: list[Document], own: Collection[str]) -> None:
    """Refuse more than ten APIs of other tenants, Microsoft's counted; *own* are this tenant's app ids."""
    # Apart from the rest: who is foreign, only the whole directory tells.
    foreign = {entry["resourceAppId"].lower() for entry in entries} - set(own)
    if len(foreign) > 10:  # supported-accounts-validation
        raise InvalidValue("requiredResourceAccess", "At most 10 APIs of other tenants are allowed.")


def _permissions_of(entry: Any, personal: bool) -> list[Document]:
    if not isinstance(entry, dict):
        raise InvalidValue("requiredResourceAccess")
    permissions: list[Document] = entry.get("resourceAccess") or []
    if not is_guid(entry.get("resourceAppId")) or (personal and len(permissions) > 30):
        raise InvalidValue("requiredResourceAccess")
    for permission in permissions:
        if not is_guid(permission.get("id")) or permission.get("type") not in ("Scope", "Role"):
            raise InvalidValue("requiredResourceAccess")
    return permissions


def is_guid(value: Any) -> bool:
    """True for the text of a GUID."""
    try:
        uuid.UUID(str(value))
    except ValueError:
        return False
    return True
