"""Which live object is which resource of the stack: the ids by which the provider imports them.

Import ids as the azuread provider's documentation gives them: `/applications/ID`,
`/servicePrincipals/ID`, `/oauth2PermissionGrants/ID`, `/servicePrincipals/ID/appRoleAssignedTo/ID`,
`APPLICATION/federatedIdentityCredential/ID`.
A client secret cannot be imported: its value is not to be had. Nor can a certificate: the provider
does not read its value back and would replace what it imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connector import naming
from connector.entra.graph import Principal
from connector.entra.objects import Attached, LiveApplication
from connector.settings import ApiPermission, ConsentMode, CredentialKind, PermissionKind, Settings


@dataclass(frozen=True)
class Attachable:
    """What hangs on an application, and the directory ids that the settings' names stand for.

    `apis` maps an API's application id to its service principal, `people` a kind (`user`, `group`)
    and a name of the settings to an object id; names not found, or ambiguous, are left out.
    `federated` maps the names of federated credentials to their ids.
    """

    attached: Attached
    apis: Mapping[str, Principal]
    people: Mapping[tuple[str, str], str]
    federated: Mapping[str, str] = field(default_factory=dict)


def wanted_names(settings: Settings) -> frozenset[str]:
    """The engine's names of all that the settings declare and the provider can import."""
    base = settings.profile.name
    fixed = {naming.application_resource(base), naming.service_principal_resource(base)}
    people = {naming.assignment_resource(base, kind, who) for kind, who in people_of(settings)}
    consent = {_consent_name(base, permission) for permission in granted(settings)}
    federated = {naming.federated_resource(base)} if is_federated(settings) else set()
    return frozenset(fixed | people | consent | federated)


def is_federated(settings: Settings) -> bool:
    """Whether the application takes tokens of another issuer."""
    return settings.profile.credential is CredentialKind.FEDERATED


def granted(settings: Settings) -> tuple[ApiPermission, ...]:
    """The permissions that the stack itself consents to."""
    return settings.permissions if settings.consent is ConsentMode.GRANT else ()


def people_of(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Kind and name of everybody who is assigned."""
    users = [("user", one) for one in settings.assignments.users]
    return (*users, *(("group", one) for one in settings.assignments.groups))


def app_roles_of(settings: Settings) -> tuple[str, ...]:
    """The engine's names of the application permissions that the stack consents to."""
    kind = PermissionKind.APPLICATION
    return tuple(_consent_name(settings.profile.name, p) for p in granted(settings) if p.kind is kind)


def _consent_name(base: str, permission: ApiPermission) -> str:
    if permission.kind is PermissionKind.DELEGATED:
        return naming.grant_resource(base, permission.api)
    return naming.app_role_resource(base, permission.api, permission.name)


def import_ids(settings: Settings, application: LiveApplication, found: Attachable) -> dict[str, str]:
    """Import ids by the engine's names, for everything wanted that exists."""
    base = settings.profile.name
    ids = {naming.application_resource(base): f"/applications/{application.id}"}
    if base in found.federated and is_federated(settings):
        credential = found.federated[base]
        ids[naming.federated_resource(base)] = f"{application.id}/federatedIdentityCredential/{credential}"
    principal = found.attached.principal
    if principal is None:
        return ids
    ids[naming.service_principal_resource(base)] = f"/servicePrincipals/{principal.id}"
    return ids | dict(_consent(settings, found)) | dict(_people(settings, found, principal))


def _consent(settings: Settings, found: Attachable) -> Iterator[tuple[str, str]]:
    grants = {grant.resource_id: grant.id for grant in found.attached.grants}
    roles = {(role.resource_id, role.role_id): role.id for role in found.attached.roles}
    for permission in granted(settings):
        name = _consent_name(settings.profile.name, permission)
        api = found.apis.get(permission.client_id)
        if api is None:
            continue
        if permission.kind is PermissionKind.DELEGATED:
            if api.id in grants:
                yield name, f"/oauth2PermissionGrants/{grants[api.id]}"
            continue
        role_id = {value: id for id, value in api.app_roles}.get(permission.name, "")
        if (api.id, role_id) in roles:
            yield name, f"/servicePrincipals/{api.id}/appRoleAssignedTo/{roles[api.id, role_id]}"


def _people(settings: Settings, found: Attachable, principal: Principal) -> Iterator[tuple[str, str]]:
    # One with another app role is somebody else's: taken over, it would be replaced.
    plain = (one for one in found.attached.assigned if one.role_id == naming.DEFAULT_APP_ROLE)
    assigned = {one.principal_id: one.id for one in plain}
    for kind, who in people_of(settings):
        object_id = found.people.get((kind, who), "").lower()
        if object_id in assigned:
            name = naming.assignment_resource(settings.profile.name, kind, who)
            yield name, f"/servicePrincipals/{principal.id}/appRoleAssignedTo/{assigned[object_id]}"
