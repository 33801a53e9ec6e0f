"""Refusals of Microsoft Graph, with its codes and words.

Sources: graph docs (concepts/errors, api-reference/v1.0), entra docs (reply-url,
supported-accounts-validation), and answers of the service quoted in public issues.
"""

from __future__ import annotations

from typing import Any

from emulator.errors import GraphError


class InvalidToken(GraphError):
    """No token, or one that is not for Graph, not for this tenant, expired or forged."""

    status, code = 401, "InvalidAuthenticationToken"

    def __init__(self, message: str) -> None:
        """Keep the message; the challenge names the login host as Graph's does."""
        super().__init__(message, headers={"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'})


class NotAllowed(GraphError):
    """The token's roles do not allow the call."""

    status, code = 403, "Authorization_RequestDenied"

    def __init__(self, message: str = "Insufficient privileges to complete the operation.") -> None:
        """Say so as Graph does."""
        super().__init__(message)


class BackingApplicationElsewhere(NotAllowed):
    """Application.ReadWrite.OwnedBy makes service principals of the caller's own applications only."""

    def __init__(self) -> None:
        """Say so as Graph does (its grammar too)."""
        super().__init__(
            "When using this permission, the backing application of the service principal being created must "
            "in the local tenant"
        )


class NotFound(GraphError):
    """No such object, or it is in the recycle bin."""

    status, code = 404, "Request_ResourceNotFound"

    def __init__(self, id: str) -> None:
        """Name the object."""
        super().__init__(
            f"Resource '{id}' does not exist or one of its queried reference-property objects "
            "are not present."
        )


class BadRequest(GraphError):
    """A value that Graph refuses; the code is often no more than this."""

    code = "Request_BadRequest"


class UnknownSegment(GraphError):
    """A path that Graph (or this stand-in) does not have."""

    code = "BadRequest"

    def __init__(self, segment: str) -> None:
        """Name the segment."""
        super().__init__(f"Resource not found for the segment '{segment}'.")


class UnsupportedQuery(GraphError):
    """A query option, operator or property that cannot be asked for (here, or without ConsistencyLevel)."""

    code = "Request_UnsupportedQuery"


class UnknownProperty(GraphError):
    """$select or $filter names a property that the type does not have."""

    code = "BadRequest"

    def __init__(self, name: str, type_name: str) -> None:
        """Name the property and the type."""
        super().__init__(f"Could not find a property named '{name}' on type 'microsoft.graph.{type_name}'.")


class UndeclaredProperty(BadRequest):
    """A body names a property that the type does not have."""

    def __init__(self, name: str) -> None:
        """Name the property."""
        super().__init__(f"Property '{name}' does not exist as a declared property or extension property.")


class ReadOnlyProperty(BadRequest):
    """A body sets a property that the service alone sets."""

    def __init__(self, name: str) -> None:
        """Name the property."""
        super().__init__(f"Property '{name}' is read-only and cannot be set.")


class InvalidValue(BadRequest):
    """A property's value breaks a rule."""

    def __init__(self, name: str, rule: str = "") -> None:
        """Name the property and, where Graph tells it, the rule."""
        super().__init__(
            f"Invalid value specified for property '{name}' of resource 'Application'. {rule}".strip()
        )


class RedirectUriRefused(BadRequest):
    """A redirect URI that the sign-in audience does not allow (entra docs, identity-platform/reply-url)."""

    def __init__(self, uri: str, rule: str) -> None:
        """Name the URI and the rule."""
        super().__init__(f"One or more properties contains invalid values. '{uri}': {rule}")


class AccessTokenVersionRefused(GraphError):
    """Personal audiences need api.requestedAccessTokenVersion 2."""

    code = "InvalidAccessTokenVersion"

    def __init__(self) -> None:
        """Say what the value must be."""
        super().__init__(
            "Access Token Version cannot be null or 1 when the sign-in audience includes personal Microsoft "
            "accounts: Property api.requestedAccessTokenVersion is invalid."
        )


class TooManySecrets(BadRequest):
    """Personal audiences allow two password credentials."""

    def __init__(self) -> None:
        """Say the limit."""
        super().__init__(
            "The number of password credentials on the application exceeds the limit of 2 for this "
            "sign-in audience."
        )


class NewSecretsByActionOnly(BadRequest):
    """A PATCH may not bring password credentials of its own."""

    def __init__(self) -> None:
        """Say so as Graph does."""
        super().__init__("New password credentials must be generated using service actions.")


class PermissionEntryExists(GraphError):
    """A second oauth2PermissionGrant for the same client, resource, consent type and user."""

    status, code = 409, "Request_MultipleObjectsWithSameKeyValue"

    def __init__(self) -> None:
        """Say so as Graph does."""
        super().__init__("Permission entry already exists.")


class ScopeNotPublished(BadRequest):
    """A grant names a scope that the resource does not publish."""

    def __init__(self, scope: str) -> None:
        """Name the scope."""
        super().__init__(f"The permission scope '{scope}' is not published by the resource application.")


class CannotBeUpdated(BadRequest):
    """A PATCH of a grant names a property that cannot change (terraform-provider-azuread issue 1511)."""

    def __init__(self, name: str) -> None:
        """Name the property."""
        super().__init__(f"Property cannot be updated: {name}")


class AssignmentExists(BadRequest):
    """A second app role assignment for the same principal, role and resource."""

    def __init__(self) -> None:
        """Say so as Graph does."""
        super().__init__("Permission being assigned already exists on the object")


class NotAValidReference(BadRequest):
    """An assignment of an app role that the resource does not declare, or to an unknown principal."""

    def __init__(self) -> None:
        """Say so as Graph does."""
        super().__init__("Not a valid reference update.")


class NoBackingApplication(BadRequest):
    """A service principal for an application that cannot be found, or is closed to this tenant."""

    def __init__(self, app_id: str) -> None:
        """Name the application."""
        self.app_id = app_id
        super().__init__(
            f"The appId '{app_id}' of the service principal does not reference a valid application object."
        )

    def body(self) -> dict[str, Any]:
        """Add the detail that clients branch on."""
        body = super().body()
        body["error"]["details"] = [
            {"code": "NoBackingApplicationObject", "message": self.message, "target": "appId"}
        ]
        return body


class ServicePrincipalExists(GraphError):
    """The application has a service principal in this tenant already."""

    status, code = 409, "Request_MultipleObjectsWithSameKeyValue"

    def __init__(self, app_id: str) -> None:
        """Name the application."""
        super().__init__(
            f"The service principal cannot be created, updated, or restored because the service principal "
            f"name {app_id} is already in use."
        )


class IdentifierUriInUse(GraphError):
    """Another application has this identifier URI."""

    status, code = 400, "Request_MultipleObjectsWithSameKeyValue"

    def __init__(self, uri: str) -> None:
        """Name the URI."""
        super().__init__(
            f"Another object with the same value for property identifierUris already exists: {uri}."
        )


class ReferenceExists(BadRequest):
    """The owner is an owner already."""

    def __init__(self, name: str) -> None:
        """Name the relationship."""
        super().__init__(
            "One or more added object references already exist for the following modified "
            f"properties: '{name}'."
        )


class NoSuchCredential(BadRequest):
    """removePassword names a key id that is not there."""

    def __init__(self, key_id: str) -> None:
        """Name the key id."""
        super().__init__(f"No password credential found with keyId '{key_id}'.")


class MeWithoutUser(GraphError):
    """/me needs a signed-in user."""

    code = "BadRequest"

    def __init__(self) -> None:
        """Say so as Graph does."""
        super().__init__("/me request is only valid with delegated authentication flow.")


class RestoreConflict(BadRequest):
    """A restored object would clash with a live one."""
