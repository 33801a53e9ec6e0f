"""Whether the tenant's app management policy allows the credential and audience that a stack brings.

Graph: tenantAppManagementPolicy, passwordCredentialConfiguration, keyCredentialConfiguration,
audiencesConfiguration (beta); lifetimes are ISO 8601 durations. Restrictions of identifier URIs say
nothing here: a stack sets none. A policy assigned to one application, and exemptions by custom
attributes, are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from connector.entra.objects import moment
from connector.report import Check, no, unknown, yes
from connector.settings import Certificate, Settings
from connector.settings.values import CredentialKind, SignInAudience

CODE = "entra.app_policy"
SUBJECT = "app management policy"
_DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?"
)
_DAY = 86400
_UNITS = (365 * _DAY, 30 * _DAY, 7 * _DAY, _DAY, 3600, 60, 1)
_AUDIENCES = {
    SignInAudience.MULTIPLE_ORGS: "azureAdMultipleOrgs",
    SignInAudience.ORGS_AND_PERSONAL: "personalMicrosoftAccount",
    SignInAudience.PERSONAL: "personalMicrosoftAccount",
}
_EXEMPT = "ask for an exemption of this application or its deployer"


@dataclass(frozen=True)
class Brought:
    """What a stack brings before the policy: `lifetime_days` is a secret's, `certificates` are by slot."""

    kind: CredentialKind = CredentialKind.SECRET
    lifetime_days: int = 0
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    audience: SignInAudience = SignInAudience.MY_ORG


def brought_by(settings: Settings) -> Brought:
    """What the settings of a stack bring."""
    return Brought(
        settings.profile.credential,
        settings.secret.lifetime_days,
        settings.certificates,
        settings.sign_in_audience,
    )


def policy_check(policy: Mapping[str, Any] | None, brought: Brought, since: datetime | None = None) -> Check:
    """Compare the policy with what the stack brings, for an application made then, or now."""
    if not policy or not policy.get("isEnabled"):
        return yes(CODE, SUBJECT, "no restriction is in force")
    restrictions, made = policy.get("applicationRestrictions") or {}, since or datetime.now(UTC)
    problems = [
        *_audience(restrictions.get("audiences") or {}, brought.audience, made),
        *_secret(_rules(restrictions, "passwordCredentials", made), brought),
        *_certificates(_rules(restrictions, "keyCredentials", made), brought),
    ]
    if problems:
        return no(CODE, SUBJECT, "; ".join(problems))
    if brought.kind is CredentialKind.CERTIFICATE and _names_authorities(restrictions, made):
        text = "takes certificates of authorities that the tenant trusts alone; which these are is not read"
        return unknown(CODE, SUBJECT, text)
    return yes(CODE, SUBJECT, _allowed(brought))


def _allowed(brought: Brought) -> str:
    if brought.kind is CredentialKind.SECRET:
        return f"a secret of {brought.lifetime_days} days is allowed"
    if brought.kind is CredentialKind.CERTIFICATE:
        return "the certificates are allowed"
    return "nothing of it applies: the login is federated"


def _rules(restrictions: Mapping[str, Any], name: str, made: datetime) -> list[Mapping[str, Any]]:
    return [one for one in restrictions.get(name) or () if _in_force(one, made)]


def _in_force(restriction: Mapping[str, Any], made: datetime) -> bool:
    since = moment(restriction.get("restrictForAppsCreatedAfterDateTime"))
    return restriction.get("state", "enabled") == "enabled" and (since is None or since <= made)


def _audience(audiences: Mapping[str, Any], wanted: SignInAudience, made: datetime) -> Iterator[str]:
    restriction = audiences.get(_AUDIENCES.get(wanted, ""))
    # Without a state nothing is said: unlike a credential's restriction, this object is always there.
    if restriction and "state" in restriction and _in_force(restriction, made):
        yield f"audience {wanted.value} is forbidden: set another signInAudience, or {_EXEMPT}"


def _secret(rules: list[Mapping[str, Any]], brought: Brought) -> Iterator[str]:
    for rule in rules if brought.kind is CredentialKind.SECRET else ():
        kind, limit = rule.get("restrictionType"), duration(rule.get("maxLifetime"))
        if kind == "passwordAddition":
            yield f"client secrets are forbidden (passwordAddition), and the connection needs one: {_EXEMPT}"
        days = brought.lifetime_days
        if kind == "passwordLifetime" and limit is not None and timedelta(days=days) > limit:
            yield _too_long(days, limit, str(rule["maxLifetime"]))


def _too_long(days: int, limit: timedelta, written: str) -> str:
    if limit.days < 1:
        return (
            f"a secret may live less than a day ({written}), and secret.lifetimeDays cannot be less than 1: "
            f"ask for a maxLifetime of at least P1D, or {_EXEMPT}"
        )
    return (
        f"a secret may live {limit.days} days and secret.lifetimeDays is {days}: "
        f"set it to {limit.days} or less, or {_EXEMPT}"
    )


def _certificates(rules: list[Mapping[str, Any]], brought: Brought) -> Iterator[str]:
    limits = [
        (limit, str(rule["maxLifetime"]))
        for rule in (rules if brought.kind is CredentialKind.CERTIFICATE else ())
        if rule.get("restrictionType") == "asymmetricKeyLifetime"
        and (limit := duration(rule.get("maxLifetime"))) is not None
    ]
    for slot, certificate in sorted(brought.certificates.items()):
        lives = _lifetime(certificate)
        for limit, written in limits:
            if lives > limit:
                yield (
                    f"a certificate may live {written} (asymmetricKeyLifetime) and that of slot {slot} lives "
                    f"{lives.days} days: take one that lives shorter, or {_EXEMPT}"
                )


def _lifetime(certificate: Certificate) -> timedelta:
    made = x509.load_pem_x509_certificate(certificate.pem.encode()).not_valid_before_utc
    return certificate.ends - made


def _names_authorities(restrictions: Mapping[str, Any], made: datetime) -> bool:
    rules = _rules(restrictions, "keyCredentials", made)
    return any(rule.get("restrictionType") == "trustedCertificateAuthority" for rule in rules)


def duration(text: object) -> timedelta | None:
    """An ISO 8601 duration, months as 30 days and years as 365; None for what is none."""
    found = _DURATION.fullmatch(str(text or ""))
    if not found:
        return None
    parts = zip(found.groups(), _UNITS, strict=True)
    return timedelta(seconds=sum(int(number or 0) * seconds for number, seconds in parts))
