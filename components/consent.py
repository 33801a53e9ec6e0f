"""Admin consent: what was requested is granted, exactly, one grant for each API.

A delegated permission needs an AllPrincipals grant (Graph: oAuth2PermissionGrant), an
application permission an app role assignment of the application itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from components import tokens
from components.apis import Api
from connector import naming
from connector.settings import ApiPermission, PermissionKind

# The provider cannot change a grant: it sends an empty clientId along, which Graph refuses
# (terraform-provider-azuread issues 1511 and 1536). Two grants for one API are refused as well.
_REPLACED = pulumi.ResourceOptions(replace_on_changes=["claimValues"], delete_before_replace=True)


@dataclass(frozen=True)
class AdminConsentArgs:
    """Whose consent, for which APIs; everything is deleted with the application."""

    service_principal_object_id: pulumi.Input[str]
    apis: Sequence[Api]
    deleted_with: pulumi.Resource


class AdminConsent(pulumi.ComponentResource):
    """Tenant-wide admin consent equal to the permissions requested."""

    def __init__(
        self, name: str, args: AdminConsentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare one grant for each API with delegated permissions, one assignment for each app role."""
        super().__init__(tokens.CONSENT, name, None, opts)
        self._name, self._args = name, args
        self.grants = [self._grant(api) for api in args.apis if api.of_kind(PermissionKind.DELEGATED)]
        self.app_roles = [
            self._app_role(api, permission)
            for api in args.apis
            for permission in api.of_kind(PermissionKind.APPLICATION)
        ]
        # The policy pack compares consent with what is requested: names here, ids there.
        self.register_outputs({"apis": [_described(api) for api in args.apis]})

    def _options(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, deleted_with=self._args.deleted_with)

    def _grant(self, api: Api) -> azuread.ServicePrincipalDelegatedPermissionGrant:
        return azuread.ServicePrincipalDelegatedPermissionGrant(
            naming.grant_resource(self._name, api.name),
            service_principal_object_id=self._args.service_principal_object_id,
            resource_service_principal_object_id=api.object_id,
            claim_values=[p.name for p in api.of_kind(PermissionKind.DELEGATED)],
            opts=pulumi.ResourceOptions.merge(self._options(), _REPLACED),
        )

    def _app_role(self, api: Api, permission: ApiPermission) -> azuread.AppRoleAssignment:
        return azuread.AppRoleAssignment(
            naming.app_role_resource(self._name, api.name, permission.name),
            app_role_id=api.id_of(permission),
            principal_object_id=self._args.service_principal_object_id,
            resource_object_id=api.object_id,
            opts=self._options(),
        )


def _described(api: Api) -> dict[str, pulumi.Input[object]]:
    """An API's ids, and those of the delegated permissions asked of it, by name."""
    delegated = api.of_kind(PermissionKind.DELEGATED)
    return {
        "appId": api.client_id,
        "objectId": api.object_id,
        "scopes": {permission.name: api.id_of(permission) for permission in delegated},
    }
