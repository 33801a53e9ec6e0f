"""Whether the tenant's app management policy allows the client secret that a stack makes.

Graph: tenantAppManagementPolicy, passwordCredentialConfiguration; lifetimes are ISO 8601 durations.
A policy assigned to one application, and exemptions by custom attributes, are not read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connector.checks import Check, no, yes
from connector.entra.objects import moment

CODE = "entra.app_policy"
SUBJECT = "app management policy"
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?")
_DAYS = (365, 30, 7, 1)


def policy_check(policy: Mapping[str, Any] | None, lifetime_days: int, now: datetime | None = None) -> Check:
    """Compare the policy with the secret's lifetime for an application made *now*."""
    if not policy or not policy.get("isEnabled"):
        return yes(CODE, SUBJECT, "no restriction is in force")
    restrictions = policy.get("applicationRestrictions") or {}
    made = now or datetime.now(UTC)
    in_force = [r for r in restrictions.get("passwordCredentials") or () if _in_force(r, made)]
    problems = list(_problems(in_force, lifetime_days))
    if not problems:
        return yes(CODE, SUBJECT, f"a secret of {lifetime_days} days is allowed")
    advice = "ask for an exemption of this application or its deployer, as the connection needs a secret"
    return no(CODE, SUBJECT, f"{'; '.join(problems)}; {advice}")


def _in_force(restriction: Mapping[str, Any], made: datetime) -> bool:
    since = moment(restriction.get("restrictForAppsCreatedAfterDateTime"))
    return restriction.get("state", "enabled") == "enabled" and (since is None or since <= made)


def _problems(restrictions: list[Mapping[str, Any]], lifetime_days: int) -> Iterator[str]:
    for restriction in restrictions:
        kind = restriction.get("restrictionType")
        if kind == "passwordAddition":
            yield "client secrets are forbidden (passwordAddition)"
        limit = duration_days(restriction.get("maxLifetime"))
        if kind == "passwordLifetime" and limit is not None and lifetime_days > limit:
            yield (
                f"a secret may live {limit} days and secret.lifetimeDays is {lifetime_days}: "
                f"set it to {limit} or less"
            )


def duration_days(text: object) -> int | None:
    """Whole days of an ISO 8601 duration; None for what is none."""
    found = _DURATION.fullmatch(str(text or ""))
    if not found or found.group() == "P":
        return None
    return sum(int(number or 0) * days for number, days in zip(found.groups(), _DAYS, strict=True))
