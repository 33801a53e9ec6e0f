"""The bad-configuration table: each row a rule, the key it names, and what is changed in a good one."""

from __future__ import annotations

from tests.unit.settings_rows_redirects import BAD_REDIRECTS, REDIRECT_CAUTIONS
from tests.unit.settings_samples import (
    ADELE,
    OID,
    ONLY_PERSONAL,
    PERSONAL,
    READ_ALL,
    Row,
    groups,
    line,
    users,
)

_THREE = {"a": 1, "b": 1, "c": 1}
_ONLY = {"signInAudience": ONLY_PERSONAL}
_EXPORT = {"profile": "nightly-export"}


def _graph(count: int) -> list[str]:
    return [f"graph/Some.Right.{number}" for number in range(count)]


#: Permissions of as many APIs as an application may ask, the profile's two not counted; see `many_apis`.
OTHER_APIS = [f"api-{number}" for number in range(9)]

BAD: list[Row] = [
    *BAD_REDIRECTS,
    ("settings.missing", "tenantId", {"tenantId": None}),
    ("settings.missing", "dynamicsUrl", {"dynamicsUrl": None}),
    ("settings.missing", "profile", {"profile": None}),
    ("settings.tenant_id", "tenantId", {"tenantId": "contoso.onmicrosoft.com"}),
    ("settings.tenant_id", "tenantId", {"tenantId": "11111111-1111-4111-8111-11111111111"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "contoso.crm4.dynamics.com"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "http://c.crm4.dynamics.com"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "https://c.crm4.dynamics.com/main.aspx"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "https://a@c.crm.dynamics.com"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "https://c.crm:99999"}),
    ("settings.dynamics_url", "dynamicsUrl", {"dynamicsUrl": "https://c.crm4.dynamics.com.evil.io"}),
    ("settings.dynamics_url", "dynamicsUrl", {"dynamicsUrl": "https://c.crm4-dynamics.com"}),
    ("settings.dynamics_url", "dynamicsUrl", {"dynamicsUrl": "https://127.0.1.1:8443"}),
    ("settings.dynamics_url", "dynamicsUrl", {"dynamicsUrl": "https://c.crm.microsoftdynamics.us"}),
    (
        "settings.dynamics_url",
        "dynamicsUrl",
        {"dynamicsUrl": "https://c.crm4.dynamics.com", "cloud": "emulator"},
    ),
    ("settings.value", "cloud", {"cloud": "azure"}),
    ("settings.value", "signInAudience", {"signInAudience": "Everyone"}),
    ("settings.value", "redirectUris", {"redirectUris": "not json"}),
    ("settings.value", "slots.a", {"slots": {"a": "first"}}),
    ("settings.value", "slots", {"slots": "[" * 5000}),
    ("settings.value", "assignments", {"assignments": "[" * 500 + "]" * 500}),
    ("settings.unknown_key", "tenantID", {"tenantID": "x"}),
    ("settings.unknown_key", "assignments.user", {"assignments": {"user": []}}),
    ("settings.profile", "profile", {"profile": "market-measure"}),
    ("settings.profile", "profile", {"profile": "../../etc/passwd"}),
    ("settings.display_name", "displayName", {"displayName": "x" * 121}),
    ("settings.display_name", "displayName", {"displayName": "  "}),
    ("settings.audience_cloud", "signInAudience", {"cloud": "usgov", "signInAudience": PERSONAL}),
    ("settings.permission", "permissions[0]", {"permissions": ["openid"]}),
    ("settings.permission", "permissions[0]", {"permissions": ["grahp/openid"]}),
    ("settings.assignee", "assignments.users[0]", {"assignments": {"users": ["adele"]}}),
    ("settings.owner", "owners[0]", {"owners": ["Adele"]}),
    ("settings.lifetime_days", "secret.lifetimeDays", {"secret": {"lifetimeDays": 731}}),
    ("settings.lifetime_days", "secret.lifetimeDays", {"secret": {"lifetimeDays": 0}}),
    ("settings.slots", "slots.c", {"slots": {"c": 1}}),
    ("settings.slots", "slots.a", {"slots": {"a": 0}}),
    ("settings.slots", "slots", {"slots": {}}),
    ("settings.role_name", "dataverse.role", {"dataverse": {"role": "x" * 101}}),
    ("settings.role_name", "dataverse.role", {"dataverse": {"role": " "}}),
    ("settings.role_line", "dataverse.add[0].rights", line("add", table="lead", rights=[])),
    ("settings.role_line", "dataverse.add[0].table", line("add", rights=["read"])),
    (
        "settings.role_line",
        "dataverse.remove[0].depth",
        line("remove", table="lead", rights=["read"], depth="world"),
    ),
    ("settings.audience_cloud", "signInAudience", {"cloud": "china", "signInAudience": ONLY_PERSONAL}),
    ("settings.permission", "permissions[1]", {"permissions": ["graph/openid", "graph/"]}),
    ("settings.permission", "permissions[0]", {"permissions": ["graph/ openid"]}),
    ("settings.permission", "permissions[0]", {"permissions": ["graph/open\u200bid"]}),
    ("settings.permission", "permissions[0]", {"permissions": [3]}),
    ("settings.permission", "permissions[0].name", {"permissions": [{"api": "graph", "name": ""}]}),
    ("settings.permission", "permissions[0].name", {"permissions": [{"api": "graph"}]}),
    ("settings.permission", "permissions[0].api", {"permissions": [{"api": "grahp", "name": "openid"}]}),
    ("settings.permission", "permissions[0].kind", {"permissions": [{**READ_ALL, "kind": "role"}]}),
    ("settings.unknown_key", "permissions[0].type", {"permissions": [{**READ_ALL, "type": "Role"}]}),
    ("settings.assignee", "assignments.groups[0]", {"assignments": {"groups": [" "]}}),
    ("settings.owner", "owners[1]", {"owners": ["a@b.example", "11111111"]}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "https://\u212aontoso.crm4.dynamics.com"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "https://con\ttoso.crm4.dynamics.com"}),
    ("settings.dynamics_url", "dynamicsUrl", {"dynamicsUrl": "https://contoso.crm4.dynamics.com:444"}),
    *[
        ("settings.assignee", "assignments.users[0]", users(user))
        for user in ("@", "a@", "@b.example", "a b@c", "a@b", " a@b.example ", "a@@b.example", "a\0@b.ex")
    ],
    ("settings.owner", "owners[0]", {"owners": [" a@b.example"]}),
    ("settings.assignee", "assignments.groups[0]", groups(f"{{{OID}}}")),
    ("settings.assignee", "assignments.groups[0]", groups(" Marketing")),
    ("settings.assignee", "assignments.groups[0]", groups("Marke\u200bting")),
    ("settings.assignee_twice", "assignments.users[1]", users(ADELE, ADELE.title())),
    ("settings.assignee_twice", "assignments.users[2]", users(OID, ADELE, OID.upper())),
    ("settings.assignee_twice", "assignments.groups[1]", groups("Marketing", "Marketing")),
    ("settings.assignee_twice", "assignments.groups[1]", groups(OID, OID.upper())),
    ("settings.display_name", "displayName", {"displayName": "a\nb"}),
    ("settings.display_name", "displayName", {"displayName": "Con\u200btoso"}),
    ("settings.display_name", "displayName", {"displayName": "\u202eosotnoC"}),
    ("settings.business_unit", "dataverse.businessUnit", {"dataverse": {"businessUnit": " "}}),
    ("settings.business_unit", "dataverse.businessUnit", {"dataverse": {"businessUnit": ""}}),
    ("settings.business_unit", "dataverse.businessUnit", {"dataverse": {"businessUnit": f"{{{OID}}}"}}),
    ("settings.role_name", "dataverse.role", {"dataverse": {"role": " Sync"}}),
    ("settings.role_line", "dataverse.add[0].table", line("add", table="", rights=["read"])),
    ("settings.role_line", "dataverse.remove[0].table", line("remove", table=" Lead ", rights=["read"])),
    ("settings.permission_count", "permissions", {"permissions": _graph(399)}),
    ("settings.permission_count", "permissions", {"permissions": _graph(30), "signInAudience": PERSONAL}),
    ("settings.permission_count", "permissions", {"permissions": _graph(199), **_ONLY}),
    ("settings.api_count", "permissions", {"permissions": [f"{api}/read" for api in OTHER_APIS]}),
    (
        "settings.api_count",
        "permissions",
        {"permissions": [{"api": api, "name": "Read", "kind": "application"} for api in OTHER_APIS]},
    ),
    ("settings.secret_count", "slots", {"slots": _THREE, "signInAudience": PERSONAL}),
    ("settings.secret_count", "slots", {"slots": _THREE, "signInAudience": ONLY_PERSONAL}),
    ("settings.certificate", "certificates.a", _EXPORT | {"certificates": {"a": "pyproject.toml"}}),
    ("settings.certificate", "certificates.a", _EXPORT | {"certificates": {"a": "no-such-file.pem"}}),
    ("settings.credential", "certificates.a", _EXPORT),
    ("settings.credential", "certificates", {"certificates": {"a": "a.pem"}}),
]

CAUTIONS: list[Row] = [
    *REDIRECT_CAUTIONS,
    ("settings.single_tenant", "signInAudience", {"signInAudience": "AzureADMyOrg"}),
    (
        "settings.single_tenant",
        "signInAudience",
        {"signInAudience": "AzureADMyOrg", "assignments": {"users": ["a@b.example"]}},
    ),
    ("settings.nobody_assigned", "assignments", {}),
    ("settings.nobody_assigned", "assignments", {"assignments": {"required": True}}),
]

#: Rule, change, the setting to look at, and what it has to be.
NORMALISED: list[tuple[str, dict[str, object], str, object]] = [
    (
        "settings.dynamics_url_slash",
        {"dynamicsUrl": "https://contoso.crm4.dynamics.com/"},
        "dynamics_url",
        "https://contoso.crm4.dynamics.com",
    ),
    (
        "settings.dynamics_url_slash",
        {"dynamicsUrl": "https://Contoso.CRM4.dynamics.com"},
        "dynamics_host",
        "contoso.crm4.dynamics.com",
    ),
    (
        "settings.dynamics_url_port",
        {"dynamicsUrl": "https://contoso.crm4.dynamics.com:443"},
        "dynamics_url",
        "https://contoso.crm4.dynamics.com",
    ),
    (
        "settings.dynamics_url_port",
        {"dynamicsUrl": "https://contoso.crm4.dynamics.com:/"},
        "dynamics_host",
        "contoso.crm4.dynamics.com",
    ),
    (
        "settings.redirect_slash",
        {"redirectUris": {"spa": ["https://a.example"]}},
        "spa",
        ("https://a.example/",),
    ),
    (
        "settings.redirect_slash",
        {"redirectUris": {"spa": ["https://a.example?q=1"]}},
        "spa",
        ("https://a.example/?q=1",),
    ),
]
