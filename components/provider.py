"""The azuread provider of one stack's tenant: explicit, so that nothing lands in an ambient one."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pulumi
import pulumi_azuread as azuread

from connector.settings import Cloud, Settings, check_endpoints
from connector.settings.clouds import CLOUDS
from connector.wire.deployer import check_tenant, provider_environment

_AZURE_NAMES = (
    "AZURE_CLIENT_ID is set, and ARM_CLIENT_ID is not: the azuread provider reads the ARM_* names alone and "
    "logs in with the Azure CLI, as whoever that knows; set the ARM_* names, as the verbs do"
)


def tenant_provider(settings: Settings, keys: Iterable[str] = ()) -> azuread.Provider:
    """The provider for the tenant that the settings name; credentials come from ARM_* variables.

    *keys* are those of the whole configuration. Raises SettingsError when the environment logs in to another
    tenant, or something would send that login to a host that the stack's cloud does not name.
    """
    check_endpoints(settings.cloud, os.environ, keys)
    check_tenant(os.environ, settings.tenant_id)
    # The verbs hand these on; plain `pulumi` has started the provider already.
    if "ARM_CLIENT_ID" in provider_environment(os.environ):
        pulumi.log.warn(_AZURE_NAMES)
    # Empty, and not absent: `destroy` and `refresh` give the provider these inputs, do not run the program,
    # and the provider reads the variable for what is absent. States from before have none, and stay so.
    emulated = settings.cloud is Cloud.EMULATOR
    return azuread.Provider(
        "tenant",
        tenant_id=settings.tenant_id,
        environment=CLOUDS[settings.cloud].provider[0],
        metadata_host=None if emulated else "",
        opts=pulumi.ResourceOptions(ignore_changes=["metadataHost"]),
    )
