"""Bootstrap on the emulator: what it makes, that it converges, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from connector.bootstrap.model import Who
from connector.bootstrap.rights import Choices
from connector.errors import LoginError, RefusedError
from connector.naming import PORTAL_TAG
from connector.report import WRITES
from emulator.graph.catalogue import GRAPH_ROLES
from emulator.login.federation import issuer
from emulator.seed import CONTOSO, LIMITED_DEPLOYER, LIMITED_SECRET
from tests.support.emulator import RunningEmulator
from tests.support.graph import Graph
from tests.support.identities import SUBJECTS, PipelineSetup

NAMES = {Who.READER: "github-review", Who.WRITER: "github"}
ORGANIZATION = "0c0c0c01-0000-4000-8000-000000000001"


@pytest.fixture
def setup(emulator: RunningEmulator) -> PipelineSetup:
    """A pipeline of a stack without assignments."""
    return PipelineSetup(emulator)


def application(setup: PipelineSetup, who: Who) -> dict[str, Any]:
    """The one application with an identity's marker."""
    found = setup.emulator.dump()[CONTOSO]["applications"]
    (one,) = [each for each in found if who.marker in each["tags"]]
    return dict(one)


def graph_rights(setup: PipelineSetup, principal_id: str) -> set[str]:
    """The names of the Graph permissions that a service principal holds."""
    names = {id: name for name, id in GRAPH_ROLES.items()}
    rows = setup.emulator.dump()[CONTOSO]["appRoleAssignments"]
    return {names[row["appRoleId"]] for row in rows if row["principalId"] == principal_id}


def credentials(setup: PipelineSetup, who: Who) -> dict[str, str]:
    """Name → subject of an identity's federated credentials."""
    id = application(setup, who)["id"]
    rows = setup.emulator.dump()[CONTOSO].get("federatedIdentityCredentials", [])
    return {row["name"]: row["subject"] for row in rows if row["_application"] == id}


def writes(setup: PipelineSetup) -> list[str]:
    """Method and path of everything in the log that may write, logins apart."""
    lines = setup.emulator.requests(reset=True)
    return [f"{r['method']} {r['path']}" for r in lines if r["method"] != "GET" and r["service"] != "login"]


def test_both_identities_are_made_without_any_secret(setup: PipelineSetup) -> None:
    """Two applications of this tenant alone, tagged, requesting what they hold, no way in but tokens."""
    made = setup.make()
    for who in Who:
        one = application(setup, who)
        assert one["tags"] == [who.marker, PORTAL_TAG]
        assert one["signInAudience"] == "AzureADMyOrg"
        assert (one["passwordCredentials"], one["keyCredentials"]) == ([], [])
        assert credentials(setup, who) == {NAMES[who]: SUBJECTS[who]}
        (access,) = one["requiredResourceAccess"]
        requested = {role["id"] for role in access["resourceAccess"]}
        assert requested == {GRAPH_ROLES[name] for name in graph_rights(setup, made[who].principal_id)}
    assert graph_rights(setup, made[Who.READER].principal_id) == {
        "Application.Read.All",
        "DelegatedPermissionGrant.Read.All",
        "Policy.Read.All",
    }
    assert graph_rights(setup, made[Who.WRITER].principal_id) == {
        "Application.ReadWrite.All",
        "DelegatedPermissionGrant.ReadWrite.All",
    }


def test_a_second_run_changes_nothing(setup: PipelineSetup) -> None:
    """It reads, finds everything as wanted, and sends no write."""
    setup.make()
    setup.emulator.requests(reset=True)
    again = setup.make()
    assert writes(setup) == []
    assert not [c for one in again.values() for c in one.changes if c.action in WRITES]


def test_a_plan_writes_nothing(setup: PipelineSetup) -> None:
    """It names what would be made, with no id yet."""
    setup.emulator.requests(reset=True)
    plans = setup.plan()
    assert writes(setup) == []
    assert all(one.writes and not one.app_id for one in plans)


def test_assignments_bring_the_right_that_can_escalate_and_its_end_takes_it(setup: PipelineSetup) -> None:
    """AppRoleAssignment.ReadWrite.All comes with assignments alone, with a warning, and goes without them."""
    made = setup.make(choices=Choices(assignments=True))[Who.WRITER]
    assert "AppRoleAssignment.ReadWrite.All" in graph_rights(setup, made.principal_id)
    (right,) = [r for r in made.wanted.rights if r.name == "AppRoleAssignment.ReadWrite.All"]
    assert "Global Administrator" in right.beware
    again = setup.make()[Who.WRITER]
    assert "AppRoleAssignment.ReadWrite.All" not in graph_rights(setup, again.principal_id)


def test_a_differing_credential_of_ours_is_changed_and_not_doubled(setup: PipelineSetup) -> None:
    """Another repository: the same credential trusts it afterwards, and the old one no more."""
    setup.make()
    setup.make(github="acme/moved", owner_id="12", repository_id="34")
    assert credentials(setup, Who.READER) == {
        "github-review": "repo:acme/moved:environment:review",
        "github-review-with-ids": "repo:acme@12/moved@34:environment:review",
    }
    assert credentials(setup, Who.WRITER) == {
        "github": "repo:acme/moved:environment:production",
        "github-with-ids": "repo:acme@12/moved@34:environment:production",
    }


def test_a_credential_that_this_run_does_not_ask_for_is_named_and_left(setup: PipelineSetup) -> None:
    """A run without the ids does not take away what trusts them, and says that it is still trusted."""
    setup.make(owner_id="12", repository_id="34")
    again = setup.make()[Who.READER]
    assert "github-review-with-ids" in credentials(setup, Who.READER)
    (told,) = [c for c in again.changes if c.name == "github-review-with-ids"]
    assert (told.action.value, "still trusted" in told.detail) == ("foreign", True)


def older(setup: PipelineSetup, *names: str) -> None:
    """The reader as it was made when every pull request could log in: its credentials by their old names."""
    setup.make(owner_id="12", repository_id="34")
    graph, id = Graph(setup.emulator), application(setup, Who.READER)["id"]
    path = f"/applications/{id}/federatedIdentityCredentials"
    for name in ("github-review", "github-review-with-ids"):
        assert graph.delete(f"{path}/{name}").status_code == 204
    for name in names:
        body = {
            "name": name,
            "issuer": issuer(setup.ctx),
            "subject": f"repo:acme/tenants:{name}:pull_request",
        }
        graph.post(path, body | {"audiences": ["api://AzureADTokenExchange"]})


def test_the_approved_review_comes_before_every_pull_request_goes(setup: PipelineSetup) -> None:
    """A reader of before trusts the environment first, then pull requests no more; both are told."""
    older(setup, "github", "github-with-ids")
    setup.emulator.requests(reset=True)
    made = setup.make(owner_id="12", repository_id="34")[Who.READER]
    assert set(credentials(setup, Who.READER)) == {"github-review", "github-review-with-ids"}
    assert [line.split()[0] for line in writes(setup)] == ["POST", "POST", "DELETE", "DELETE"]
    removed = {c.name for c in made.changes if c.action.value == "removed"}
    assert removed == {"github", "github-with-ids"}


def test_a_run_that_dies_in_between_leaves_both_ways_in(setup: PipelineSetup) -> None:
    """The pipeline can always log in; the next run takes the old one away."""
    older(setup, "github")
    route = "/v1.0/applications/{id}/federatedIdentityCredentials/{id}"
    setup.emulator.fault("DELETE", route, answer="503", times=99)
    with pytest.raises(RefusedError):
        setup.make()
    assert set(credentials(setup, Who.READER)) == {"github", "github-review"}
    setup.emulator.store.db.execute("DELETE FROM faults")
    setup.make()
    assert set(credentials(setup, Who.READER)) == {"github-review"}


def test_a_replaced_credential_that_trusts_the_same_review_stays(setup: PipelineSetup) -> None:
    """`--review-environment` of before made it under the older name; it is the only way in."""
    older(setup)
    graph, id = Graph(setup.emulator), application(setup, Who.READER)["id"]
    body = {"name": "github", "issuer": issuer(setup.ctx), "subject": SUBJECTS[Who.READER]}
    path = f"/applications/{id}/federatedIdentityCredentials"
    graph.post(path, body | {"audiences": ["api://AzureADTokenExchange"]})
    setup.make()
    assert set(credentials(setup, Who.READER)) == {"github"}


def test_azure_devops_subjects_are_taken_as_they_stand(setup: PipelineSetup) -> None:
    """Issuer and subject of two service connections, without a GitHub repository."""
    subjects = ("reader=sc://acme/tenants/read", "writer=sc://acme/tenants/write")
    issuer = f"{setup.emulator.authority}/issuer/azure-devops"
    setup.make(github=None, issuer=issuer, subjects=subjects)
    assert credentials(setup, Who.READER) == {"azure-devops": "sc://acme/tenants/read"}
    assert credentials(setup, Who.WRITER) == {"azure-devops": "sc://acme/tenants/write"}


@pytest.mark.parametrize(
    "route",
    [
        "/v1.0/applications",
        "/v1.0/servicePrincipals",
        "/v1.0/applications/{id}/federatedIdentityCredentials",
        "/v1.0/servicePrincipals/{id}/appRoleAssignedTo",
        "/api/data/v9.2/systemusers",
        "/api/data/v9.2/roles",
    ],
)
@pytest.mark.parametrize("answer", ["reset-after", "500-after"])
def test_a_lost_answer_is_looked_up(setup: PipelineSetup, route: str, answer: str) -> None:
    """What was made before the answer was lost is found, and nothing is made twice."""
    setup.emulator.fault("POST", route, answer=answer)
    setup.make()
    setup.emulator.requests(reset=True)
    assert setup.make()[Who.READER].app_id == application(setup, Who.READER)["appId"]
    assert writes(setup) == []


def test_a_run_that_died_is_finished_by_the_next(setup: PipelineSetup) -> None:
    """Service refused in the middle: the next run goes on with what is there."""
    setup.emulator.fault("POST", "/v1.0/servicePrincipals/{id}/appRoleAssignedTo", answer="503", times=99)
    with pytest.raises(RefusedError):
        setup.make()
    setup.emulator.store.db.execute("DELETE FROM faults")
    made = setup.make()
    assert made[Who.WRITER].app_id == application(setup, Who.WRITER)["appId"]
    assert "Application.ReadWrite.All" in graph_rights(setup, made[Who.WRITER].principal_id)


def test_new_objects_that_graph_does_not_see_yet_are_waited_for(setup: PipelineSetup) -> None:
    """A new application and service principal are 404 for their first reads: tried again."""
    setup.emulator.fault("POST", "/v1.0/applications", answer="lag", times=3)
    setup.emulator.fault("POST", "/v1.0/servicePrincipals", answer="lag", times=2)
    setup.make()
    assert credentials(setup, Who.READER)


def test_an_application_that_others_can_log_in_to_is_refused(setup: PipelineSetup) -> None:
    """Whoever may write applications could tag one of their own: it is given nothing."""
    graph = Graph(setup.emulator)
    planted = graph.application(displayName="Planted", tags=[Who.WRITER.marker])
    graph.post(f"/applications/{planted['id']}/addPassword", {"passwordCredential": {"displayName": "mine"}})
    setup.emulator.requests(reset=True)
    with pytest.raises(RefusedError, match="others can log in as it: client secret mine") as refused:
        setup.make()
    assert refused.value.code == "bootstrap.other_logins"
    assert writes(setup) == []


def test_a_foreign_federated_credential_is_refused_too(setup: PipelineSetup) -> None:
    """One that this tool did not name is another way in; taken away, the run goes on."""
    setup.make()
    graph, id = Graph(setup.emulator), application(setup, Who.WRITER)["id"]
    path = f"/applications/{id}/federatedIdentityCredentials"
    body = {"name": "somebody", "issuer": "https://issuer.example", "subject": "s"}
    graph.post(path, body | {"audiences": ["api://AzureADTokenExchange"]})
    with pytest.raises(RefusedError, match="federated credential somebody"):
        setup.make()
    assert graph.delete(f"{path}/somebody").status_code == 204
    setup.make()


def test_two_applications_with_one_marker_are_refused(setup: PipelineSetup) -> None:
    """Which one the pipeline knows is a person's to say."""
    graph = Graph(setup.emulator)
    for name in ("One", "Two"):
        graph.application(displayName=name, tags=[Who.READER.marker])
    with pytest.raises(RefusedError, match="2 applications carry the tag") as refused:
        setup.make()
    assert refused.value.code == "bootstrap.ambiguous"


def test_a_permission_that_somebody_else_gave_is_named_and_left(setup: PipelineSetup) -> None:
    """What the catalogue does not hold was not given by this tool."""
    made = setup.make()[Who.READER]
    graph = Graph(setup.emulator)
    from tests.support.graph import GRAPH

    assert graph.assign(GRAPH, made.principal_id, GRAPH_ROLES["AuditLog.Read.All"]).status_code == 201
    again = setup.make()[Who.READER]
    assert "AuditLog.Read.All" in graph_rights(setup, again.principal_id)
    (told,) = [c for c in again.changes if c.name == "AuditLog.Read.All"]
    assert told.action.value == "foreign"


def test_who_may_not_is_refused_before_anything_is_written(setup: PipelineSetup) -> None:
    """The limited deployer lacks the right to grant: named, with who has it."""
    limited = {"ARM_CLIENT_ID": LIMITED_DEPLOYER, "ARM_CLIENT_SECRET": LIMITED_SECRET}
    twins = {name.replace("ARM_", "AZURE_"): value for name, value in limited.items()}
    setup.emulator.requests(reset=True)
    with pytest.raises(RefusedError, match=r"AppRoleAssignment\.ReadWrite\.All") as refused:
        setup.make(setup.emulator.env | limited | twins)
    assert refused.value.code == "bootstrap.caller_rights"
    assert writes(setup) == []


def test_another_tenants_organization_is_refused_before_anything_is_written(
    emulator: RunningEmulator,
) -> None:
    """Fabrikam's organization in a stack of contoso."""
    setup = PipelineSetup(emulator, org=3)
    emulator.requests(reset=True)
    with pytest.raises(RefusedError) as refused:
        setup.make()
    assert refused.value.code == "dataverse.tenant"
    assert writes(setup) == []


def test_a_token_of_another_subject_logs_in_as_neither(setup: PipelineSetup) -> None:
    """A pull request is no writer, another environment neither, a deployment no reader."""
    made = setup.make()
    wrong = [
        (Who.WRITER, SUBJECTS[Who.READER]),
        (Who.WRITER, "repo:acme/tenants:environment:other"),
        (Who.READER, SUBJECTS[Who.WRITER]),
    ]
    for who, subject in wrong:
        with pytest.raises(LoginError, match="AADSTS700213"):
            setup.plan(setup.environment(made[who], subject))


def test_the_writer_is_system_administrator_and_the_reader_is_not(setup: PipelineSetup) -> None:
    """One assignment each: the built-in role as it is, and a role of the reader's own."""
    made = setup.make()
    rows = setup.emulator.dump()[ORGANIZATION]
    names = {role["roleid"]: role["name"] for role in rows["roles"]}
    held = {row.get("applicationid"): [names[id] for id in row["roles"]] for row in rows["systemusers"]}
    assert held[made[Who.WRITER].app_id] == ["System Administrator"]
    assert held[made[Who.READER].app_id] == ["Dynamics Connect pipeline (reader)"]
