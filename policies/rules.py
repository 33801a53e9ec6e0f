"""The rules as plain functions: properties of a resource in, problems as sentences out.

Properties bear the engine's names (camelCase); what a preview does not know yet is absent. Nothing
here knows Pulumi, so each rule is tested by calling it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlsplit

Props = Mapping[str, Any]

_PLATFORMS = ("web", "publicClient", "singlePageApplication")
_LOCAL = {"localhost", "127.0.0.1"}
#: Roles that hold everything, or nearly: no connection needs one.
POWERFUL_ROLES = frozenset({"system administrator", "system customizer"})


def redirect_uris(props: Props) -> Iterator[str]:
    """No wildcard, and http for this machine alone (EM identity-platform/reply-url.md discourages both)."""
    for platform in _PLATFORMS:
        for uri in (props.get(platform) or {}).get("redirectUris") or ():
            parts = urlsplit(str(uri))
            if "*" in str(uri):
                yield f"redirect URI {uri} has a wildcard; name each URI"
            if parts.scheme == "http" and parts.hostname not in _LOCAL:
                yield f"redirect URI {uri} is http; use https"


def audience(props: Props, allowed: Sequence[str]) -> Iterator[str]:
    """Who may sign in is on the list."""
    given = props.get("signInAudience")
    if given is not None and given not in allowed:
        yield f"audience {given} is not among {', '.join(allowed)}"


def secret_lifetime(props: Props, most_days: int, now: datetime) -> Iterator[str]:
    """No client secret is valid for longer than so many days from now."""
    end = props.get("endDate")
    if not isinstance(end, str):
        return
    days = (datetime.fromisoformat(end).astimezone(UTC) - now) / timedelta(days=1)
    if days > most_days + 1:
        yield f"the secret is valid for {days:.0f} days, and {most_days} is the most; set secret.lifetimeDays"


def assignment_required(props: Props) -> Iterator[str]:
    """Only who is assigned may sign in."""
    if props.get("appRoleAssignmentRequired") is not True:
        yield "assignment is not required, so everybody in the tenant may sign in; set assignments.required"


def owner_set(props: Props) -> Iterator[str]:
    """Somebody owns the application, so that it can be changed when the deployer is gone."""
    if not props.get("owners"):
        yield "the application has no owner; set owners"


def protected(*, stack: str, protect: bool, production: Sequence[str]) -> Iterator[str]:
    """What a customer's connection hangs on is protected where the stack's name says production."""
    if not protect and any(fnmatch(stack, pattern) for pattern in production):
        yield f"stack {stack} is a production stack and this resource is not protected; set protect"


def powerful_role(props: Props) -> Iterator[str]:
    """The application's security role is one of its own, never one that may do everything."""
    name = str(props.get("roleName") or "")
    if name.strip().lower() in POWERFUL_ROLES:
        yield f"the security role is named {name!r}; give it a name of its own (dataverse.role)"


def grants_requested(
    grants: Iterable[Props], requested: Iterable[Props], published: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Nothing is consented to that the application does not ask for.

    *requested* are the application's requiredResourceAccesses; *published* maps the object id of an
    API's service principal to its `appId` and the ids of its `scopes` by name.
    """
    asked = {
        (access.get("resourceAppId"), one.get("id"))
        for access in requested
        for one in access.get("resourceAccesses") or ()
        if one.get("type") == "Scope"
    }
    for grant in grants:
        api = published.get(str(grant.get("resourceServicePrincipalObjectId")))
        if api is None:
            yield f"consent for {grant.get('resourceServicePrincipalObjectId')}, an API that is not asked for"
            continue
        for name in grant.get("claimValues") or ():
            if (api["appId"], api["scopes"].get(name)) not in asked:
                yield f"consent for {name}, which the application does not request"
