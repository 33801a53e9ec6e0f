"""Service principals: list, read, create from an application, change, delete."""

from __future__ import annotations

from emulator.context import Call, Reply
from emulator.graph.access import owned_only
from emulator.graph.answers import count, entity, names, page
from emulator.graph.catalogue import MICROSOFT_TENANT, first_party
from emulator.graph.errors import (
    BackingApplicationElsewhere,
    NoBackingApplication,
    NotAllowed,
    ServicePrincipalExists,
)
from emulator.graph.kinds import SERVICE_PRINCIPAL
from emulator.graph.objects import declared, merged, plain, referenced_owner, save, target
from emulator.graph.recycle import soft_delete
from emulator.graph.shapes import copy_to_service_principal, new_service_principal
from emulator.store import Document

_READ_ONLY = names(
    "id createdDateTime deletedDateTime appOwnerOrganizationId appDisplayName appDescription signInAudience "
    "disabledByMicrosoftStatus applicationTemplateId oauth2PermissionScopes appRoles verifiedPublisher "
    "passwordCredentials keyCredentials info"
)


def list_service_principals(call: Call) -> Reply:
    """GET /servicePrincipals."""
    return page(call, SERVICE_PRINCIPAL, call.store.all(call.scope, "servicePrincipals"))


def count_service_principals(call: Call) -> Reply:
    """GET /servicePrincipals/$count."""
    return count(call, call.store.all(call.scope, "servicePrincipals"), SERVICE_PRINCIPAL)


def get_service_principal(call: Call) -> Reply:
    """GET /servicePrincipals/{id}."""
    return entity(call, SERVICE_PRINCIPAL, target(call, "servicePrincipals"))


def create_service_principal(call: Call) -> Reply:
    """POST /servicePrincipals {appId}: from this tenant's application, another's, or a first-party API."""
    body = call.json()
    owners = [referenced_owner(call, reference) for reference in body.get("owners@odata.bind") or []]
    principal = new_service_principal(call.ctx.now())
    change = declared(plain(body), principal, _READ_ONLY, SERVICE_PRINCIPAL.beta)
    app_id = str(change.get("appId") or "").lower()
    if call.store.find(call.scope, "servicePrincipals", appId=app_id):
        raise ServicePrincipalExists(app_id)
    principal.update(_from_application(call, app_id))
    inherited = principal["tags"]
    principal = merged(principal, change | {"appId": app_id})
    principal["tags"] = list(dict.fromkeys([*inherited, *principal["tags"]]))
    principal["_owners"] = list(dict.fromkeys([call.claims["oid"], *owners]))
    save(call, "servicePrincipals", principal)
    return entity(call, SERVICE_PRINCIPAL, principal, 201)


def _from_application(call: Call, app_id: str) -> Document:
    """What the application says of its service principal. Raises NoBackingApplication."""
    here = call.store.find(call.scope, "applications", appId=app_id)
    if not here and owned_only(call):
        raise BackingApplicationElsewhere
    if published := first_party(app_id):
        return published | {
            "appDisplayName": published["displayName"],
            "appOwnerOrganizationId": MICROSOFT_TENANT,
            "signInAudience": "AzureADMultipleOrgs",
        }
    home, application = (call.scope, here[0]) if here else _elsewhere(call, app_id)
    principal = new_service_principal(call.ctx.now())
    copy_to_service_principal(application, principal)
    tags = application["tags"] if home == call.scope else []
    return {k: principal[k] for k in principal if k != "id"} | {"appOwnerOrganizationId": home, "tags": tags}


def _elsewhere(call: Call, app_id: str) -> tuple[str, Document]:
    """Find a multitenant application of another tenant."""
    rows = call.store.db.execute("SELECT DISTINCT scope FROM objects WHERE kind='applications'")
    for (tenant,) in rows.fetchall():
        for application in call.store.find(tenant, "applications", appId=app_id):
            if application["signInAudience"] != "AzureADMyOrg":
                return tenant, application
    raise NoBackingApplication(app_id)


def update_service_principal(call: Call) -> Reply:
    """PATCH /servicePrincipals/{id}: 204."""
    principal = target(call, "servicePrincipals")
    read_only = _READ_ONLY | {"appId"}
    # Null in a plain service principal, and a complex value (samlSingleSignOnSettings) once it was set.
    known = principal | {"samlSingleSignOnSettings": None}
    change = declared(plain(call.json()), known, read_only, SERVICE_PRINCIPAL.beta)
    save(call, "servicePrincipals", merged(principal, change))
    return Reply(204)


def delete_service_principal(call: Call) -> Reply:
    """DELETE /servicePrincipals/{id}: to the recycle bin; a first-party one is refused."""
    principal = target(call, "servicePrincipals")
    if principal["appOwnerOrganizationId"] == MICROSOFT_TENANT:
        raise NotAllowed
    soft_delete(call, "servicePrincipals", principal)
    return Reply(204)
