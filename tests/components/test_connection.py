"""What the composed connection declares, resource by resource."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pulumi
import pulumi_azuread as azuread
import pytest

from components import Connection, ConnectionArgs
from components.apis import find_permission
from components.credentials import end_date, newest_slot
from components.lookups import failure
from connector.errors import SettingsError
from connector.naming import resource_suffix
from connector.settings import ApiPermission, PermissionKind, Settings, load_settings
from tests.components.conftest import PROJECT, SCOPES, Declare, Recorder

DYNAMICS, GRAPH = SCOPES


def settings(**changes: Any) -> Settings:
    """Settings of a stack in the emulator's tenant, with *changes*."""
    raw = {
        "profile": "marketo-measure",
        "cloud": "emulator",
        "tenantId": "11111111-1111-4111-8111-111111111111",
        "dynamicsUrl": "https://127.0.1.1:8443",
        "assignments": {"users": ["adele@contoso.example"], "groups": ["Marketing Operations"]},
    }
    return load_settings(raw | changes, stack="test", project_dir=PROJECT)


def connect(**changes: Any) -> Connection:
    """Declare a connection with *changes* to the settings."""
    provider = azuread.Provider("tenant", tenant_id="11111111-1111-4111-8111-111111111111")
    return Connection("saas", ConnectionArgs(settings(**changes), provider))


@pytest.fixture
def made(declare: Declare) -> Recorder:
    """Everything that the default settings declare."""
    return declare(lambda: connect().outputs()["clientId"])


def test_one_application_with_both_redirect_uris_in_exact_case(made: Recorder) -> None:
    """The profile's web redirect URIs arrive letter by letter, on the web platform."""
    (application,) = made.of_type("Application")
    assert application.inputs["web"]["redirectUris"] == [
        "https://apps.bizible.com/OAuth2",
        "https://apps.bizible.com/OAuth2?identityOnly=true",
    ]
    assert "publicClient" not in application.inputs


def test_the_audience_is_always_said(made: Recorder) -> None:
    """Graph's own default is the personal audience, so the work-account audience is explicit."""
    (application,) = made.of_type("Application")
    assert application.inputs["signInAudience"] == "AzureADMultipleOrgs"
    assert "api" not in application.inputs


def test_requested_permissions_are_scopes_of_both_apis(made: Recorder) -> None:
    """Dynamics user_impersonation and Graph openid are requested as delegated permissions."""
    (application,) = made.of_type("Application")
    requested = {
        access["resourceAppId"]: [(a["id"], a["type"]) for a in access["resourceAccesses"]]
        for access in application.inputs["requiredResourceAccesses"]
    }
    assert requested == {
        DYNAMICS: [(SCOPES[DYNAMICS]["user_impersonation"], "Scope")],
        GRAPH: [(SCOPES[GRAPH]["openid"], "Scope")],
    }


def test_one_grant_for_each_api_equal_to_the_request(made: Recorder) -> None:
    """What is granted is what is requested: one grant per API, exact."""
    grants = made.of_type("ServicePrincipalDelegatedPermissionGrant")
    granted = {g.inputs["resourceServicePrincipalObjectId"]: g.inputs["claimValues"] for g in grants}
    assert granted == {f"oid-of-{DYNAMICS}": ["user_impersonation"], f"oid-of-{GRAPH}": ["openid"]}
    principal = "saas-service-principal-oid"
    assert {g.inputs["servicePrincipalObjectId"] for g in grants} == {principal}


def test_api_service_principals_are_looked_up_and_never_owned(made: Recorder) -> None:
    """No resource stands for a first-party service principal."""
    looked_up = {c.args["clientId"] for c in made.calls if "clientId" in c.args}
    assert looked_up == {DYNAMICS, GRAPH}
    (principal,) = made.of_type("ServicePrincipal")
    assert principal.inputs["clientId"] == "saas-application-cid"
    assert "useExisting" not in principal.inputs


def test_application_and_service_principal_say_the_same_tags(made: Recorder) -> None:
    """Both carry the stack's marker and the tag that makes the portal list them."""
    (application,), (principal,) = made.of_type("Application"), made.of_type("ServicePrincipal")
    tags = ["dynamics-connect:test", "WindowsAzureActiveDirectoryIntegratedApp"]
    assert application.inputs["tags"] == principal.inputs["tags"] == tags


def test_assignment_is_required_by_default(made: Recorder) -> None:
    """Only assigned users may sign in unless the settings say otherwise."""
    (principal,) = made.of_type("ServicePrincipal")
    assert principal.inputs["appRoleAssignmentRequired"] is True


def test_users_and_groups_are_assigned_with_the_default_role(made: Recorder) -> None:
    """Each user and group gets one assignment to the enterprise application."""
    assigned = {a.inputs["principalObjectId"]: a.inputs for a in made.of_type("AppRoleAssignment")}
    assert set(assigned) == {"oid-of-adele@contoso.example", "oid-of-Marketing Operations"}
    assert {a["appRoleId"] for a in assigned.values()} == {"00000000-0000-0000-0000-000000000000"}
    assert {a["resourceObjectId"] for a in assigned.values()} == {"saas-service-principal-oid"}


def test_object_ids_are_assigned_without_a_look_up(declare: Declare) -> None:
    """A user given by object id is not looked up."""
    oid = "0a0a0a0a-0000-4000-8000-000000000001"
    made = declare(lambda: connect(assignments={"users": [oid]}).outputs()["clientId"])
    (assignment,) = made.of_type("AppRoleAssignment")
    assert assignment.inputs["principalObjectId"] == oid
    assert not [c for c in made.calls if "userPrincipalName" in c.args]


def test_object_ids_go_to_the_provider_in_lower_case(declare: Declare) -> None:
    """Graph answers in lower case: an id in capitals would be replaced by every run."""
    oid = "0A0A0A0A-0000-4000-8000-00000000000A"
    assigned = {"users": [oid], "groups": [oid]}
    made = declare(lambda: connect(assignments=assigned, owners=[oid]).outputs()["clientId"])
    principals = {a.inputs["principalObjectId"] for a in made.of_type("AppRoleAssignment")}
    (application,) = made.of_type("Application")
    assert principals == set(application.inputs["owners"]) == {oid.lower()}


def test_the_secret_is_named_by_slot_and_generation(made: Recorder) -> None:
    """The first secret is a-1 and ends after the settings' lifetime."""
    (secret,) = made.of_type("ApplicationPassword")
    assert (secret.name, secret.inputs["displayName"]) == ("saas-secret-a-1", "a-1")
    ends = datetime.fromisoformat(secret.inputs["endDate"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=180)) < timedelta(minutes=5)


def test_two_slots_make_two_secrets_and_the_newest_is_handed_out(declare: Declare) -> None:
    """While a rotation is under way both secrets are declared; the newer generation is the output."""
    keys: list[str] = []

    def program() -> pulumi.Output[Any]:
        outputs = connect(slots={"a": 1, "b": 2}).outputs()
        return pulumi.Output.from_input(outputs["clientSecretKeyId"]).apply(lambda k: keys.append(str(k)))

    made = declare(program)
    assert {s.inputs["displayName"] for s in made.of_type("ApplicationPassword")} == {"a-1", "b-2"}
    assert keys == ["saas-secret-b-2-key"]


def test_consent_by_link_grants_nothing(declare: Declare) -> None:
    """Somebody else consents: permissions are requested, and no grant is declared."""
    made = declare(lambda: connect(consent="link").outputs()["clientId"])
    assert made.of_type("Application")
    assert not made.of_type("ServicePrincipalDelegatedPermissionGrant")


def test_an_application_permission_is_requested_as_a_role_and_assigned(declare: Declare) -> None:
    """`kind: application` becomes type Role and an app role assignment, not a scope."""
    wanted = [{"api": "graph", "name": "User.Read.All", "kind": "application"}]
    made = declare(lambda: connect(permissions=wanted).outputs()["clientId"])
    (application,) = made.of_type("Application")
    types = [a["type"] for r in application.inputs["requiredResourceAccesses"] for a in r["resourceAccesses"]]
    assert types.count("Role") == 1
    assigned = [a.inputs for a in made.of_type("AppRoleAssignment")]
    holders = [a["principalObjectId"] for a in assigned if a["resourceObjectId"] == f"oid-of-{GRAPH}"]
    assert holders == ["saas-service-principal-oid"]


def test_other_platforms_and_personal_audiences_are_said(declare: Declare) -> None:
    """Public-client and SPA redirect URIs are added where the stack asks for them."""
    uris = {"publicClient": ["http://localhost:12345"], "spa": ["https://app.example/spa"]}
    made = declare(lambda: connect(redirectUris=uris).outputs()["clientId"])
    (application,) = made.of_type("Application")
    assert application.inputs["publicClient"]["redirectUris"][0].startswith("http://localhost:12345")
    assert application.inputs["singlePageApplication"]["redirectUris"] == ["https://app.example/spa"]


def test_owners_are_resolved_for_application_and_service_principal(declare: Declare) -> None:
    """The provider removes every owner that is not listed, so the list reaches both."""
    made = declare(lambda: connect(owners=["alex@contoso.example"]).outputs()["clientId"])
    (application,), (principal,) = made.of_type("Application"), made.of_type("ServicePrincipal")
    assert application.inputs["owners"] == principal.inputs["owners"] == ["oid-of-alex@contoso.example"]


def test_a_canary_that_must_fail(declare: Declare) -> None:
    """An assertion inside an apply is awaited: a wrong one does fail its test."""

    def program() -> pulumi.Output[Any]:
        def check(client_id: object) -> None:
            assert client_id == "something else"

        return pulumi.Output.from_input(connect().outputs()["clientId"]).apply(check)

    with pytest.raises(AssertionError):
        declare(program)


def test_an_unknown_permission_lists_the_published_ones() -> None:
    """The error names the permissions that the API publishes in this tenant."""
    wanted = ApiPermission(api="graph", client_id=GRAPH, name="openidd", kind=PermissionKind.DELEGATED)
    with pytest.raises(SettingsError, match=r"openidd.*published: offline_access, openid"):
        find_permission(wanted, SCOPES[GRAPH])


def test_the_newest_slot_is_the_highest_generation() -> None:
    """Generations count on over both slots; equal ones (never written) give the later slot."""
    assert newest_slot({"a": 3, "b": 2}) == "a"
    assert newest_slot({"a": 1, "b": 2}) == "b"


def test_end_dates_are_whole_seconds_in_utc() -> None:
    """Graph compares dates as text: no fraction, a Z."""
    assert end_date(datetime(2026, 1, 1, 12, 0, 0, 999, tzinfo=UTC), 10) == "2026-01-11T12:00:00Z"


def test_resource_names_of_assignments_are_plain() -> None:
    """A group's name becomes a resource name without spaces."""
    assert resource_suffix("Marketing Operations") == "marketing-operations"


def test_a_failed_look_up_explains_a_known_code() -> None:
    """The message names the object and explains the login service's code."""
    text = "invoke failed: returned an error: 1 error occurred:\n* AADSTS7000215: Invalid client secret"
    message = failure("user adele", text)
    assert message.startswith("user adele could not be read: AADSTS7000215")
    assert "client secret is wrong" in message


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("No service principal found: none", "assign a licence or create an environment first"),
        ('[user_principal_name] User with UPN "x" was not found', "correct assignments.users or owners"),
        ("[display_name] No group found matching specified filter", "correct assignments.groups"),
        ("something else", ""),
    ],
)
def test_a_look_up_that_finds_nothing_says_what_to_do(said: str, advice: str) -> None:
    """In the provider's words for each look-up; words that are not known get no advice."""
    message = failure("it", f"invoking azuread:index/getIt:getIt: {said}")
    assert said in message
    assert advice in message
    assert bool(advice) == (";" in message)


def test_a_failed_look_up_keeps_the_login_services_ids() -> None:
    """They are what Microsoft's support asks for; the long JSON around them is left out."""
    ids = [str(uuid.uuid4()) for _ in range(2)]
    said = f"AADSTS7000215: Invalid client secret. Trace ID: {ids[0]} Correlation ID: {ids[1]} Timestamp: x"
    body = json.dumps({"error_description": said, "trace_id": ids[0], "correlation_id": ids[1]})
    message = failure("user adele", f"returned an error: 1 error occurred:\n* status 401: {body}")
    assert f"(trace id {ids[0]}, correlation id {ids[1]})" in message
    assert "error_description" not in message


def test_a_failed_look_up_keeps_graphs_own_words() -> None:
    """Its code alone says too little: the message stands before the explanation."""
    said = "status 400 (400 Bad Request) with error: Request_BadRequest: Invalid filter clause: syntax error."
    message = failure("group O'Neil", f"returned an error: 1 error occurred:\n\t* Retrieving: {said}\n\n")
    assert message.startswith(f"group O'Neil could not be read: Retrieving: {said} Graph refuses a value")
