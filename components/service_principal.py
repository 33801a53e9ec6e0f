"""The enterprise application: the service principal of the app registration in its own tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from components import tokens
from components.application import Application
from connector import naming


@dataclass(frozen=True)
class ServicePrincipalArgs:
    """`tags` equal the application's: Entra copies them, so both must say the same."""

    application: Application
    assignment_required: pulumi.Input[bool]
    owners: Sequence[pulumi.Input[str]]
    tags: Sequence[pulumi.Input[str]]
    protect: bool


class ServicePrincipal(pulumi.ComponentResource):
    """A service principal that goes when its application goes."""

    def __init__(
        self, name: str, args: ServicePrincipalArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare it; `opts` as for any component."""
        super().__init__(tokens.SERVICE_PRINCIPAL, name, None, opts)
        self.resource = azuread.ServicePrincipal(
            naming.service_principal_resource(name),
            client_id=args.application.client_id,
            app_role_assignment_required=args.assignment_required,
            owners=list(args.owners) or None,
            tags=list(args.tags),
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protect, deleted_with=args.application.resource
            ),
        )
        self.object_id = self.resource.object_id
        self.register_outputs({"objectId": self.object_id})
