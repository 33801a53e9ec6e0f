"""The azuread provider of one stack's tenant: explicit, so that nothing lands in an ambient one."""

from __future__ import annotations

import os

import pulumi
import pulumi_azuread as azuread

from connector.deployer import check_tenant, provider_environment
from connector.settings import Cloud, Settings

# The provider's own names; the emulator is reached through ARM_METADATA_HOSTNAME.
_ENVIRONMENTS = {Cloud.USGOV: "usgovernment", Cloud.CHINA: "china"}
_AZURE_NAMES = (
    "AZURE_CLIENT_ID is set, and ARM_CLIENT_ID is not: the azuread provider reads the ARM_* names alone and "
    "logs in with the Azure CLI, as whoever that knows; set the ARM_* names, as the verbs do"
)


def tenant_provider(settings: Settings) -> azuread.Provider:
    """The provider for the tenant that the settings name; credentials come from ARM_* variables.

    Raises SettingsError when the environment logs in to another tenant.
    """
    check_tenant(os.environ, settings.tenant_id)
    # The verbs hand these on; plain `pulumi` has started the provider already.
    if "ARM_CLIENT_ID" in provider_environment(os.environ):
        pulumi.log.warn(_AZURE_NAMES)
    return azuread.Provider(
        "tenant",
        tenant_id=settings.tenant_id,
        environment=_ENVIRONMENTS.get(settings.cloud, "public"),
    )
