"""Applications: list, read, create, change, delete."""

from __future__ import annotations

from emulator.context import Call, Reply
from emulator.graph.answers import count, entity, names, page
from emulator.graph.app_policy import check_audience, check_key
from emulator.graph.application_rules import check_application, check_foreign_apis
from emulator.graph.certificates import take_key_credentials
from emulator.graph.errors import BadRequest, IdentifierUriInUse, NewSecretsByActionOnly
from emulator.graph.kinds import APPLICATION
from emulator.graph.objects import declared, merged, plain, referenced_owner, save, target
from emulator.graph.recycle import soft_delete
from emulator.graph.secrets import issue
from emulator.graph.shapes import PERSONAL_AUDIENCES, copy_to_service_principal, new_application
from emulator.store import Document

_READ_ONLY = names(
    "id appId createdDateTime deletedDateTime publisherDomain applicationTemplateId "
    "disabledByMicrosoftStatus verifiedPublisher certification"
)


def list_applications(call: Call) -> Reply:
    """GET /applications."""
    return page(call, APPLICATION, call.store.all(call.scope, "applications"))


def count_applications(call: Call) -> Reply:
    """GET /applications/$count."""
    return count(call, call.store.all(call.scope, "applications"), APPLICATION)


def get_application(call: Call) -> Reply:
    """GET /applications/{id}."""
    return entity(call, APPLICATION, target(call, "applications"))


def create_application(call: Call) -> Reply:
    """POST /applications; the caller becomes an owner beside those of owners@odata.bind."""
    body = call.json()
    bound = body.get("owners@odata.bind") or []
    owners = [referenced_owner(call, reference) for reference in bound]
    tenant = call.store.get(call.scope, "tenants", call.scope) or {}
    application = new_application(call.ctx.now(), tenant["verifiedDomains"][0]["name"])
    change = declared(plain(body), application, _READ_ONLY, _beta(call))
    wanted_secrets = change.pop("passwordCredentials", None) or []
    application = merged(application, _with_token_version(change))
    application["_owners"] = list(dict.fromkeys([call.claims["oid"], *owners]))
    application["keyCredentials"] = take_key_credentials([], application["keyCredentials"])
    issued = [issue(call, application, wanted) for wanted in wanted_secrets]
    _check(call, application)
    _check_policy(call, application, [])
    save(call, "applications", application)
    reply = entity(call, APPLICATION, application, 201)
    # Secrets made by the POST itself are in its answer and never again.
    return Reply(201, reply.body | {"passwordCredentials": issued}) if issued else reply


def _with_token_version(change: Document) -> Document:
    """Fill in the version that a personal audience needs when the POST says nothing of it."""
    audience = change.get("signInAudience", PERSONAL_AUDIENCES[0])
    api = change.get("api") or {}
    if audience in PERSONAL_AUDIENCES and "requestedAccessTokenVersion" not in api:
        return change | {"api": api | {"requestedAccessTokenVersion": 2}}
    return change


def update_application(call: Call) -> Reply:
    """PATCH /applications/{id}: 204; lists are replaced whole, new secrets are refused."""
    application = target(call, "applications")
    body = plain(call.json())
    if str(body.get("id", "")).lower() == application["id"]:
        del body["id"]  # the key may stand in the body as long as it is the object's own (OData 4.0)
    change = declared(body, application, _READ_ONLY, _beta(call))
    if "passwordCredentials" in change:
        change["passwordCredentials"] = _kept_secrets(application, change["passwordCredentials"])
    if "keyCredentials" in change:
        change["keyCredentials"] = take_key_credentials(
            application["keyCredentials"], change["keyCredentials"]
        )
    updated = merged(application, change)
    _check(call, updated)
    _check_policy(call, updated, application["keyCredentials"], application["signInAudience"])
    save(call, "applications", updated)
    _copy_home(call, application, updated)
    return Reply(204)


def _kept_secrets(application: Document, wanted: list[Document]) -> list[Document]:
    existing = {credential["keyId"]: credential for credential in application["passwordCredentials"]}
    if any(credential.get("keyId") not in existing for credential in wanted or []):
        raise NewSecretsByActionOnly
    return [existing[credential["keyId"]] for credential in wanted or []]


def _beta(call: Call) -> frozenset[str]:
    """The properties that this version of Graph does not know."""
    return frozenset() if call.params.get("version") == "beta" else APPLICATION.beta


def _check(call: Call, application: Document) -> None:
    check_application(application)
    everything = call.store.all(call.scope, "applications")
    others = [a for a in everything if a["id"] != application["id"]]
    check_foreign_apis(application["requiredResourceAccess"], {a["appId"] for a in everything})
    taken = {uri for other in others for uri in other["identifierUris"]}
    for uri in application["identifierUris"]:
        if uri in taken:
            raise IdentifierUriInUse(uri)


def _check_policy(
    call: Call, application: Document, old_keys: list[Document], old_audience: str = ""
) -> None:
    """What is new in the application meets the tenant's policy; what was there before stays."""
    if application["signInAudience"] != old_audience:
        check_audience(call, application)
    known = {key["keyId"] for key in old_keys}
    for key in application["keyCredentials"]:
        if key["keyId"] not in known:
            check_key(call, application, key)


def _copy_home(call: Call, before: Document, after: Document) -> None:
    """Carry the change over to the service principal in the home tenant, tags too."""
    for principal in call.store.find(call.scope, "servicePrincipals", appId=after["appId"]):
        copy_to_service_principal(after, principal)
        own = [tag for tag in principal["tags"] if tag not in before["tags"]]
        principal["tags"] = list(dict.fromkeys([*after["tags"], *own]))
        save(call, "servicePrincipals", principal)


def delete_application(call: Call) -> Reply:
    """DELETE /applications/{id}: to the recycle bin, with its service principal in this tenant."""
    application = target(call, "applications")
    if application["appId"] == call.client_id:
        raise BadRequest("An application cannot delete itself.")
    soft_delete(call, "applications", application)
    for principal in call.store.find(call.scope, "servicePrincipals", appId=application["appId"]):
        soft_delete(call, "servicePrincipals", principal)
    return Reply(204)
