"""What of the permissions asked for was not consented to: API by API, delegated and application alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.entra.graph import Principal
from connector.entra.objects import Attached
from connector.settings import ApiPermission, PermissionKind


def missing_consent(
    permissions: Iterable[ApiPermission], apis: Mapping[str, Principal], attached: Attached
) -> list[str]:
    """The permissions without consent, as `api/name`; `apis` are service principals by application id.

    A scope counts on its own API alone, and an application permission by its app role assignment.
    """
    given = {(grant.resource_id, scope) for grant in attached.grants for scope in grant.scopes}
    held = {(role.resource_id, role.role_id) for role in attached.roles}
    missing = (one for one in permissions if not _is_given(one, apis.get(one.client_id), given, held))
    return [f"{one.api}/{one.name}" for one in missing]


def _is_given(
    permission: ApiPermission,
    api: Principal | None,
    given: set[tuple[str, str]],
    held: set[tuple[str, str]],
) -> bool:
    if api is None:
        return False
    if permission.kind is PermissionKind.DELEGATED:
        return (api.id, permission.name) in given
    ids = {name: id for id, name in api.app_roles}
    return (api.id, ids.get(permission.name, "")) in held
