"""The app management policy against each kind of credential, and the sign-in audience."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from connector.entra.policy import Brought, duration, policy_check
from connector.report import Answer, Check
from connector.settings import Certificate
from connector.settings.values import CredentialKind, SignInAudience
from tests.support.certificate import Certificate as Made

FORBIDDEN = {"restrictionType": "passwordAddition"}
SHORT_KEYS = {"restrictionType": "asymmetricKeyLifetime", "maxLifetime": "P90D"}
FEDERATED = Brought(CredentialKind.FEDERATED)


def asked(brought: Brought, **restrictions: Any) -> Check:
    """The answer to a policy with these restrictions, each of them enabled."""
    lists = {
        name: [{"state": "enabled"} | one for one in value] if isinstance(value, list) else value
        for name, value in restrictions.items()
    }
    return policy_check({"isEnabled": True, "applicationRestrictions": lists}, brought)


def certificate(days: int) -> Brought:
    """A certificate profile whose certificate ends in *days*, and began yesterday."""
    pem = Made(days=days).public
    shown = Certificate(
        pem=pem.decode(), thumbprint="", ends=x509.load_pem_x509_certificate(pem).not_valid_after_utc
    )
    return Brought(CredentialKind.CERTIFICATE, certificates={"a": shown})


def secret(days: int) -> Brought:
    """A secret profile."""
    return Brought(lifetime_days=days)


@pytest.mark.parametrize("brought", [certificate(30), FEDERATED], ids=["certificate", "federated"])
def test_restrictions_of_secrets_are_nothing_to_other_credentials(brought: Brought) -> None:
    """A profile that has no secret is not told that it needs one."""
    limit = {"restrictionType": "passwordLifetime", "maxLifetime": "P1D"}
    check = asked(brought, passwordCredentials=[FORBIDDEN, limit])
    assert check.answer is Answer.YES
    assert "secret" not in check.detail


def test_restrictions_of_certificates_are_nothing_to_a_secret() -> None:
    """And the other way round."""
    assert asked(secret(180), keyCredentials=[SHORT_KEYS]).answer is Answer.YES


@pytest.mark.parametrize(("days", "answer"), [(60, Answer.YES), (400, Answer.NO)])
def test_a_certificate_is_measured_from_its_beginning_to_its_end(days: int, answer: Answer) -> None:
    """The slot, its days and the policy's limit are named."""
    check = asked(certificate(days), keyCredentials=[SHORT_KEYS])
    assert check.answer is answer
    if answer is Answer.NO:
        assert "slot a lives 401 days" in check.detail
        assert "P90D" in check.detail


def test_a_policy_of_trusted_authorities_is_for_a_person_to_judge() -> None:
    """The authorities are not read: unknown for a certificate, nothing to a secret."""
    rule = {"restrictionType": "trustedCertificateAuthority"}
    assert asked(certificate(30), keyCredentials=[rule]).answer is Answer.UNKNOWN
    assert asked(secret(30), keyCredentials=[rule]).answer is Answer.YES
    assert asked(certificate(30), keyCredentials=[rule | {"state": "disabled"}]).answer is Answer.YES


def test_less_than_a_day_is_said_and_no_zero_advised() -> None:
    """No value of secret.lifetimeDays would do: the policy has to change."""
    rule = {"restrictionType": "passwordLifetime", "maxLifetime": "PT12H"}
    check = asked(secret(1), passwordCredentials=[rule])
    assert check.answer is Answer.NO
    assert "less than a day (PT12H)" in check.detail
    assert "set it to" not in check.detail
    assert "at least P1D" in check.detail


def test_a_day_and_a_half_takes_one_day_and_no_two() -> None:
    """Hours count: the whole days in the limit are what is advised."""
    rule = {"restrictionType": "passwordLifetime", "maxLifetime": "P1DT12H"}
    assert asked(secret(1), passwordCredentials=[rule]).answer is Answer.YES
    assert "set it to 1 or less" in asked(secret(2), passwordCredentials=[rule]).detail


@pytest.mark.parametrize(
    ("audience", "restricted", "answer"),
    [
        (SignInAudience.MULTIPLE_ORGS, "azureAdMultipleOrgs", Answer.NO),
        (SignInAudience.MULTIPLE_ORGS, "personalMicrosoftAccount", Answer.YES),
        (SignInAudience.ORGS_AND_PERSONAL, "personalMicrosoftAccount", Answer.NO),
        (SignInAudience.PERSONAL, "personalMicrosoftAccount", Answer.NO),
        (SignInAudience.MY_ORG, "azureAdMultipleOrgs", Answer.YES),
    ],
)
def test_an_audience_that_the_tenant_forbids_is_a_no(
    audience: SignInAudience, restricted: str, answer: Answer
) -> None:
    """Whatever the credential, the setting is named."""
    check = asked(
        Brought(CredentialKind.FEDERATED, audience=audience), audiences={restricted: {"state": "enabled"}}
    )
    assert check.answer is answer
    assert ("signInAudience" in check.detail) is (answer is Answer.NO)
    off = asked(FEDERATED, audiences={restricted: {"state": "disabled"}})
    assert off.answer is Answer.YES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P90D", timedelta(days=90)),
        ("P1Y", timedelta(days=365)),
        ("P2M", timedelta(days=60)),
        ("P4DT12H30M5S", timedelta(days=4, hours=12, minutes=30, seconds=5)),
        ("PT12H", timedelta(hours=12)),
        ("P", None),
        ("PT", None),
        ("P1DT", None),
        ("90 days", None),
        (None, None),
    ],
)
def test_durations(text: str | None, expected: timedelta | None) -> None:
    """ISO 8601, as Graph writes it; anything else is no limit."""
    assert duration(text) == expected
