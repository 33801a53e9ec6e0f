"""The tenant's default app management policy: what it keeps an application from being given.

Sources: entra docs, identity/enterprise-apps/configure-app-management-policies (restrictions, and from
which creation date on they hold); codes and words as public issues quote them. A policy assigned to one
application, exemptions, and restrictions of identifier URIs are not emulated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.context import Call
from emulator.graph.default_policy import DEFAULT_APP_POLICY
from emulator.graph.policy_errors import AudienceNotAllowed, CredentialTypeNotAllowed, LifetimeNotAllowed
from emulator.store import Document

_AUDIENCES = {
    "AzureADMultipleOrgs": "azureAdMultipleOrgs",
    "AzureADandPersonalMicrosoftAccount": "personalMicrosoftAccount",
    "PersonalMicrosoftAccount": "personalMicrosoftAccount",
}
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SECONDS = (365 * 86400, 30 * 86400, 86400, 3600, 60, 1)


def check_audience(call: Call, application: Document) -> None:
    """Raise AudienceNotAllowed where the policy bars the application's sign-in audience."""
    audience = application["signInAudience"]
    rule = (_restrictions(call).get("audiences") or {}).get(_AUDIENCES.get(audience, ""))
    if rule and rule.get("state") == "enabled" and _meets(rule, application):
        raise AudienceNotAllowed(audience)


def check_secret(call: Call, application: Document, secret: Document) -> None:
    """Raise CredentialTypeNotAllowed or LifetimeNotAllowed for a secret that is about to be issued."""
    for rule in _rules(call, application, "passwordCredentials"):
        if rule.get("restrictionType") == "passwordAddition":
            raise CredentialTypeNotAllowed
        if rule.get("restrictionType") == "passwordLifetime":
            _check_lifetime(rule, secret)


def check_key(call: Call, application: Document, key: Document) -> None:
    """Raise LifetimeNotAllowed for a certificate that is about to be added."""
    for rule in _rules(call, application, "keyCredentials"):
        if rule.get("restrictionType") == "asymmetricKeyLifetime":
            _check_lifetime(rule, key)


def _restrictions(call: Call) -> dict[str, Any]:
    policy = call.store.get(call.scope, "policies", DEFAULT_APP_POLICY) or {}
    return (policy.get("applicationRestrictions") or {}) if policy.get("isEnabled") else {}


def _rules(call: Call, application: Document, kind: str) -> Iterator[dict[str, Any]]:
    for rule in _restrictions(call).get(kind) or ():
        if rule.get("state", "enabled") == "enabled" and _meets(rule, application):
            yield rule


def _meets(rule: dict[str, Any], application: Document) -> bool:
    """Whether the application is young enough for the rule."""
    since = rule.get("restrictForAppsCreatedAfterDateTime")
    return not since or _moment(application["createdDateTime"]) >= _moment(since)


def _check_lifetime(rule: dict[str, Any], credential: Document) -> None:
    longest = _seconds(str(rule.get("maxLifetime") or ""))
    lives = _moment(credential["endDateTime"]) - _moment(credential["startDateTime"])
    if longest is not None and lives > longest:
        raise LifetimeNotAllowed


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _seconds(text: str) -> timedelta | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    return timedelta(seconds=sum(int(n or 0) * s for n, s in zip(found.groups(), _SECONDS, strict=True)))
