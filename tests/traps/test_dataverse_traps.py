"""The traps of Dataverse that an expert looks for: each has a test that fails where we step into it.

Sources: PAD webapi/*, security-access-coding.md, use-single-tenant-server-server-authentication.md;
PPD assign-security-roles.md, create-users.md, prevent-elevation-security-role-privilege.md;
terraform-provider-power-platform issue 623; ServiceClient AuthorityResolver.cs.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from connector.dataverse import jobs
from connector.errors import RefusedError
from connector.session import Session
from connector.settings import load_settings
from tests.emulator_flows.conftest import NoSleep, Run, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.dataverse import Dataverse, add_principal, user_body
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.watched import Watched, body_of, resource_of

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")
ORG = "0c0c0c01-0000-4000-8000-000000000001"
LIMITED = {
    "ARM_CLIENT_ID": "d0000000-0000-4000-8000-000000000002",
    "AZURE_CLIENT_ID": "",
    "ARM_CLIENT_SECRET": "lim~limited-deployer-of-the-emulator-only",
    "AZURE_CLIENT_SECRET": "",
}


def _user(stack: ConnectedStack, org: int = 1) -> dict[str, Any]:
    users = stack.objects("systemusers", org=org)
    found = [u for u in users if u.get("applicationid") == stack.outputs.client_id]
    assert len(found) == 1
    return found[0]


def _posts(watched: Watched, resource: str) -> list[httpx.Request]:
    return [r for r in watched.writes() if r.method == "POST" and resource_of(r) == resource]


def test_dataverse_trap_01_a_ghost_is_purged_and_a_duplicate_is_412(
    stack: ConnectedStack, run: Run
) -> None:
    """A user soft-deleted after our read answers the POST with 412; the ghost goes and a user is made."""
    ghost = run(jobs.apply).ids["userId"]
    stack.emulator.edit("systemusers", ghost, {"deletedstate": 1, "isdisabled": True, "roles": []})
    stack.emulator.requests(reset=True)
    assert run(jobs.apply).result == "changed"
    assert _user(stack)["systemuserid"] != ghost
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
            user = _user(stack)["systemuserid"]
            stack.emulator.edit("systemusers", user, {"isdisabled": True, "deletedstate": 1})

    watched = Watched(stack.emulator.trust, before=haunt)
    assert runner(stack, clock, transport=watched)(jobs.apply_and_prove)[1].result == "proved"
    assert not _user(stack)["deletedstate"]
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


@pytest.mark.parametrize("resource", ["roles", "systemusers"])
def test_dataverse_trap_03_a_lost_answer_is_looked_up_and_no_post_repeated(
    stack: ConnectedStack, watched: Watched, watched_run: Run, resource: str
) -> None:
    """The POST took effect and its answer was lost: it is read back, and one POST was sent."""
    stack.emulator.fault("POST", f"/api/data/v9.2/{resource}", answer="reset-after")
    assert watched_run(jobs.apply_and_prove)[1].result == "proved"
    assert len(_posts(watched, resource)) == 1


def test_dataverse_trap_04_the_root_role_is_edited_and_the_users_copy_assigned(
    emulator: RunningEmulator, clock: NoSleep
) -> None:
    """Privileges go to the role in the root unit; what the user gets is the copy in its own unit."""
    stack = ConnectedStack(emulator, dataverse={"businessUnit": "contoso-emea"})
    watched = Watched(emulator.trust)
    role_id = runner(stack, clock, transport=watched)(jobs.apply).ids["roleId"]
    copies = [r for r in stack.objects("roles") if r["_parentrootroleid_value"] == role_id]
    home = _user(stack)["_businessunitid_value"]
    root = next(r for r in copies if r["roleid"] == role_id)
    assert root["_businessunitid_value"] == Dataverse(emulator).unit()
    assert _user(stack)["roles"] == [r["roleid"] for r in copies if r["_businessunitid_value"] == home]
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


def test_dataverse_trap_09_permissions_are_read_past_the_cache_and_polled(
    stack: ConnectedStack, run: Run, clock: NoSleep, watched: Watched, watched_run: Run
) -> None:
    """Privilege reads ask for Consistency: Strong; a mismatch is read again until the deadline."""
    stack.emulator.edit("organizations", ORG, {"cacheLagReads": 4})
    assert watched_run(jobs.apply_and_prove)[1].result == "proved"
    reads = [r for r in watched.seen if "Privileges" in resource_of(r) and r.method == "GET"]
    assert reads
    assert {r.headers.get("Consistency") for r in reads} == {"Strong"}


def test_dataverse_trap_10_the_proof_is_the_applications_own_login(
    stack: ConnectedStack, watched: Watched, watched_run: Run
) -> None:
    """WhoAmI is asked with the new secret's token; nothing is impersonated."""
    watched_run(jobs.apply_and_prove)
    asked = [line for line in stack.org_requests() if line["path"].endswith("/WhoAmI")]
    assert stack.outputs.client_id in {line["client_id"] for line in asked}
    for name in ("CallerObjectId", "MSCRMCallerID"):
        assert not any(name in request.headers for request in watched.seen)


def test_dataverse_trap_11_no_application_user_is_told_as_the_wrong_environment(
    stack: ConnectedStack, run: Run
) -> None:
    """0x80072560 is explained: no application user here, and perhaps the wrong environment."""
    user_id = run(jobs.apply).ids["userId"]
    stack.emulator.edit("systemusers", user_id, delete=True)
    proof = run(jobs.prove)
    assert proof.cause.code == "dataverse.user_missing"
    stack.emulator.edit("systemusers", Dataverse(stack.emulator).deployer(), {"applicationid": ORG})
    with pytest.raises(RefusedError, match="environment") as caught:
        run(jobs.apply)
    assert caught.value.service_code == "0x80072560"


def test_dataverse_trap_11_the_challenge_is_probed_without_a_token(
    stack: ConnectedStack, watched: Watched, watched_run: Run
) -> None:
    """The first request to the organization carries no token: it asks whose organization it is."""
    watched_run(jobs.apply)
    first = next(r for r in watched.seen if r.url.netloc.decode() == stack.host)
    assert "Authorization" not in first.headers
    stack.settings = stack.settings.model_copy(
        update={"dynamics_url": stack.emulator.org(3), "dynamics_host": stack.emulator.org(3)[8:]}
    )
    with pytest.raises(RefusedError) as caught:
        watched_run(jobs.apply)
    assert caught.value.code == "dataverse.tenant"


def test_dataverse_trap_12_extra_roles_are_reported_and_left(stack: ConnectedStack, run: Run) -> None:
    """A user that somebody gave System Administrator keeps it, and every report names it."""
    dataverse = Dataverse(stack.emulator)
    add_principal(stack.emulator, stack.outputs.client_id)
    user = dataverse.post("systemusers", user_body(dataverse.unit(), stack.outputs.client_id))
    assert user.status_code == 204
    made = _user(stack)["systemuserid"]
    dataverse.assign(made, dataverse.built_in("System Administrator"))
    report, proof = run(jobs.apply_and_prove)
    foreign = [c for c in report.changes if c.action == "foreign" and c.name == "System Administrator"]
    assert len(foreign) == 1
    assert proof.cause.code == "dataverse.system_administrator"
    assert dataverse.built_in("System Administrator") in _user(stack)["roles"]


def test_dataverse_trap_13_a_disabled_user_is_enabled_first(
    stack: ConnectedStack, watched: Watched, watched_run: Run
) -> None:
    """Dataverse refuses a role on a disabled user: the PATCH goes out before the assignment."""
    user_id = watched_run(jobs.apply).ids["userId"]
    stack.emulator.edit("systemusers", user_id, {"isdisabled": True, "roles": []})
    watched.seen.clear()
    watched_run(jobs.apply)
    order = [request.method for request in watched.writes()]
    assert order == ["PATCH", "POST"]
    assert not _user(stack)["isdisabled"]


def test_dataverse_trap_14_no_error_report_or_log_holds_a_token(
    stack: ConnectedStack, watched: Watched, watched_run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal in the middle of a run shows codes and ids; tokens and the client secret stay out."""
    caplog.set_level("DEBUG")
    stack.emulator.fault("POST", "/api/data/v9.2/roles({id})/*", answer="500")
    with pytest.raises(RefusedError) as caught:
        watched_run(jobs.apply)
    report, proof = watched_run(jobs.apply_and_prove)
    spoken = f"{caught.value!r} {vars(caught.value)} {report} {proof} {caplog.text}"
    tokens = {r.headers.get("Authorization", "").removeprefix("Bearer ") for r in watched.seen} - {""}
    assert len(tokens) >= 2
    secrets = [*tokens, stack.outputs.client_secret.get_secret_value()]
    assert [secret for secret in secrets if secret in spoken] == []


def test_dataverse_trap_15_next_links_are_followed_as_they_came(
    tmp_path_factory: pytest.TempPathFactory, clock: NoSleep
) -> None:
    """With pages of one row every list is whole, nested ones too, and nobody sends $top or a page size."""
    paged = RunningEmulator(tmp_path_factory.mktemp("paged"), "--page-size", "1")
    try:
        stack = ConnectedStack(paged, dataverse={"businessUnit": "contoso-apac"})
        watched = Watched(paged.trust)
        run = runner(stack, clock, transport=watched)
        assert run(jobs.apply_and_prove)[1].result == "proved"
        dataverse, user = Dataverse(paged), _user(stack)
        built_in = ["System Administrator", "System Customizer"]
        more = [dataverse.built_in(name) for name in built_in]
        paged.edit("systemusers", user["systemuserid"], {"roles": [*user["roles"], *more]})
        report = run(jobs.plan)
        assert report.result == "unchanged"
        assert sorted(c.name for c in report.changes if c.action == "foreign") == built_in
    finally:
        paged.stop()
    assert any("$skiptoken" in str(request.url) for request in watched.seen)
    assert not any("$top" in str(r.url) or "maxpagesize" in r.headers.get("Prefer", "") for r in watched.seen)


@pytest.mark.parametrize(
    ("cloud", "url", "login"),
    [
        ("public", "https://contoso.crm4.dynamics.com", "https://login.microsoftonline.com"),
        ("usgov", "https://contoso.crm.microsoftdynamics.us", "https://login.microsoftonline.us"),
        ("china", "https://contoso.crm.dynamics.cn", "https://login.chinacloudapi.cn"),
    ],
)
def test_dataverse_trap_16_each_cloud_has_its_own_authority_and_scope(
    cloud: str, url: str, login: str
) -> None:
    """Authority and scope are the cloud's own; global discovery is for users and not asked."""
    asked: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.host))
        return httpx.Response(404)

    raw = {"profile": "marketo-measure", "tenantId": ORG, "cloud": cloud, "dynamicsUrl": url}
    settings = load_settings(raw, stack="x", project_dir=PROJECT)
    environ = {"ARM_CLIENT_ID": ORG, "ARM_CLIENT_SECRET": "never-sent"}

    async def look() -> tuple[str, str]:
        from connector.dataverse.challenge import check_challenge
        from connector.dataverse.client import DataverseClient

        async with Session(settings, environ=environ, transport=httpx.MockTransport(refuse)) as session:
            with pytest.raises(RefusedError):
                await check_challenge(session)
            return session.authority.host, DataverseClient(session, session.deployer).scope

    assert asyncio.run(look()) == (login, f"{url}/.default")
    assert asked == [url.removeprefix("https://")]
