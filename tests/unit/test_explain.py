"""Errors of every service explained: cause and fix, and the service's own code and ids kept."""

from __future__ import annotations

import pytest

from connector.explain import explain, explained

GUID = "11111111-2222-3333-4444-555555555555"
OTHER = "66666666-7777-8888-9999-000000000000"
LOGIN = (
    *("50011", "50105", "50194", "50020", "500011", "500014", "53003", "65001", "90094", "650052", "650056"),
    *("650057", "650059", "700016", "700025", "7000215", "7000218", "7000222", "7000112", "700082", "50173"),
    *("70021", "700213"),
)
POLICIES = (
    "InvalidAccessTokenVersion",
    "InvalidUniqueTenantIdentifierAsPerAppPolicy",
    "SignInAudienceNotAllowedAsPerAppPolicy",
    "CredentialInvalidLifetimeAsPerAppPolicy",
    "CredentialTypeNotAllowedAsPerAppPolicy",
    "Directory_QuotaExceeded",
    "NoBackingApplicationObject",
    "Request_ResourceNotFound",
    "TooManyRequests",
    "Authorization_RequestDenied",
)


@pytest.mark.parametrize("code", [*(f"AADSTS{number}" for number in LOGIN), *POLICIES])
def test_every_code_that_the_facts_name_is_known(code: str) -> None:
    """Alone, and in a line around it; the code itself stays."""
    known = explain(code)
    assert known is not None
    assert known.code == code
    assert explain(f"something failed with {code}: no") is known
    assert str(known).startswith(code)


@pytest.mark.parametrize(
    ("text", "code", "fix"),
    [
        (
            'POST "https://graph.microsoft.com/v1.0/oauth2PermissionGrants": unexpected status 409\n'
            "(409 Conflict) with error: Request_MultipleObjectsWithSameKeyValue: Permission\n"
            "    entry already exists.",
            "Request_MultipleObjectsWithSameKeyValue",
            "Run deploy",
        ),
        (
            "unexpected status 400 (400 Bad Request) with error: Request_BadRequest: Property cannot be "
            "updated: clientId",
            "Request_BadRequest",
            "Run deploy",
        ),
        (
            "Request_BadRequest: The appId 'x' of the service principal does not reference a valid "
            "application object.",
            "Request_BadRequest",
            "again in a minute",
        ),
        (
            "Authorization_RequestDenied: When using this permission, the backing application of the service "
            "principal being created must in the local tenant",
            "Authorization_RequestDenied",
            "Application.ReadWrite.All",
        ),
        (
            "Request_ResourceNotFound: Resource 'x' does not exist or one of its queried reference-property "
            "objects are not present.",
            "Request_ResourceNotFound",
            "in a minute",
        ),
        (
            "Request_BadRequest: Permission being assigned already exists on the object",
            "Request_BadRequest",
            "takes the assignment over",
        ),
    ],
)
def test_a_pasted_provider_error_is_explained_by_its_words(text: str, code: str, fix: str) -> None:
    """The words say more than Graph's code, which stays, as do its ids; broken lines are read too."""
    said = explained(f'{text} request-id: "{GUID}" client-request-id: {OTHER}')
    assert said is not None
    assert fix in said
    assert f"code {code}" in said
    assert f"request id {GUID}" in said
    assert f"client-request id {OTHER}" in said


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("Error: Timed out whilst waiting for new service principal to be replicated in Azure AD", "deploy"),
        ("error: resource urn:x cannot be deleted because it is protected", "remove --unprotect"),
        ("error: the stack is currently locked by 1 lock(s)", "pulumi cancel"),
        ("error: getting secrets manager: incorrect passphrase", "PULUMI_CONFIG_PASSPHRASE"),
    ],
)
def test_words_of_provider_and_engine_are_explained(text: str, fix: str) -> None:
    """Without any code of a service."""
    assert fix in str(explained(text))


def test_a_login_refusal_keeps_trace_and_correlation_id() -> None:
    """The AADSTS code goes before everything else in the text."""
    text = f"Request_BadRequest AADSTS7000222: expired. Trace ID: {GUID} Correlation ID: {OTHER}"
    said = explained(text)
    assert said is not None
    assert said.startswith("AADSTS7000222")
    assert f"trace id {GUID}" in said
    assert f"correlation id {OTHER}" in said
    assert explained("all is well") is None
