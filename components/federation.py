"""A federated credential, where the SaaS brings tokens of an issuer of its own."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from components import tokens
from components.application import Application
from connector.naming import federated_resource
from connector.settings import FederatedLogin


@dataclass(frozen=True)
class FederationArgs:
    """Whose tokens are taken: issuer, subject and audience must match them letter by letter."""

    application: Application
    login: FederatedLogin


class Federation(pulumi.ComponentResource):
    """The application's federated identity credential."""

    def __init__(self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare it; `opts` as for any component."""
        super().__init__(tokens.FEDERATION, name, None, opts)
        self.resource = azuread.ApplicationFederatedIdentityCredential(
            federated_resource(name),
            application_id=args.application.resource_id,
            display_name=name,
            issuer=args.login.issuer,
            subject=args.login.subject,
            audiences=[args.login.audience],
            opts=pulumi.ResourceOptions(parent=self, deleted_with=args.application.resource),
        )
        self.register_outputs({})

    def outputs(self) -> dict[str, pulumi.Input[object]]:
        """There is no secret and nothing that ends."""
        return {"slots": {}}
