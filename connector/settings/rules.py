"""Every rule that settings are checked against: its id, what it does, and where it comes from.

`refuse` makes a problem, `normalise` changes the value and says nothing, `warn` lets it pass.
Sources: EM = Microsoft's Entra documentation, PPD and PAD = its Power Platform documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["refuse", "warn", "normalise"]


@dataclass(frozen=True)
class Rule:
    """One rule of the settings."""

    id: str
    effect: Effect
    text: str
    source: str


_OWN = "this project"
_REPLY = "EM identity-platform/reply-url.md"
_ACCOUNTS = "EM identity-platform/supported-accounts-validation.md"

_KEYS = "EM identity-platform/certificate-credentials.md"

_TABLE = (
    Rule("settings.unknown_key", "refuse", "only known keys", _OWN),
    Rule("settings.missing", "refuse", "a required key has a value", _OWN),
    Rule("settings.value", "refuse", "each value has the type its key asks for", _OWN),
    Rule("settings.yaml", "refuse", "a stack's file or a profile is one YAML mapping, each key once", _OWN),
    Rule(
        "settings.profile",
        "refuse",
        "the profile exists in profiles/; form and login are those of its credential",
        _OWN,
    ),
    Rule("settings.tenant_id", "refuse", "the tenant is named by its id, a GUID", _OWN),
    Rule(
        "settings.dynamics_url",
        "refuse",
        "an organization host of the stack's cloud",
        "PPD new-datacenter-regions.md; ServiceClient DiscoveryServers.cs",
    ),
    Rule(
        "settings.dynamics_url_form",
        "refuse",
        "https and a host in plain ASCII, nothing after it",
        "PAD authenticate-oauth.md",
    ),
    Rule("settings.dynamics_url_slash", "normalise", "lower case, no trailing slash", _OWN),
    Rule("settings.dynamics_url_port", "normalise", "no port where it is 443", "RFC 3986 section 6.2.3"),
    Rule(
        "settings.display_name",
        "refuse",
        "1 to 120 characters, 90 for personal audiences, none that nobody sees",
        _ACCOUNTS,
    ),
    Rule("settings.audience_cloud", "refuse", "personal audiences only in the public cloud", _ACCOUNTS),
    Rule(
        "settings.single_tenant",
        "warn",
        "AzureADMyOrg only where the vendor calls the tenant's own endpoint",
        "EM identity-platform/reference-error-codes.md",
    ),
    Rule("settings.redirect_query", "refuse", "a query string only for work or school audiences", _REPLY),
    Rule("settings.redirect_scheme", "refuse", "https, http for localhost, an installed app's own", _REPLY),
    Rule("settings.redirect_host", "refuse", "a host in plain ASCII, not [::1], a good port", _REPLY),
    Rule("settings.redirect_fragment", "refuse", "no fragment", "RFC 6749 section 3.1.2"),
    Rule("settings.redirect_wildcard", "refuse", "no wildcard for personal audiences", _REPLY),
    Rule("settings.redirect_broad", "warn", "no wildcard for work or school audiences either", _REPLY),
    Rule("settings.redirect_characters", "refuse", "none of ! $ ' , ; and nothing blank or unseen", _REPLY),
    Rule("settings.redirect_length", "refuse", "at most 256 characters", _REPLY),
    Rule("settings.redirect_count", "refuse", "at most 256 URIs, 100 for personal audiences", _REPLY),
    Rule("settings.redirect_total", "refuse", "the same limit over all platforms together", _REPLY),
    Rule("settings.redirect_case", "warn", "two URIs that differ only in case", _REPLY),
    Rule("settings.redirect_slash", "normalise", "a slash where there is no path", _REPLY),
    Rule("settings.permission", "refuse", "api/name or {api, name, kind} of a known API", _OWN),
    Rule(
        "settings.permission_count",
        "refuse",
        "at most 400 permissions; for personal audiences 200, and 30 of one API",
        _ACCOUNTS,
    ),
    Rule(
        "settings.api_count",
        "refuse",
        "at most 50 APIs, 10 of other tenants, as every API that is known here",
        _ACCOUNTS,
    ),
    Rule(
        "settings.token_version",
        "normalise",
        "tokens of version 2 for personal audiences (components/application.py sets it)",
        "EM reference-microsoft-graph-app-manifest.md",
    ),
    Rule("settings.assignee", "refuse", "users by principal name or id, groups by name or id", "Graph users"),
    Rule(
        "settings.assignee_twice",
        "refuse",
        "each user and group once",
        "Graph appRoleAssignment",
    ),
    Rule(
        "settings.nobody_assigned",
        "warn",
        "somebody is assigned where assignment is required",
        "EM identity/enterprise-apps/what-is-access-management.md",
    ),
    Rule("settings.owner", "refuse", "owners by object id or principal name", "azuread provider"),
    Rule("settings.lifetime_days", "refuse", "1 to 730 days", "EM how-to-add-credentials.md"),
    Rule("settings.certificate", "refuse", "a PEM certificate without key, not ended", _KEYS),
    Rule("settings.credential", "refuse", "a certificate a slot where the profile asks for one", _OWN),
    Rule("settings.sign_in", "refuse", "true for verify --sign-in", _OWN),
    Rule("settings.slots", "refuse", "slots a and b, generations from 1", _OWN),
    Rule(
        "settings.secret_count",
        "refuse",
        "at most 2 client secrets for personal audiences; of those that the application holds, "
        "`deploy` and `rotate` refuse (rotation.no_room)",
        _ACCOUNTS,
    ),
    Rule("settings.role_name", "refuse", "1 to 100 characters", "PAD reference/entities/role.md"),
    Rule("settings.business_unit", "refuse", "a name or id that is not blank", _OWN),
    Rule("settings.role_line", "refuse", "a line per table with rights and depth", _OWN),
    Rule("environment.credential", "refuse", "ARM_* and AZURE_* name one deployer", _OWN),
    Rule("environment.tenant", "refuse", "the deployer logs in to the stack's tenant", _OWN),
    Rule(
        "environment.metadata",
        "refuse",
        "the emulator's metadata names loopback hosts",
        _OWN,
    ),
    Rule(
        "environment.endpoint",
        "refuse",
        "no variable sends a token to a host that the stack's cloud does not name",
        _OWN,
    ),
    Rule("settings.provider_key", "refuse", "no key of the azuread provider, which nothing reads", _OWN),
    Rule("environment.certificates", "refuse", "SSL_CERT_FILE names certificates in PEM", _OWN),
    Rule("environment.proxy", "refuse", "HTTPS_PROXY and ALL_PROXY name an HTTP proxy", _OWN),
)

RULES: dict[str, Rule] = {rule.id: rule for rule in _TABLE}
