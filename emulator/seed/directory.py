"""A tenant's directory: first-party APIs, deployers, users and groups, with ids that tests can name."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from emulator.graph.catalogue import (
    DYNAMICS_APP_ID,
    GRAPH_APP_ID,
    GRAPH_ROLES,
    MICROSOFT_TENANT,
    first_party,
    first_party_object_id,
)
from emulator.graph.default_policy import DEFAULT_APP_POLICY, new_policy
from emulator.graph.shapes import (
    copy_to_service_principal,
    new_application,
    new_assignment,
    new_group,
    new_service_principal,
    new_user,
    stamp,
)
from emulator.login.hashes import hash_of
from emulator.seed.names import (
    CONTOSO,
    DEPLOYER_SECRET,
    FABRIKAM,
    FABRIKAM_DEPLOYER,
    FABRIKAM_SECRET,
    FULL_DEPLOYER,
    LIMITED_DEPLOYER,
    LIMITED_SECRET,
    Tenant,
)
from emulator.store import Store

ADELE = "e0000000-0000-4000-8000-000000000001"
ALEX = "e0000000-0000-4000-8000-000000000002"
MEGAN = "e0000000-0000-4000-8000-000000000003"
MARKETING_OPERATIONS = "f0000000-0000-4000-8000-000000000001"
SALES_EMEA = "f0000000-0000-4000-8000-000000000002"
SALES_APAC = "f0000000-0000-4000-8000-000000000003"

_USERS = (("adele", "Adele Vance", ADELE), ("alex", "Alex Wilber", ALEX), ("megan", "Megan Bowen", MEGAN))
_GROUPS = (
    ("Marketing Operations", "Runs the marketing systems", MARKETING_OPERATIONS),
    ("Sales", "Sales in Europe", SALES_EMEA),
    ("Sales", "Sales in Asia", SALES_APAC),
)
FULL_ROLES = (
    "Application.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "User.Read.All",
    "Group.Read.All",
    "Directory.Read.All",
    "Policy.Read.All",
    "AuditLog.Read.All",
)
LIMITED_ROLES = ("Application.ReadWrite.All", "User.Read.All", "Group.Read.All")
_CENTURY = 100 * 365 * 86400


@dataclass(frozen=True)
class Deployer:
    """An application that comes with a tenant and holds Graph roles; its secret never runs out."""

    app_id: str
    object_id: str
    principal_id: str
    name: str
    secret: str
    roles: tuple[str, ...]


def _fixed(app_id: str, name: str, secret: str, roles: tuple[str, ...]) -> Deployer:
    """A deployer whose object ids are its client id with a0 or b0 before the last two digits."""
    stem, end = app_id[:-4], app_id[-2:]
    return Deployer(app_id, f"{stem}a0{end}", f"{stem}b0{end}", name, secret, roles)


def deployers(tenant: Tenant) -> tuple[Deployer, ...]:
    """The deployers of a tenant: two in contoso, one elsewhere.

    A further tenant's deployer has the client id uuid5(tenant id, "deployer") and the secret
    `dep~NAME-deployer-of-the-emulator-only`.
    """
    if tenant.id == CONTOSO:
        return (
            _fixed(FULL_DEPLOYER, "Full deployer", DEPLOYER_SECRET, FULL_ROLES),
            _fixed(LIMITED_DEPLOYER, "Limited deployer", LIMITED_SECRET, LIMITED_ROLES),
        )
    if tenant.id == FABRIKAM:
        return (_fixed(FABRIKAM_DEPLOYER, "Fabrikam deployer", FABRIKAM_SECRET, FULL_ROLES),)
    app_id, object_id, principal_id = (_derived(tenant, n) for n in ("deployer", "application", "principal"))
    secret = tenant.secret or f"dep~{tenant.name}-deployer-of-the-emulator-only"
    return (Deployer(app_id, object_id, principal_id, f"{tenant.name} deployer", secret, FULL_ROLES),)


def _derived(tenant: Tenant, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(tenant.id), name))


def seed_tenant(store: Store, tenant: Tenant) -> None:
    """Write a tenant and its directory into the store."""
    now = time.time()
    domain = f"{tenant.name}.example"
    store.put(
        tenant.id,
        "tenants",
        tenant.id,
        {
            "id": tenant.id,
            "displayName": tenant.name,
            "tenantType": "AAD",
            "createdDateTime": stamp(now),
            "verifiedDomains": [{"name": domain, "type": "Managed", "isDefault": True, "isInitial": True}],
        },
    )
    store.put(tenant.id, "policies", DEFAULT_APP_POLICY, new_policy())
    _seed_first_party(store, tenant, now)
    for deployer in deployers(tenant):
        _seed_deployer(store, tenant, deployer, now)
    _seed_people(store, tenant, now)


def _seed_first_party(store: Store, tenant: Tenant, now: float) -> None:
    for app_id in (GRAPH_APP_ID, DYNAMICS_APP_ID):
        principal = new_service_principal(now, id=first_party_object_id(tenant.id, app_id))
        published = first_party(app_id) or {}
        principal.update(
            published,
            appId=app_id,
            appDisplayName=published["displayName"],
            appOwnerOrganizationId=MICROSOFT_TENANT,
            signInAudience="AzureADMultipleOrgs",
        )
        store.put(tenant.id, "servicePrincipals", principal["id"], principal)


def _seed_deployer(store: Store, tenant: Tenant, deployer: Deployer, now: float) -> None:
    application = new_application(
        now, f"{tenant.name}.example", id=deployer.object_id, app_id=deployer.app_id
    )
    key_id = _derived(tenant, deployer.app_id)
    application.update(displayName=deployer.name, signInAudience="AzureADMyOrg")
    application["passwordCredentials"] = [
        {
            "customKeyIdentifier": None,
            "displayName": "seed",
            "endDateTime": stamp(now + _CENTURY),
            "hint": deployer.secret[:3],
            "keyId": key_id,
            "secretText": None,
            "startDateTime": stamp(now - 86400),
        }
    ]
    store.put(tenant.id, "applications", application["id"], application)
    store.put(tenant.id, "secretHashes", key_id, {"id": key_id, "sha256": hash_of(deployer.secret)})
    principal = new_service_principal(now, id=deployer.principal_id)
    principal["appOwnerOrganizationId"] = tenant.id
    copy_to_service_principal(application, principal)
    store.put(tenant.id, "servicePrincipals", principal["id"], principal)
    graph = store.get(tenant.id, "servicePrincipals", first_party_object_id(tenant.id, GRAPH_APP_ID)) or {}
    for name in deployer.roles:
        assignment = new_assignment(now, GRAPH_ROLES[name], principal, "ServicePrincipal", graph)
        store.put(tenant.id, "appRoleAssignments", assignment["id"], assignment)


def _seed_people(store: Store, tenant: Tenant, now: float) -> None:
    for name, display_name, id in _USERS:
        user_id = id if tenant.id == CONTOSO else _derived(tenant, name)
        user = new_user(user_id, f"{name}@{tenant.name}.example", display_name)
        store.put(tenant.id, "users", user_id, user)
    for display_name, description, id in _GROUPS:
        group_id = id if tenant.id == CONTOSO else _derived(tenant, description)
        group = new_group(now, group_id, display_name, description)
        if group_id == MARKETING_OPERATIONS:
            group["_members"] = [MEGAN]
        store.put(tenant.id, "groups", group_id, group)
