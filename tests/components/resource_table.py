"""Every resource of the components: the settings that make it, each property, each option.

A row is exact: a property or option that is added, changed or lost fails its test. A resource class
that components/ uses and no row names fails `test_every_resource.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.components.conftest import ROLES, SCOPES

DYNAMICS, GRAPH = SCOPES
TENANT = "11111111-1111-4111-8111-111111111111"
#: Stands for the secret's end, which is counted from now.
ENDS = "in 180 days"
#: Stands for the text of the certificate's file.
PEM = "the certificate"
MARKED = ["dynamics-connect:test", "WindowsAzureActiveDirectoryIntegratedApp"]
BASE = {
    "profile": "marketo-measure",
    "cloud": "emulator",
    "tenantId": TENANT,
    "dynamicsUrl": "https://127.0.1.1:8443",
    "assignments": {"users": ["adele@contoso.example"], "groups": ["Marketing Operations"]},
}
#: A profile without anything that the personal audiences refuse, and with a login of its own.
TOKENS = """
title: Tokens
permissions: [graph/openid]
credential: federated
federated: {issuer: "https://issuer.example/", subject: "job:nightly", audience: "api://Tokens"}
role: {tables: [{table: lead, rights: [read]}]}
"""
_CERTIFICATE = {"profile": "nightly-export", "certificates": {"a": "a-1.pem"}}
_OWNED = {"owners": ["alex@contoso.example"], "protect": False}
_OWNERS = ["oid-of-alex@contoso.example"]
_PERSONAL = {
    "profile": "tokens",
    "signInAudience": "AzureADandPersonalMicrosoftAccount",
    "redirectUris": {
        "web": ["https://web.example/in"],
        "publicClient": ["http://localhost/in"],
        "spa": ["https://spa.example/in"],
    },
}
_USGOV = {"cloud": "usgov", "dynamicsUrl": "https://contoso.crm.microsoftdynamics.us"}
_DOD = {"cloud": "dod", "dynamicsUrl": "https://contoso.crm.appsplatform.us"}
_CHINA = {"cloud": "china", "dynamicsUrl": "https://contoso.crm.dynamics.cn"}
_ROLE = {"permissions": [{"api": "graph", "name": "User.Read.All", "kind": "application"}]}


@dataclass(frozen=True)
class Options:
    """What the engine is told of a resource; `deleted_with` is a resource's name."""

    protect: bool = False
    deleted_with: str = "saas-application"
    ignored: tuple[str, ...] = ()
    secret: frozenset[str] = frozenset()
    replaced_on: tuple[str, ...] = ()
    deleted_first: bool = False


@dataclass(frozen=True)
class Row:
    """One resource: class and name, and what is declared when the settings change so."""

    kind: str
    name: str
    properties: dict[str, Any]
    options: Options = Options()
    settings: dict[str, Any] = field(default_factory=dict)


def _asked(app_id: str, *accesses: tuple[str, str]) -> dict[str, Any]:
    return {"resourceAppId": app_id, "resourceAccesses": [{"id": id, "type": t} for id, t in accesses]}


def _grant(api: str, app_id: str, *scopes: str, **settings: Any) -> Row:
    properties = {
        "servicePrincipalObjectId": "saas-service-principal-oid",
        "resourceServicePrincipalObjectId": f"oid-of-{app_id}",
        "claimValues": list(scopes),
    }
    options = Options(replaced_on=("claimValues",), deleted_first=True)
    return Row("ServicePrincipalDelegatedPermissionGrant", f"saas-grant-{api}", properties, options, settings)


def _assignment(name: str, role: str, principal: str, resource: str, **settings: Any) -> Row:
    properties = {"appRoleId": role, "principalObjectId": principal, "resourceObjectId": resource}
    return Row("AppRoleAssignment", name, properties, settings=settings)


def _credential(kind: str, name: str, options: Options, settings: dict[str, Any], **more: Any) -> Row:
    return Row(kind, name, {"applicationId": "saas-application-id"} | more, options, settings)


def _secret(slot: str, *, kept: bool = True, **settings: Any) -> Row:
    options = Options(kept, ignored=("endDate",), secret=frozenset({"value"}))
    name, properties = f"saas-secret-{slot}", {"displayName": slot, "endDate": ENDS}
    return _credential("ApplicationPassword", name, options, settings, **properties)


def _certificate(*, kept: bool = True, **settings: Any) -> Row:
    options = Options(kept, secret=frozenset({"value"}))
    properties = {"type": "AsymmetricX509Cert", "encoding": "pem", "value": PEM}
    settings = _CERTIFICATE | settings
    return _credential("ApplicationCertificate", "saas-certificate-a-1", options, settings, **properties)


def _provider(environment: str, **settings: Any) -> Row:
    properties = {"tenantId": TENANT, "environment": environment} | ({"metadataHost": ""} if settings else {})
    secret = frozenset({"clientCertificatePassword", "clientId", "clientSecret"})
    options = Options(deleted_with="", ignored=("metadataHost",), secret=secret)
    return Row("Provider", "tenant", properties, options, settings)


_NO_ROLE, _OWN = "00000000-0000-0000-0000-000000000000", "saas-service-principal-oid"
_READ_ALL = ROLES[GRAPH]["User.Read.All"]
_IMPERSONATION = (SCOPES[DYNAMICS]["user_impersonation"], "Scope")
_OPENID = (SCOPES[GRAPH]["openid"], "Scope")

ROWS = (
    _provider("public"),
    _provider("usgovernment", **_USGOV),
    _provider("dod", **_DOD),
    _provider("china", **_CHINA),
    Row(
        "Application",
        "saas-application",
        {
            "displayName": "Marketo Measure (test)",
            "signInAudience": "AzureADMultipleOrgs",
            "web": {
                "redirectUris": [
                    "https://apps.bizible.com/OAuth2",
                    "https://apps.bizible.com/OAuth2?identityOnly=true",
                ]
            },
            "requiredResourceAccesses": [
                _asked(DYNAMICS, _IMPERSONATION),
                _asked(GRAPH, _OPENID, (_READ_ALL, "Role")),
            ],
            "tags": MARKED,
        },
        Options(protect=True, deleted_with=""),
        _ROLE,
    ),
    Row(
        "Application",
        "saas-application",
        {
            "displayName": "Named",
            "signInAudience": "AzureADandPersonalMicrosoftAccount",
            "api": {"requestedAccessTokenVersion": 2},
            "web": {"redirectUris": ["https://web.example/in"]},
            "publicClient": {"redirectUris": ["http://localhost/in"]},
            "singlePageApplication": {"redirectUris": ["https://spa.example/in"]},
            "requiredResourceAccesses": [_asked(GRAPH, _OPENID)],
            "owners": _OWNERS,
            "tags": MARKED,
        },
        Options(deleted_with=""),
        _PERSONAL | _OWNED | {"displayName": "Named"},
    ),
    Row(
        "ServicePrincipal",
        "saas-service-principal",
        {"clientId": "saas-application-cid", "appRoleAssignmentRequired": True, "tags": MARKED},
        Options(protect=True),
    ),
    Row(
        "ServicePrincipal",
        "saas-service-principal",
        {
            "clientId": "saas-application-cid",
            "appRoleAssignmentRequired": False,
            "owners": _OWNERS,
            "tags": MARKED,
        },
        settings=_OWNED | {"assignments": {"required": False}},
    ),
    _grant("dynamics-crm", DYNAMICS, "user_impersonation"),
    _grant("graph", GRAPH, "openid", "offline_access", permissions=["graph/offline_access"]),
    _assignment("saas-user-adele@contoso.example", _NO_ROLE, "oid-of-adele@contoso.example", _OWN),
    _assignment("saas-group-marketing-operations", _NO_ROLE, "oid-of-Marketing Operations", _OWN),
    _assignment("saas-app-role-graph-User.Read.All", _READ_ALL, _OWN, f"oid-of-{GRAPH}", **_ROLE),
    _secret("a-1"),
    _secret("b-2", slots={"a": 1, "b": 2}),
    _secret("a-1", kept=False, protect=False),
    _certificate(),
    _certificate(kept=False, protect=False),
    _credential(
        "ApplicationFederatedIdentityCredential",
        "saas-federated",
        Options(),
        {"profile": "tokens"},
        displayName="saas",
        issuer="https://issuer.example/",
        subject="job:nightly",
        audiences=["api://Tokens"],
    ),
)
