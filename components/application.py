"""The app registration: audience, redirect URIs and the permissions that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from components import tokens
from components.apis import Api
from connector import naming
from connector.settings import PermissionKind, RedirectUris, SignInAudience

# Graph's manifest reference: a personal-account audience takes version 2 alone, and the
# version shapes tokens issued *for* this application, so the others keep the default.
_PERSONAL_TOKEN_VERSION = 2
_TYPES = {PermissionKind.DELEGATED: "Scope", PermissionKind.APPLICATION: "Role"}


@dataclass(frozen=True)
class ApplicationArgs:
    """What the registration says; `tags` carry the stack's marker from the first POST on."""

    display_name: pulumi.Input[str]
    sign_in_audience: SignInAudience
    redirect_uris: RedirectUris
    apis: Sequence[Api]
    owners: Sequence[pulumi.Input[str]]
    tags: Sequence[pulumi.Input[str]]
    protect: bool


class Application(pulumi.ComponentResource):
    """An app registration."""

    def __init__(
        self, name: str, args: ApplicationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare it; `opts` as for any component."""
        super().__init__(tokens.APPLICATION, name, None, opts)
        self.resource = azuread.Application(
            naming.application_resource(name),
            display_name=args.display_name,
            sign_in_audience=args.sign_in_audience.value,
            api=_api_settings(args.sign_in_audience),
            web=_web(args.redirect_uris.web),
            public_client=_public_client(args.redirect_uris.public_client),
            single_page_application=_single_page(args.redirect_uris.spa),
            required_resource_accesses=[_access(api) for api in args.apis],
            owners=list(args.owners) or None,
            tags=list(args.tags),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.resource_id = self.resource.id
        self.object_id = self.resource.object_id
        self.client_id = self.resource.client_id
        self.register_outputs({"clientId": self.client_id, "objectId": self.object_id})


def _api_settings(audience: SignInAudience) -> azuread.ApplicationApiArgs | None:
    if not audience.is_personal:
        return None
    return azuread.ApplicationApiArgs(requested_access_token_version=_PERSONAL_TOKEN_VERSION)


def _web(uris: Sequence[str]) -> azuread.ApplicationWebArgs | None:
    return azuread.ApplicationWebArgs(redirect_uris=list(uris)) if uris else None


def _public_client(uris: Sequence[str]) -> azuread.ApplicationPublicClientArgs | None:
    return azuread.ApplicationPublicClientArgs(redirect_uris=list(uris)) if uris else None


def _single_page(uris: Sequence[str]) -> azuread.ApplicationSinglePageApplicationArgs | None:
    return azuread.ApplicationSinglePageApplicationArgs(redirect_uris=list(uris)) if uris else None


def _access(api: Api) -> azuread.ApplicationRequiredResourceAccessArgs:
    return azuread.ApplicationRequiredResourceAccessArgs(
        resource_app_id=api.client_id,
        resource_accesses=[
            azuread.ApplicationRequiredResourceAccessResourceAccessArgs(
                id=api.id_of(permission), type=_TYPES[permission.kind]
            )
            for permission in api.permissions
        ],
    )
