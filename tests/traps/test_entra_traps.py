"""The traps of Entra ID in what is declared: each has a test that fails where we step into it.

Sources: EM identity-platform/reply-url.md, supported-accounts-validation.md, grant-admin-consent.md;
GD resources/application.md, approleassignment.md; terraform-provider-azuread issue 1511.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from connector.bootstrap.model import Service, Who
from connector.bootstrap.rights import Choices, wanted_of
from connector.bootstrap.subjects import Pipeline, trusts_of
from connector.catalogue.explain import explain
from connector.errors import SettingsError
from connector.settings import load_settings
from connector.settings.profile import find_profile
from tests.components import conftest as components
from tests.components.conftest import Declare, Recorder
from tests.components.test_connection import DYNAMICS, GRAPH, connect
from tests.support.emulator import PROJECT
from tests.unit.settings_samples import GOOD

declare = components.declare
PERSONAL = "AzureADandPersonalMicrosoftAccount"
BOTH = ["https://apps.bizible.com/OAuth2", "https://apps.bizible.com/OAuth2?identityOnly=true"]


def declared(declare: Declare, **changes: Any) -> Recorder:
    """Everything that the settings declare."""
    return declare(lambda: connect(**changes).outputs()["clientId"])


def refusal(**changes: Any) -> SettingsError:
    """The refusal of settings."""
    with pytest.raises(SettingsError) as caught:
        load_settings(GOOD | changes, stack="dev", project_dir=PROJECT)
    return caught.value


def test_entra_trap_01_personal_audience_with_a_query_is_caught_before_any_call() -> None:
    """The vendor asks for personal accounts and for a query string: both facts stand in one message."""
    error = refusal(signInAudience=PERSONAL)
    assert "settings.redirect_query" in {problem.rule for problem in error.problems}
    for text in ("identityOnly=true", "query string", "personal", "AzureADMultipleOrgs"):
        assert text in error.message


@pytest.mark.parametrize("audience", [PERSONAL, "PersonalMicrosoftAccount"])
def test_entra_trap_01_the_vendors_wish_stands_beside_the_rule(audience: str) -> None:
    """A reader of both texts learns which one holds: at the URI with the query, and only there."""
    note = find_profile("marketo-measure", PROJECT).personal_audience_note
    assert note
    (problem,) = refusal(signInAudience=audience).problems
    assert (problem.rule, BOTH[1] in problem.value) == ("settings.redirect_query", True)
    assert f"personal accounts ({note});" in problem.message


@pytest.mark.parametrize("audience", ["AzureADMyOrg", "AzureADMultipleOrgs"])
def test_entra_trap_01_a_work_account_audience_takes_the_query(audience: str) -> None:
    """The rule goes by audience: the vendor's URIs pass as they are, without a word."""
    settings = load_settings(GOOD | {"signInAudience": audience}, stack="dev", project_dir=PROJECT)
    assert settings.redirect_uris.web == tuple(BOTH)
    assert not [one for one in settings.warnings if one.rule.startswith("settings.redirect")]


def test_entra_trap_02_the_audience_is_always_set(declare: Declare) -> None:
    """Graph's own default is the personal audience, so none is left out."""
    (application,) = declared(declare).of_type("Application")
    assert application.inputs["signInAudience"] == "AzureADMultipleOrgs"


def test_entra_trap_03_both_uris_in_exact_case_on_the_web_platform(declare: Declare) -> None:
    """Letter by letter, and on no other platform."""
    (application,) = declared(declare).of_type("Application")
    assert application.inputs["web"]["redirectUris"] == BOTH
    assert not {"publicClient", "singlePageApplication"} & set(application.inputs)


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        ("http://example.com/x", "scheme"),
        ("https://example.com/x#y", "fragment"),
        ("https://example.com/" + "x" * 250, "length"),
    ],
)
def test_entra_trap_03_what_the_portal_refuses_is_refused_first(uri: str, rule: str) -> None:
    """Http away from localhost, a fragment, more than 256 characters."""
    error = refusal(redirectUris={"web": [uri]})
    assert f"settings.redirect_{rule}" in {problem.rule for problem in error.problems}


@pytest.mark.parametrize(("audience", "limit"), [(PERSONAL, 100), ("AzureADMyOrg", 256)])
def test_entra_trap_03_the_count_is_that_of_the_audience(audience: str, limit: int) -> None:
    """One more than the audience takes."""
    uris = [f"https://example.com/{n}" for n in range(limit + 1)]
    error = refusal(redirectUris={"spa": uris}, signInAudience=audience)
    counted = [p for p in error.problems if p.rule == "settings.redirect_count"]
    assert [p.key for p in counted] == ["redirectUris.spa"]


def test_entra_trap_04_object_ids_and_application_ids_are_not_mixed(declare: Declare) -> None:
    """Grants and assignments name service principals by object id, a service principal its client id."""
    made = declared(declare)
    grants = made.of_type("ServicePrincipalDelegatedPermissionGrant")
    own = "saas-service-principal-oid"
    assert {g.inputs["servicePrincipalObjectId"] for g in grants} == {own}
    resources = {g.inputs["resourceServicePrincipalObjectId"] for g in grants}
    assert resources == {f"oid-of-{DYNAMICS}", f"oid-of-{GRAPH}"}
    assert {a.inputs["resourceObjectId"] for a in made.of_type("AppRoleAssignment")} == {own}
    (principal,) = made.of_type("ServicePrincipal")
    (secret,) = made.of_type("ApplicationPassword")
    assert principal.inputs["clientId"] == "saas-application-cid"
    assert secret.inputs["applicationId"] == "saas-application-id"


def test_entra_trap_04_an_assignment_names_who_holds_it_and_of_what(declare: Declare) -> None:
    """People hold the application's role, the application holds the API's: never the other way about."""
    role = {"api": "graph", "name": "User.Read.All", "kind": "application"}
    made = declared(declare, permissions=[role]).of_type("AppRoleAssignment")
    held = {(one.inputs["principalObjectId"], one.inputs["resourceObjectId"]) for one in made}
    own = "saas-service-principal-oid"
    people = ("oid-of-adele@contoso.example", "oid-of-Marketing Operations")
    assert held == {(own, f"oid-of-{GRAPH}"), *((one, own) for one in people)}


def test_entra_trap_05_one_grant_for_each_api_with_all_its_scopes(declare: Declare) -> None:
    """A scope that the stack adds joins the profile's grant; it makes no second one."""
    made = declared(declare, permissions=["graph/offline_access"])
    grants = made.of_type("ServicePrincipalDelegatedPermissionGrant")
    scopes = {g.inputs["resourceServicePrincipalObjectId"]: g.inputs["claimValues"] for g in grants}
    expected = {f"oid-of-{DYNAMICS}": ["user_impersonation"], f"oid-of-{GRAPH}": ["openid", "offline_access"]}
    assert len(grants) == 2
    assert scopes == expected


def test_entra_trap_06_the_dynamics_service_principal_is_never_owned(declare: Declare) -> None:
    """It is looked up by its application id, and no resource stands for it."""
    made = declared(declare)
    assert {c.args["clientId"] for c in made.calls if "clientId" in c.args} == {DYNAMICS, GRAPH}
    assert [p.inputs["clientId"] for p in made.of_type("ServicePrincipal")] == ["saas-application-cid"]


def test_entra_trap_06_an_absent_dynamics_stops_the_program_with_a_clear_error(declare: Declare) -> None:
    """The error says which API, by which id, that it is not there, and what to do."""
    with pytest.raises(pulumi.RunError) as caught:
        declare(lambda: connect().outputs()["clientId"], absent=frozenset({DYNAMICS}))
    assert f"the service principal of dynamics-crm ({DYNAMICS}) could not be read" in str(caught.value)
    assert "the tenant has no such service" in str(caught.value)
    assert "assign a licence" in str(caught.value)


def test_entra_trap_07_user_impersonation_is_a_scope_with_the_live_id(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its type is Scope, and its id is what the tenant's service principal publishes."""
    monkeypatch.setitem(components.SCOPES, DYNAMICS, {"user_impersonation": "another-id"})
    (application,) = declared(declare).of_type("Application")
    asked = application.inputs["requiredResourceAccesses"]
    (access,) = [a["resourceAccesses"] for a in asked if a["resourceAppId"] == DYNAMICS]
    assert access == [{"id": "another-id", "type": "Scope"}]


def test_entra_trap_09_assignment_is_required_so_consent_is_given(declare: Declare) -> None:
    """User consent is off then: tenant-wide grants cover every scope; the role is the default one."""
    made = declared(declare)
    (principal,) = made.of_type("ServicePrincipal")
    (application,) = made.of_type("Application")
    assert principal.inputs["appRoleAssignmentRequired"] is True
    assert len(made.of_type("ServicePrincipalDelegatedPermissionGrant")) == 2
    assert "appRoles" not in application.inputs
    roles = {a.inputs["appRoleId"] for a in made.of_type("AppRoleAssignment")}
    assert roles == {"00000000-0000-0000-0000-000000000000"}


def test_entra_trap_13_a_github_subject_is_explained_in_both_formats() -> None:
    """Old and new form, `ref` and not `refs`, and the subjects that have no branch."""
    text = str(explain("AADSTS700213"))
    for part in ("repo:OWNER/REPO:ref:", "repo:OWNER@OWNERID/REPO@REPOID:ref:", "not `refs`", "environment:"):
        assert part in text
    assert "pull_request" in text


@pytest.mark.parametrize("ids", [("", ""), ("12", "34")], ids=["old", "immutable"])
def test_entra_trap_13_the_pipeline_trusts_both_formats_and_never_a_branch(ids: tuple[str, str]) -> None:
    """Approved environments alone, one that reads and one that writes: no pull request and no branch."""
    pipeline = Pipeline(github="acme/tenants", owner_id=ids[0] or None, repository_id=ids[1] or None)
    trusts = trusts_of(pipeline)
    named = {who: {trust.subject for trust in trusts[who]} for who in Who}
    old = {"repo:acme/tenants:environment:review"}
    new = {"repo:acme@12/tenants@34:environment:review"} if ids[0] else set()
    assert named[Who.READER] == old | new
    assert named[Who.WRITER] == {one.replace(":review", ":production") for one in old | new}
    assert not [one for each in named.values() for one in each if ":ref" in one or "*" in one]


@pytest.mark.parametrize("assignments", [None, True])
def test_entra_trap_15_the_pipelines_reader_holds_nothing_that_writes(assignments: bool | None) -> None:
    """No Graph right but reads, no privilege but reads; the writer nothing near-admin unasked."""
    trusts = dict.fromkeys(Who, ())
    settings = load_settings(GOOD | {"assignments": {}}, stack="dev", project_dir=PROJECT)
    reader, writer = wanted_of(settings, trusts, Choices(assignments))
    assert [n for n in reader.names(Service.GRAPH) if not n.endswith(".Read.All")] == []
    assert [n for n in reader.names(Service.DATAVERSE) if not n.startswith("prvRead")] == []
    near_admin = "AppRoleAssignment.ReadWrite.All" in writer.names(Service.GRAPH)
    assert near_admin == bool(assignments)
    assert not [n for n in writer.names(Service.GRAPH) if n.startswith(("Directory.", "RoleManagement."))]


def test_entra_trap_17_lists_are_whole_since_a_patch_replaces_them(declare: Declare) -> None:
    """What the stack adds is merged with the profile's first, permissions and redirect URIs alike."""
    extra = "https://example.com/back"
    made = declared(declare, redirectUris={"web": [extra]}, permissions=["graph/offline_access"])
    (application,) = made.of_type("Application")
    assert application.inputs["web"]["redirectUris"] == [*BOTH, extra]
    asked = {
        a["resourceAppId"]: len(a["resourceAccesses"]) for a in application.inputs["requiredResourceAccesses"]
    }
    assert asked == {DYNAMICS: 1, GRAPH: 2}
