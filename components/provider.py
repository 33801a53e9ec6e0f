"""The azuread provider of one stack's tenant: explicit, so that nothing lands in an ambient one."""

from __future__ import annotations

import os

import pulumi_azuread as azuread

from connector.deployer import check_tenant
from connector.settings import Cloud, Settings

# The provider's own names; the emulator is reached through ARM_METADATA_HOSTNAME.
_ENVIRONMENTS = {Cloud.USGOV: "usgovernment", Cloud.CHINA: "china"}


def tenant_provider(settings: Settings) -> azuread.Provider:
    """The provider for the tenant that the settings name; credentials come from ARM_* variables.

    Raises SettingsError when the environment logs in to another tenant.
    """
    check_tenant(os.environ, settings.tenant_id)
    return azuread.Provider(
        "tenant",
        tenant_id=settings.tenant_id,
        environment=_ENVIRONMENTS.get(settings.cloud, "public"),
    )
