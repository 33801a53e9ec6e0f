"""Refusals of the token endpoint, with Entra's numbers and words.

Source of numbers and messages: entra docs, identity-platform/reference-error-codes.
"""

from __future__ import annotations

from emulator.errors import LoginError


class TenantNotFound(LoginError):
    """The tenant in the path is none of this cloud's."""

    number = 90002

    def __init__(self, tenant: str) -> None:
        """Name the tenant that was asked for."""
        super().__init__(
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
            "signing into the correct cloud. Check with your subscription administrator, this may happen "
            "if there are no active subscriptions for the tenant."
        )


class UnknownInstance(LoginError):
    """Instance discovery was asked about a host that is not of this cloud."""

    number, error = 50049, "invalid_instance"

    def __init__(self, url: str) -> None:
        """Name the authority that was asked about."""
        super().__init__(f"Unknown or invalid instance '{url}'.")


class NoTenantInRequest(LoginError):
    """/common or /organizations cannot serve an application without a user."""

    number = 50059

    def __init__(self) -> None:
        """Say that the path names no tenant."""
        super().__init__(
            "No tenant-identifying information found in either the request or implied by any "
            "provided credentials."
        )


class MissingParameter(LoginError):
    """A required form field is not there."""

    number = 900144

    def __init__(self, name: str) -> None:
        """Name the field."""
        super().__init__(f"The request body must contain the following parameter: '{name}'.")


class UnsupportedGrantType(LoginError):
    """Only client_credentials is served."""

    number, error = 70003, "unsupported_grant_type"

    def __init__(self, grant_type: str) -> None:
        """Name the grant type that was asked for."""
        super().__init__(f"The app requested an unsupported grant type '{grant_type}'.")


class InvalidScope(LoginError):
    """A client-credentials scope must be one `<resource>/.default`."""

    number, error = 70011, "invalid_scope"

    def __init__(self, scope: str) -> None:
        """Name the scope that was asked for."""
        super().__init__(
            "The provided request must include a 'scope' input parameter. The provided value for the "
            f"input parameter 'scope' is not valid. The scope {scope} is not valid."
        )


class UnknownApplication(LoginError):
    """No application with this client id in the tenant."""

    number, error = 700016, "unauthorized_client"

    def __init__(self, client_id: str, tenant: str) -> None:
        """Name the client id and the tenant."""
        super().__init__(
            f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. "
            "This can happen if the application has not been installed by the administrator of the tenant or "
            "consented to by any user in the tenant. You may have sent your authentication request to the "
            "wrong tenant."
        )


class MissingServicePrincipal(LoginError):
    """The application is registered here but has no service principal."""

    number, error = 7000229, "unauthorized_client"

    def __init__(self, client_id: str, tenant: str) -> None:
        """Name the client id and the tenant."""
        super().__init__(
            f"The client application {client_id} is missing service principal in the tenant {tenant}. "
            "See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
        )


class ApplicationDisabled(LoginError):
    """The service principal's accountEnabled is false."""

    number, error = 7000112, "unauthorized_client"

    def __init__(self, client_id: str, name: str) -> None:
        """Name the application."""
        super().__init__(f"Application '{client_id}'({name}) is disabled.")


class InvalidClient(LoginError):
    """The client did not prove who it is: 401."""

    status, error = 401, "invalid_client"


class MissingSecret(InvalidClient):
    """Neither a client secret nor a client assertion was sent."""

    number = 7000218

    def __init__(self) -> None:
        """Say what the body must contain."""
        super().__init__(
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        )


class WrongSecret(InvalidClient):
    """The secret is none of the application's."""

    number = 7000215

    def __init__(self, client_id: str) -> None:
        """Name the application, and say that the secret's id is not its value."""
        super().__init__(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client "
            f"secret value, not the client secret ID, for a secret added to app '{client_id}'."
        )


class ExpiredSecret(InvalidClient):
    """The secret was the application's until it ran out."""

    number = 7000222

    def __init__(self, client_id: str) -> None:
        """Name the application."""
        super().__init__(
            f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal "
            "to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate "
            "credentials for added security: https://aka.ms/certCreds."
        )


class BadAssertion(InvalidClient):
    """The client assertion is not signed by a registered certificate, or its claims do not hold."""

    number = 700027

    def __init__(self, reason: str) -> None:
        """Give the reason in Entra's brackets."""
        super().__init__(f"Client assertion failed signature validation. [Reason - {reason}]")


class FederationMismatch(InvalidClient):
    """No federated credential of the application has the token's issuer."""

    number = 70021

    def __init__(self, issuer: str) -> None:
        """Name the issuer that was presented."""
        super().__init__(
            f"No matching federated identity record found for presented assertion issuer '{issuer}'."
        )


class FederationSubjectMismatch(InvalidClient):
    """The issuer is known and the subject is not."""

    number = 700213

    def __init__(self, subject: str) -> None:
        """Name the subject that was presented."""
        super().__init__(
            f"No matching federated identity record found for presented assertion subject '{subject}'. "
            "Check your federated identity credential Subject, Audience and Issuer against the presented "
            "assertion."
        )


class FederationAudienceMismatch(InvalidClient):
    """Issuer and subject are known and the audience is not."""

    number = 700212

    def __init__(self, audience: str) -> None:
        """Name the audience that was presented."""
        super().__init__(
            f"No matching federated identity record found for presented assertion audience '{audience}'."
        )


class ResourceNotFound(LoginError):
    """The resource has no service principal in the tenant."""

    number, error = 500011, "invalid_resource"

    def __init__(self, resource: str, tenant: str) -> None:
        """Name the resource and the tenant."""
        super().__init__(
            f"The resource principal named {resource} was not found in the tenant named {tenant}. "
            "This can happen if the application has not been installed by the administrator of the tenant or "
            "consented to by any user in the tenant. You might have sent your authentication request to the "
            "wrong tenant."
        )


class ResourceDisabled(LoginError):
    """The resource's service principal is disabled in the tenant."""

    number, error = 500014, "invalid_resource"

    def __init__(self, resource: str) -> None:
        """Name the resource."""
        super().__init__(f"The service principal for resource '{resource}' is disabled.")


class UnknownLoginRoute(LoginError):
    """A path of the login host that is not emulated."""

    status, number = 404, 900561

    def __init__(self, method: str, path: str) -> None:
        """Name the path."""
        super().__init__(f"The endpoint {method} {path} is not served here.")
