"""Errors of every service explained: cause and fix, and the service's own code and ids kept."""

from __future__ import annotations

import pytest

from connector.catalogue.codes import known_codes
from connector.catalogue.explain import explain, explained
from connector.cli.verbs.explain import explain_code
from connector.errors import ConnectError

GUID = "11111111-2222-3333-4444-555555555555"
OTHER = "66666666-7777-8888-9999-000000000000"
LOGIN = (
    *("50011", "50105", "50194", "50020", "500011", "500014", "53003", "65001", "90094", "650052", "650056"),
    *("650057", "650059", "700016", "700025", "7000215", "7000218", "7000222", "7000112", "700082", "50173"),
    *("70021", "700213", "50057", "50059", "501051", "70011", "700023", "700024", "700211", "7002138"),
    *("900144", "1002012"),
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


OTHERS = (
    *("CannotDeleteOrUpdateEnabledEntitlement", "InvalidFederatedIdentityCredentialValue"),
    *("ServiceTreeValueMissing", "CannotUpdateLockedServicePrincipalProperty"),
    *("MISSING_OBJECT_WRITE_PERMISSION", "MISSING_OBJECT_READ_PERMISSION", "MISSING_FIELD_READ_PERMISSION"),
    *("UNSUPPORTED_CRM_PACKAGE_VERSION", "API_LIMIT_EXCEEDED", "0x80095ffc"),
)


@pytest.mark.parametrize("code", [*(f"AADSTS{number}" for number in LOGIN), *POLICIES, *OTHERS])
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


def test_own_codes_are_explained_with_exit_code_and_documents_by_path() -> None:
    """Links of the documents become paths of the project."""
    assert "(exit code 20)" in str(explained("entra.consent_pending"))
    assert "docs/pipelines.md#logins" in str(explained(" environment.credential\n"))
    assert "](" not in "".join(str(explained(code)) for code in known_codes())


def test_codes_in_brackets_of_a_pasted_error_are_explained_each_once() -> None:
    """As the problems of a settings' file end with them."""
    text = "2 problems:\n  - owwner: no [settings.unknown_key]\n  - b [settings.unknown_key] [fleet.rings]"
    first, second = str(explained(text)).splitlines()
    assert first.startswith("settings.unknown_key: ")
    assert second.startswith("fleet.rings: ")
    assert explained("no [such.code] at all") is None


def test_the_code_of_an_errors_json_is_explained_unless_a_service_says_more() -> None:
    """A service's own code in the message is nearer to the cause."""
    alone = '{"error": {"code": "dataverse.refused", "key": null, "message": "%s"}}'
    assert str(explained(alone % "no")).startswith("dataverse.refused: ")
    assert str(explained(alone % "0x80042f09: no roles")).startswith("0x80042f09: ")


@pytest.mark.parametrize("text", ["7", "exit code 7", "Exit 7"])
def test_an_exit_code_is_explained(text: str) -> None:
    """By its number, with or without the words."""
    assert str(explained(text)).startswith("exit code 7: changes or drift")


@pytest.mark.parametrize("text", ["77", "1000", "settings.nothing", ""])
def test_what_is_no_code_is_not_explained(text: str) -> None:
    """Nothing is guessed."""
    assert explained(text) is None


def test_a_misspelled_code_gets_its_neighbour() -> None:
    """The message names the nearest code."""
    with pytest.raises(ConnectError, match=r"did you mean settings\.unknown_key\?"):
        explain_code("settings.unknwon_key")


@pytest.mark.parametrize(
    ("code", "application", "deployer"),
    [
        ("AADSTS7000222", "rotate", "ARM_CLIENT_SECRET"),
        ("AADSTS7000215", "the secret's value", "ARM_CLIENT_SECRET"),
        ("AADSTS700016", "tenantId", "ARM_TENANT_ID"),
        ("0x80072560", "apply does", "bootstrap does"),
        ("0x80040225", "let apply do it", "an administrator"),
        ("0x80042f09", "as apply does", "an administrator"),
        ("0x80095ffc", "An administrator", "Azure CLI"),
    ],
)
def test_r15_a_refusal_has_the_cure_of_who_was_refused(code: str, application: str, deployer: str) -> None:
    """`explain` cannot know which of the two it was, and says both; a verb knows, and says one."""
    known = explain(code)
    assert known is not None
    assert application in known.cure(deployer=False)
    assert deployer.lower() in known.cure(deployer=True).lower()
    assert known.cure(deployer=False) != known.cure(deployer=True)
    assert application in str(known)
    assert known.deployer in str(known)


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        (
            "Principal user (Id=1, type=8) is missing prvCreateAccount privilege (Id=2) on OTC=1",
            "0x80040220",
            "prvCreateAccount",
        ),
        ("failed with -2147220960 (no privilege)", "0x80040220", ""),
        (
            "AADSTS500011: The resource principal named https://x.crm.dynamics.com was not found",
            "AADSTS500011",
            "https://x.crm.dynamics.com",
        ),
        ("The organization is in administration mode.", "administration mode", ""),
    ],
)
def test_c2_names_and_numbers_of_a_text_are_read(text: str, code: str, name: str) -> None:
    """A privilege or resource that the text names stands in the cause; .NET prints codes as decimals."""
    known = explain(text)
    assert known is not None
    assert known.code == code
    assert name in known.cause


def test_c2_a_number_that_is_no_code_is_left() -> None:
    """Neither a port nor an id is taken for an error of Dataverse."""
    assert explain("at 1-2147220960-3") is None
    assert explain("-214722096012") is None
