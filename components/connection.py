"""The Entra half of one connection: the component that composes the others."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from components import tokens
from components.apis import Api, look_up_apis
from components.application import Application, ApplicationArgs
from components.assignments import Assignments, AssignmentsArgs, user_object_id
from components.certificates import Certificates, CertificatesArgs
from components.consent import AdminConsent, AdminConsentArgs
from components.credentials import Credentials, CredentialsArgs
from components.federation import Federation, FederationArgs
from components.service_principal import ServicePrincipal, ServicePrincipalArgs
from connector.settings import ConsentMode, CredentialKind, Settings


@dataclass(frozen=True)
class ConnectionArgs:
    """Checked settings, and the tenant's provider for resources and look-ups."""

    settings: Settings
    provider: azuread.Provider


class Connection(pulumi.ComponentResource):
    """Application, service principal, admin consent, credentials and assignments of one stack."""

    def __init__(
        self, name: str, args: ConnectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare all of it; every resource uses the provider of *args*."""
        merged = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(providers=[args.provider]))
        super().__init__(tokens.CONNECTION, name, None, merged)
        self._name, self._args, self._settings = name, args, args.settings
        self._owners = [user_object_id(owner, args.provider) for owner in args.settings.owners]
        apis = look_up_apis(args.settings.permissions, args.provider)
        self.application = self._application(apis)
        self.service_principal = self._service_principal()
        self.consent = self._consent(apis)
        self.credentials = self._credentials()
        self.assignments = self._assignments()
        # What the policy pack reads: the role is made outside the engine.
        self.register_outputs({"roleName": args.settings.role_name})

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _application(self, apis: tuple[Api, ...]) -> Application:
        args = ApplicationArgs(
            display_name=self._settings.display_name,
            sign_in_audience=self._settings.sign_in_audience,
            redirect_uris=self._settings.redirect_uris,
            apis=apis,
            owners=self._owners,
            tags=self._settings.tags,
            protect=self._settings.protect,
        )
        return Application(self._name, args, self._child())

    def _service_principal(self) -> ServicePrincipal:
        args = ServicePrincipalArgs(
            application=self.application,
            assignment_required=self._settings.assignments.required,
            owners=self._owners,
            tags=self._settings.tags,
            protect=self._settings.protect,
        )
        return ServicePrincipal(self._name, args, self._child())

    def _consent(self, apis: tuple[Api, ...]) -> AdminConsent | None:
        if self._settings.consent is ConsentMode.LINK:
            return None
        args = AdminConsentArgs(self.service_principal.object_id, apis, self.application.resource)
        return AdminConsent(self._name, args, self._child())

    def _credentials(self) -> Credentials | Certificates | Federation:
        profile = self._settings.profile
        if profile.federated is not None:
            return Federation(self._name, FederationArgs(self.application, profile.federated), self._child())
        if profile.credential is CredentialKind.CERTIFICATE:
            return self._certificates()
        return self._secrets()

    def _certificates(self) -> Certificates:
        args = CertificatesArgs(
            application=self.application,
            slots=self._settings.slots,
            certificates=self._settings.certificates,
            protect=self._settings.protect,
        )
        return Certificates(self._name, args, self._child())

    def _secrets(self) -> Credentials:
        args = CredentialsArgs(
            application=self.application,
            slots=self._settings.slots,
            lifetime_days=self._settings.secret.lifetime_days,
            protect=self._settings.protect,
        )
        return Credentials(self._name, args, self._child())

    def _assignments(self) -> Assignments:
        args = AssignmentsArgs(
            service_principal_object_id=self.service_principal.object_id,
            users=self._settings.assignments.users,
            groups=self._settings.assignments.groups,
            deleted_with=self.application.resource,
            provider=self._args.provider,
        )
        return Assignments(self._name, args, self._child())

    def outputs(self) -> dict[str, pulumi.Input[object]]:
        """The stack outputs, the client secret marked secret (names as in docs/configuration.md)."""
        uris = self._settings.redirect_uris
        return {
            "tenantId": self._settings.tenant_id,
            "clientId": self.application.client_id,
            "applicationObjectId": self.application.object_id,
            "servicePrincipalObjectId": self.service_principal.object_id,
            "applicationIdUri": self._settings.dynamics_url,
            "redirectUris": [*uris.web, *uris.public_client, *uris.spa],
            **({"fleet": self._settings.fleet} if self._settings.fleet else {}),
            **self.credentials.outputs(),
        }
