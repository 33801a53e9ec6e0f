"""Users, groups and owners: how each is written, and nobody twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector import naming
from connector.errors import Problem
from connector.settings import redirects
from connector.settings.clouds import CLOUDS, check_dynamics_url
from connector.settings.model import RawSettings
from connector.settings.problems import shown
from connector.settings.profile import Profile, RedirectUris
from connector.settings.values import GUID, CredentialKind, fault_of_name, hidden

#: A name, one @ and a domain with a dot: Entra takes only verified domains, which have one.
_PRINCIPAL = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")


def check_people(raw: RawSettings) -> Iterator[Problem]:
    """Problems of assignments and owners, in the order of the keys."""
    assigned = raw.assignments
    yield from _users("settings.assignee", "assignments.users", assigned.users)
    yield from _twice("assignments.users", assigned.users, [user.lower() for user in assigned.users])
    for i, group in enumerate(assigned.groups):
        fault = fault_of_name(group)
        if fault:
            yield Problem("settings.assignee", f"assignments.groups[{i}]", shown(group), fault)
    # Names of groups are compared as they are; only ids mean the same in either case.
    same = [group.lower() if GUID.fullmatch(group) else group for group in assigned.groups]
    yield from _twice("assignments.groups", assigned.groups, same)
    yield from _users("settings.owner", "owners", raw.owners)


def _users(rule: str, key: str, users: Sequence[str]) -> Iterator[Problem]:
    for i, user in enumerate(users):
        fault = fault_of_name(user)
        if not fault and not GUID.fullmatch(user) and not _PRINCIPAL.fullmatch(user):
            fault = "must be a user principal name (name@domain.example) or an object id"
        if fault:
            yield Problem(rule, f"{key}[{i}]", shown(user), fault)


def _twice(key: str, written: Sequence[str], same: Sequence[str]) -> Iterator[Problem]:
    """An assignment exists once for each principal: the second POST would be refused half-way."""
    first: dict[str, int] = {}
    for i, name in enumerate(same):
        if first.setdefault(name, i) != i:
            message = f"stands at {key}[{first[name]}] already; keep one of the two"
            yield Problem("settings.assignee_twice", f"{key}[{i}]", shown(written[i]), message)


__all__ = ["GUID", "LIFETIME_LIMIT", "PERSONAL_SECRETS", "SLOTS", "check_all"]

SLOTS = ("a", "b")
LIFETIME_LIMIT = 730
#: Client secrets of an application that takes personal accounts.
PERSONAL_SECRETS = 2


# A stack of a fleet whose file was never written lacks both, and `config set` would be the wrong way.
_HOW = " (`pulumi config set`; for a stack of fleet.yaml `fleet sync` writes it)"


def check_all(raw: RawSettings, uris: RedirectUris, profile: Profile | None, stack: str) -> Iterator[Problem]:
    """Every problem of the configuration, in the order of its keys."""
    yield from _tenant(raw)
    yield from _dynamics(raw)
    yield from _audience(raw)
    yield from _display_name(raw, profile, stack)
    yield from _redirects(raw, uris, profile)
    yield from check_people(raw)
    yield from _secrets(raw, profile)
    yield from _role(raw)


def _tenant(raw: RawSettings) -> Iterator[Problem]:
    if raw.tenant_id is None:
        message = f"is required; give the directory (tenant) id{_HOW}"
        yield Problem("settings.missing", "tenantId", "", message)
    elif not GUID.fullmatch(raw.tenant_id):
        message = "must be the tenant's id, a GUID, and not its domain name"
        yield Problem("settings.tenant_id", "tenantId", shown(raw.tenant_id), message)


def _dynamics(raw: RawSettings) -> Iterator[Problem]:
    if raw.dynamics_url is None:
        message = f"is required; give the organization's URL{_HOW}"
        yield Problem("settings.missing", "dynamicsUrl", "", message)
    else:
        yield from check_dynamics_url(raw.dynamics_url.strip(), raw.cloud)


def _audience(raw: RawSettings) -> Iterator[Problem]:
    if not CLOUDS[raw.cloud].personal_accounts and raw.sign_in_audience.is_personal:
        message = f"cloud {raw.cloud.value!r} has no personal accounts; use AzureADMultipleOrgs"
        value = shown(raw.sign_in_audience.value)
        yield Problem("settings.audience_cloud", "signInAudience", value, message)


def _display_name(raw: RawSettings, profile: Profile | None, stack: str) -> Iterator[Problem]:
    name = raw.display_name
    if not name:  # Pulumi.yaml's default is the empty text: none was set
        name = f"{profile.title} ({stack})" if profile else stack
    limit = 90 if raw.sign_in_audience.is_personal else 120
    if not 1 <= len(name.strip()) <= limit:
        message = f"must have 1 to {limit} characters for {raw.sign_in_audience.value}"
        yield Problem("settings.display_name", "displayName", shown(name), message)
    elif hidden(name):
        message = f"holds {hidden(name)}, which nobody sees; type the name anew"
        yield Problem("settings.display_name", "displayName", shown(name), message)


def _redirects(raw: RawSettings, uris: RedirectUris, profile: Profile | None) -> Iterator[Problem]:
    audience = raw.sign_in_audience
    note = profile.personal_audience_note if profile else None
    platforms = (("web", uris.web), ("publicClient", uris.public_client), ("spa", uris.spa))
    own = {
        "web": raw.redirect_uris.web,
        "publicClient": raw.redirect_uris.public_client,
        "spa": raw.redirect_uris.spa,
    }
    for platform, merged in platforms:
        key = f"redirectUris.{platform}"
        positions = {redirects.normalise(uri): i for i, uri in enumerate(own[platform])}
        for uri in merged:
            place = f"[{positions[uri]}]" if uri in positions else " (the profile's)"
            native = platform == "publicClient"
            yield from redirects.check_uri(
                uri, key + place, audience=audience, native=native, vendor_note=note
            )
        yield from redirects.check_count(merged, key, audience)
    yield from redirects.check_total([merged for _, merged in platforms], audience)


def _secrets(raw: RawSettings, profile: Profile | None) -> Iterator[Problem]:
    days = raw.secret.lifetime_days
    if not 1 <= days <= LIFETIME_LIMIT:
        message = f"must be 1 to {LIFETIME_LIMIT} days"
        yield Problem("settings.lifetime_days", "secret.lifetimeDays", str(days), message)
    if not raw.slots:
        message = "needs at least one slot, such as {a: 1}"
        yield Problem("settings.slots", "slots", "{}", message)
    takes_secrets = profile is None or profile.credential is CredentialKind.SECRET
    if raw.sign_in_audience.is_personal and takes_secrets and len(raw.slots) > PERSONAL_SECRETS:
        message = f"{raw.sign_in_audience.value} allows at most {PERSONAL_SECRETS} client secrets"
        yield Problem("settings.secret_count", "slots", f"{len(raw.slots)} slots", message)
    for slot, generation in raw.slots.items():
        if slot not in SLOTS or generation < 1:
            message = "only slots a and b exist, each with a generation of 1 or more"
            yield Problem("settings.slots", f"slots.{slot}", str(generation), message)


def _role(raw: RawSettings) -> Iterator[Problem]:
    unit, name = raw.dataverse.business_unit, raw.dataverse.role
    if unit is not None and (fault := fault_of_name(unit)):
        yield Problem("settings.business_unit", "dataverse.businessUnit", shown(unit), fault)
    if name is None:
        return
    if not 1 <= len(name.strip()) <= naming.ROLE_NAME_LIMIT:
        message = f"must have 1 to {naming.ROLE_NAME_LIMIT} characters"
        yield Problem("settings.role_name", "dataverse.role", shown(name), message)
    elif fault := fault_of_name(name):
        yield Problem("settings.role_name", "dataverse.role", shown(name), fault)
