"""The APIs whose permissions are asked for: looked up in the tenant, never owned.

A resource for a first-party service principal would patch it and delete it on destroy
(azuread documentation of `use_existing`); a look-up cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.lookups import look_up
from connector.errors import Problem, SettingsError
from connector.settings import ApiPermission, PermissionKind
from connector.text import plain


@dataclass(frozen=True)
class Api:
    """One API in the tenant and the permissions asked of it, in the order of the settings.

    `scope_ids` and `role_ids` map the names that its service principal publishes to ids.
    """

    client_id: str
    permissions: tuple[ApiPermission, ...]
    object_id: pulumi.Output[str]
    scope_ids: pulumi.Output[Mapping[str, str]]
    role_ids: pulumi.Output[Mapping[str, str]]

    @property
    def name(self) -> str:
        """The API's short name, as in the settings."""
        return self.permissions[0].api

    def of_kind(self, kind: PermissionKind) -> tuple[ApiPermission, ...]:
        """The permissions of one kind."""
        return tuple(p for p in self.permissions if p.kind is kind)

    def id_of(self, permission: ApiPermission) -> pulumi.Output[str]:
        """The permission's id, resolved against what the API publishes in this tenant."""
        delegated = permission.kind is PermissionKind.DELEGATED
        published = self.scope_ids if delegated else self.role_ids
        return published.apply(lambda ids: _find_or_stop(permission, ids))


def find_permission(permission: ApiPermission, published: Mapping[str, str]) -> str:
    """Return the id of a permission; SettingsError lists the names there are when it is not published."""
    if permission.name in published:
        return published[permission.name]
    names = ", ".join(sorted(published)) or "none"
    raise SettingsError(
        [
            Problem(
                "entra.permission_unknown",
                "permissions",
                f"{permission.api}/{permission.name}",
                f"is not published as a {permission.kind.value} permission in this tenant; "
                f"published: {names}",
            )
        ]
    )


def _find_or_stop(permission: ApiPermission, published: Mapping[str, str]) -> str:
    try:
        return find_permission(permission, published)
    except SettingsError as error:
        raise pulumi.RunError(plain(str(error))) from None


def look_up_apis(
    permissions: Sequence[ApiPermission], provider: pulumi.ProviderResource
) -> tuple[Api, ...]:
    """Look up each API once, in the order of its first permission."""
    grouped: dict[str, list[ApiPermission]] = {}
    for permission in permissions:
        grouped.setdefault(permission.client_id, []).append(permission)
    return tuple(_look_up(client_id, tuple(ps), provider) for client_id, ps in grouped.items())


def _look_up(
    client_id: str, permissions: tuple[ApiPermission, ...], provider: pulumi.ProviderResource
) -> Api:
    what = f"the service principal of {permissions[0].api} ({client_id})"
    found = look_up("getServicePrincipal", {"clientId": client_id}, provider, what=what)
    return Api(
        client_id=client_id,
        permissions=permissions,
        object_id=found["objectId"],
        scope_ids=found["oauth2PermissionScopeIds"],
        role_ids=found["appRoleIds"],
    )
