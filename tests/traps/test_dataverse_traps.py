"""The traps of Dataverse that an expert looks for: each has a test that fails where we step into it.

Sources: PAD webapi/*, security-access-coding.md, use-single-tenant-server-server-authentication.md;
PPD assign-security-roles.md, create-users.md, prevent-elevation-security-role-privilege.md;
terraform-provider-power-platform issue 623; ServiceClient AuthorityResolver.cs.
"""

from __future__ import annotations

import httpx
import pytest

from connector.dataverse import jobs
from connector.dataverse.desired import Known
from connector.errors import RefusedError
from tests.emulator_flows.broken import user_of
from tests.emulator_flows.conftest import NoSleep, Run, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.dataverse import Dataverse
from tests.support.emulator import RunningEmulator
from tests.support.watched import Watched, body_of, resource_of

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")
ORG = "0c0c0c01-0000-4000-8000-000000000001"
LIMITED = {
    "ARM_CLIENT_ID": "d0000000-0000-4000-8000-000000000002",
    "AZURE_CLIENT_ID": "",
    "ARM_CLIENT_SECRET": "lim~limited-deployer-of-the-emulator-only",
    "AZURE_CLIENT_SECRET": "",
}


def _posts(watched: Watched, resource: str) -> list[httpx.Request]:
    return [r for r in watched.writes() if r.method == "POST" and resource_of(r) == resource]


def test_dataverse_trap_01_a_ghost_is_purged_and_a_duplicate_is_412(stack: ConnectedStack, run: Run) -> None:
    """A user soft-deleted after our read answers the POST with 412; the ghost goes and a user is made."""
    ghost = run(jobs.apply).ids["userId"]
    stack.emulator.edit("systemusers", ghost, {"deletedstate": 1, "isdisabled": True, "roles": []})
    stack.emulator.requests(reset=True)
    assert run(jobs.apply).result == "changed"
    assert user_of(stack)["systemuserid"] != ghost
    lines = [(line["method"], line["path"].rpartition("/")[2]) for line in stack.org_requests()]
    assert lines.index(("DELETE", f"systemusers({ghost})")) < lines.index(("POST", "systemusers"))


@pytest.mark.parametrize("resource", ["systemusers", "roles"])
def test_dataverse_trap_01_what_was_made_meanwhile_is_adopted(
    stack: ConnectedStack, clock: NoSleep, resource: str
) -> None:
    """Somebody else's POST between our read and ours: 412, and the one that stands is taken."""
    other = Dataverse(stack.emulator)

    def make_before_us(request: httpx.Request) -> None:
        if request.method == "POST" and resource_of(request) == resource:
            assert other.post(resource, body_of(request)).status_code == 204

    watched = Watched(stack.emulator.trust, before=make_before_us)
    assert runner(stack, clock, transport=watched)(jobs.apply_and_prove)[1].result == "proved"
    assert 412 in _statuses(stack, resource)
    assert len(_posts(watched, resource)) == 1


def test_dataverse_trap_01_a_ghost_that_came_meanwhile_is_purged_too(
    stack: ConnectedStack, clock: NoSleep
) -> None:
    """The duplicate that our POST meets is a ghost: it goes, and the POST is sent once more."""
    other, haunted = Dataverse(stack.emulator), []

    def haunt(request: httpx.Request) -> None:
        if request.method == "POST" and resource_of(request) == "systemusers" and not haunted:
            haunted.append(other.post("systemusers", body_of(request)))
            user = user_of(stack)["systemuserid"]
            stack.emulator.edit("systemusers", user, {"isdisabled": True, "deletedstate": 1})

    watched = Watched(stack.emulator.trust, before=haunt)
    assert runner(stack, clock, transport=watched)(jobs.apply_and_prove)[1].result == "proved"
    assert not user_of(stack)["deletedstate"]
    assert len(_posts(watched, "systemusers")) == 2


def _statuses(stack: ConnectedStack, resource: str) -> list[int]:
    lines = [line for line in stack.org_requests() if line["path"].endswith(f"/{resource}")]
    return [line["status"] for line in lines]


def test_dataverse_trap_02_business_unit_sent_domain_name_never_and_patch_only_updates(
    stack: ConnectedStack, watched: Watched, watched_run: Run
) -> None:
    """The user's POST binds a business unit and names nothing else; a PATCH has If-Match: *."""
    user_id = watched_run(jobs.apply).ids["userId"]
    stack.emulator.edit("systemusers", user_id, {"isdisabled": True, "roles": []})
    watched_run(jobs.apply)
    watched_run(jobs.remove)
    bodies = [body_of(request) for request in _posts(watched, "systemusers")]
    assert [set(body) for body in bodies] == [
        {"applicationid", "accessmode", "isdisabled", "businessunitid@odata.bind"}
    ]
    patches = [request for request in watched.writes() if request.method == "PATCH"]
    assert len(patches) == 2
    assert {request.headers["If-Match"] for request in patches} == {"*"}
    # Whether a PATCH has to repeat it is not documented; terraform-provider-power-platform always does.
    assert {body_of(request)["applicationid"] for request in patches} == {bodies[0]["applicationid"]}


def test_dataverse_trap_02_a_role_says_who_inherits_it(watched: Watched, watched_run: Run) -> None:
    """What isinherited is when nobody says so is not documented, so it is said: direct user and team."""
    watched_run(jobs.apply)
    assert [body_of(request)["isinherited"] for request in _posts(watched, "roles")] == [1]


@pytest.mark.parametrize("resource", ["roles", "systemusers"])
def test_dataverse_trap_03_a_lost_answer_is_looked_up_and_no_post_repeated(
    stack: ConnectedStack, watched: Watched, watched_run: Run, resource: str
) -> None:
    """The POST took effect and its answer was lost: it is read back, and one POST was sent."""
    stack.emulator.fault("POST", f"/api/data/v9.2/{resource}", answer="reset-after")
    assert watched_run(jobs.apply_and_prove)[1].result == "proved"
    assert len(_posts(watched, resource)) == 1


def test_dataverse_trap_03_a_lost_role_with_an_id_of_the_services_is_found_by_name(
    stack: ConnectedStack, run: Run
) -> None:
    """Whether the service keeps our role id is not documented: where it does not, there is one role still."""
    stack.emulator.edit("organizations", ORG, {"picksRoleIds": True})
    stack.emulator.fault("POST", "/api/data/v9.2/roles", answer="reset-after")
    report = run(jobs.apply)
    mine = [role for role in stack.objects("roles") if role["name"] == stack.settings.role_name]
    assert [role["roleid"] for role in mine if role["roleid"] == role["_parentrootroleid_value"]] == [
        report.ids["roleId"]
    ]
    assert run(jobs.prove, known=Known(role_id=report.ids["roleId"])).verdict == "proved"


def test_dataverse_trap_03_an_assignment_whose_answer_was_lost_may_be_refused_as_double(
    stack: ConnectedStack, run: Run
) -> None:
    """Sent again after a lost answer it meets itself: 204 or 412 0x80040237, both mean that it stands."""
    stack.emulator.edit("organizations", ORG, {"refusesAssigningAgain": True})
    route = "/api/data/v9.2/systemusers({id})/systemuserroles_association/$ref"
    stack.emulator.fault("POST", route, answer="reset-after")
    report, proof = run(jobs.apply_and_prove)
    assert (report.result, proof.verdict) == ("changed", "proved")
    assert [r["status"] for r in stack.org_requests() if r["path"].endswith("$ref")] == [0, 412]


def test_dataverse_trap_04_the_root_role_is_edited_and_the_users_copy_assigned(
    emulator: RunningEmulator, clock: NoSleep
) -> None:
    """Privileges go to the role in the root unit; what the user gets is the copy in its own unit."""
    stack = ConnectedStack(emulator, dataverse={"businessUnit": "contoso-emea"})
    watched = Watched(emulator.trust)
    role_id = runner(stack, clock, transport=watched)(jobs.apply).ids["roleId"]
    copies = [r for r in stack.objects("roles") if r["_parentrootroleid_value"] == role_id]
    home = user_of(stack)["_businessunitid_value"]
    root = next(r for r in copies if r["roleid"] == role_id)
    assert root["_businessunitid_value"] == Dataverse(emulator).unit()
    assert user_of(stack)["roles"] == [r["roleid"] for r in copies if r["_businessunitid_value"] == home]
    edits = {resource_of(r) for r in watched.writes() if resource_of(r).startswith("roles(")}
    assert edits == {f"roles({role_id})/Microsoft.Dynamics.CRM.AddPrivilegesRole"}


def test_dataverse_trap_05_depth_counts_and_injected_privileges_are_no_drift(
    stack: ConnectedStack, run: Run
) -> None:
    """A depth lowered behind our back is drift that names would hide; what the platform adds is none."""
    role_id = run(jobs.apply).ids["roleId"]
    assert run(jobs.plan).result == "unchanged"
    lead = next(p["privilegeid"] for p in stack.objects("privileges") if p["name"] == "prvReadLead")
    stack.emulator.edit("roles", role_id, {"privileges": {lead: "Basic"}})
    report = run(jobs.plan)
    assert report.privileges.missing == ("prvReadLead (Basic instead of Global)",)
    assert run(jobs.apply_and_prove)[1].result == "proved"


@pytest.mark.parametrize("guard", [{"ismanaged": True}, {"_roletemplateid_value": ORG}])
def test_dataverse_trap_05_a_managed_role_of_our_name_is_never_touched(
    stack: ConnectedStack, run: Run, guard: dict[str, object]
) -> None:
    """A role that is managed or has a template id is refused by name, and nothing is written."""
    role = Dataverse(stack.emulator).new_role(stack.settings.role_name)
    stack.emulator.edit("roles", role, guard)
    stack.emulator.requests(reset=True)
    with pytest.raises(RefusedError) as caught:
        run(jobs.apply)
    assert caught.value.code == "dataverse.managed_role"
    assert [line for line in stack.org_requests() if line["method"] != "GET"] == []


def test_dataverse_trap_06_privileges_of_a_missing_solution_are_pending_and_named(
    emulator: RunningEmulator, clock: NoSleep
) -> None:
    """Without the managed solution its tables' rights wait, and the proof says what to import."""
    stack = ConnectedStack(emulator, org=2)
    run = runner(stack, clock)
    applied, proof = run(jobs.apply_and_prove)
    assert applied.result == "pending"
    assert "read on bizible2_bizible_touchpoint" in {c.name for c in applied.changes if c.action == "pending"}
    assert proof.cause.code == "dataverse.solution"
    assert "bizible2_bizible_touchpoint" in proof.cause.message


@pytest.mark.parametrize("change", [{"version": "6.11.9"}, {"ismanaged": False}])
def test_dataverse_trap_06_an_old_or_unmanaged_solution_is_named(
    stack: ConnectedStack, run: Run, change: dict[str, object]
) -> None:
    """6.12 or later and managed: anything else is a cause of its own."""
    solution = next(s for s in stack.objects("solutions") if s["ismanaged"])
    stack.emulator.edit("solutions", solution["solutionid"], change)
    assert run(jobs.apply_and_prove)[1].cause.code == "dataverse.solution"


def test_dataverse_trap_07_privileges_come_from_metadata_and_not_from_spelled_names(
    stack: ConnectedStack, watched: Watched, watched_run: Run
) -> None:
    """Campaign responses resolve to the Activity privileges; no request spells a privilege's name."""
    report = watched_run(jobs.apply_and_prove)[0]
    names = {c.name for c in report.changes if c.kind == "privilege"}
    assert {"prvReadActivity", "prvWriteActivity"} <= names
    assert "prvReadCampaignResponse" not in names
    sent = " ".join(f"{r.url} {r.content.decode()}" for r in watched.seen).lower()
    assert "prvread" not in sent
    assert "entitydefinitions" in sent


def test_dataverse_trap_08_the_caller_holds_what_it_hands_out_or_nothing_is_written(
    stack: ConnectedStack, clock: NoSleep
) -> None:
    """System Customizer may make a role and cannot assign one: said by name before the first write."""
    environ = stack.emulator.env | LIMITED
    with pytest.raises(RefusedError) as caught:
        runner(stack, clock, environ)(jobs.apply)
    assert caught.value.code == "dataverse.caller_privileges"
    assert "prvAssignRole" in caught.value.message
    assert [line for line in stack.org_requests() if line["method"] != "GET"] == []
