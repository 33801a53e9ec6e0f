"""Refusals of the tenant's app management policy, in Graph's words."""

from __future__ import annotations

from typing import Any

from emulator.errors import GraphError


class LifetimeNotAllowed(GraphError):
    """A credential that lives longer than the tenant's app management policy allows."""

    code = "CredentialInvalidLifetimeAsPerAppPolicy"

    def __init__(self) -> None:
        """Say so as Graph does."""
        super().__init__("Credential lifetime exceeds the max value allowed as per assigned policy.")

    def body(self) -> dict[str, Any]:
        """Add the detail that comes with it."""
        body = super().body()
        body["error"]["details"] = [
            {"code": "InvalidKeyEndDate", "message": self.message, "target": "EndDate"}
        ]
        return body


class CredentialTypeNotAllowed(GraphError):
    """A kind of credential that the tenant's app management policy forbids."""

    code = "CredentialTypeNotAllowedAsPerAppPolicy"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("Credential type not allowed as per assigned policy.")


class AudienceNotAllowed(GraphError):
    """A sign-in audience that the tenant's app management policy forbids."""

    code = "SignInAudienceNotAllowedAsPerAppPolicy"

    def __init__(self, audience: str) -> None:
        """Name the audience."""
        super().__init__(f"'signInAudience' property value '{audience}' is not allowed.")
