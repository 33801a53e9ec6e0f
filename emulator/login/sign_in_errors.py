"""Refusals of a person's sign-in and of the code that it gives, with Entra's numbers and words.

Source of numbers and messages: entra docs, identity-platform/reference-error-codes.
"""

from __future__ import annotations

from emulator.errors import LoginError


class RedirectMismatch(LoginError):
    """The redirect URI is none of the application's, letter by letter."""

    number = 50011

    def __init__(self, uri: str, client_id: str) -> None:
        """Name both."""
        super().__init__(
            f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured "
            f"for the application '{client_id}'. Make sure the redirect URI sent in the request matches one "
            "added to your application in the Azure portal."
        )


class SingleTenantOnCommon(LoginError):
    """A single-tenant application is asked for at /common or /organizations."""

    number, error = 50194, "invalid_request"

    def __init__(self, client_id: str, name: str) -> None:
        """Name the application."""
        super().__init__(
            f"Application '{client_id}'({name}) is not configured as a multi-tenant application. Usage of "
            "the /common endpoint is not supported for such apps. Use a tenant-specific endpoint or "
            "configure the application to be multi-tenant."
        )


class UnsupportedResponseType(LoginError):
    """Only the code flow is served."""

    number, error = 70007, "unsupported_response_mode"

    def __init__(self, asked: str) -> None:
        """Name what was asked for."""
        super().__init__(f"'{asked}' is not a supported value of 'response_type'.")


class UserNotAssigned(LoginError):
    """Assignment is required, and the person has none, neither directly nor through a group."""

    number, error = 50105, "access_denied"

    def __init__(self, user: str, client_id: str, name: str) -> None:
        """Name person and application."""
        super().__init__(
            f"Your administrator has configured the application {name} ('{client_id}') to block users unless "
            f"they are specifically granted ('assigned') access to the application. The signed in user "
            f"'{user}' is blocked because they are not a direct member of a group with access, nor had "
            "access directly assigned by an administrator. Please contact your administrator to assign "
            "access to this application."
        )


class ConsentMissing(LoginError):
    """Nobody who may has consented to what is asked for."""

    number, error = 65001, "consent_required"

    def __init__(self, client_id: str, name: str) -> None:
        """Name the application."""
        super().__init__(
            f"The user or administrator has not consented to use the application with ID '{client_id}' named "
            f"'{name}'. Send an interactive authorization request for this user and resource."
        )


class BadCode(LoginError):
    """The authorization code cannot be redeemed."""

    error = "invalid_grant"

    def __init__(self, number: int, message: str) -> None:
        """Say why, under the number for it."""
        super().__init__(message)
        self.number = number  # type: ignore[misc]  # one class for the several numbers of a code


class PublicClientWithSecret(LoginError):
    """A redirect URI of a public client, and a secret sent all the same."""

    number, error = 700025, "invalid_client"

    def __init__(self, client_id: str) -> None:
        """Name the application."""
        super().__init__(
            f"Client is public so neither 'client_assertion' nor 'client_secret' should be presented "
            f"('{client_id}')."
        )
