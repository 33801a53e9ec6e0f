"""Apply against the emulator: what it makes, in how many requests, and what it leaves alone."""

from __future__ import annotations

import pytest

from connector import naming
from connector.dataverse import jobs
from connector.errors import DriftError, RefusedError, SettingsError
from tests.emulator_flows.conftest import NoSleep, Run, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.emulator import RunningEmulator

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")
_LIMITED = {
    "ARM_CLIENT_ID": "d0000000-0000-4000-8000-000000000002",
    "AZURE_CLIENT_ID": "",
    "ARM_CLIENT_SECRET": "lim~limited-deployer-of-the-emulator-only",
    "AZURE_CLIENT_SECRET": "",
}


def _writes(stack: ConnectedStack) -> list[str]:
    lines = stack.org_requests()
    return [f"{line['method']} {line['path']}" for line in lines if line["method"] != "GET"]


def _role_id(stack: ConnectedStack) -> str:
    return naming.role_id(stack.settings.dynamics_host, "dev", stack.settings.role_name)


def test_the_first_apply_with_proof_keeps_its_limits(stack: ConnectedStack, run: Run) -> None:
    """At most 6 rounds and 18 requests, counted in the emulator's log and in the report alike."""
    applied, proof = run(jobs.apply_and_prove)
    assert applied.result == "changed"
    assert proof.result == "proved"
    assert len(stack.org_requests()) == proof.effort.requests <= 18
    assert proof.effort.rounds <= 6
    assert all(line["emulated"] for line in stack.org_requests())


def test_nothing_to_do_keeps_its_limits(stack: ConnectedStack, run: Run) -> None:
    """At most 3 rounds and 9 requests, none of them a write."""
    run(jobs.apply_and_prove)
    stack.emulator.requests(reset=True)
    applied, proof = run(jobs.apply_and_prove)
    assert applied.result == "unchanged"
    assert proof.result == "proved"
    assert len(stack.org_requests()) == proof.effort.requests <= 9
    assert proof.effort.rounds <= 3
    assert _writes(stack) == []


def test_role_and_user_are_made_as_the_profile_says(stack: ConnectedStack, run: Run) -> None:
    """The role has our id and sits in the root unit; the user is non-interactive and holds it."""
    report = run(jobs.apply)
    roles = [role for role in stack.objects("roles") if role["roleid"] == _role_id(stack)]
    users = [u for u in stack.objects("systemusers") if u.get("applicationid") == stack.outputs.client_id]
    assert len(roles) == 1
    assert len(users) == 1
    assert users[0]["accessmode"] == 4
    assert users[0]["roles"] == [_role_id(stack)]
    assert report.privileges.wanted == 64


def test_an_excess_privilege_on_our_role_is_taken_away(stack: ConnectedStack, run: Run) -> None:
    """Exact means wanted plus what the platform adds: one delete right too many goes."""
    run(jobs.apply)
    extra = next(p for p in stack.objects("privileges") if p["name"] == "prvDeleteAccount")
    headers = {"Authorization": f"Bearer {stack.emulator.token(stack.emulator.org(1))}"}
    url = f"{stack.emulator.org(1)}/api/data/v9.2/roles({_role_id(stack)})"
    body = {"Privileges": [{"PrivilegeId": extra["privilegeid"], "Depth": "Global"}]}
    answer = stack.emulator.http().post(
        f"{url}/Microsoft.Dynamics.CRM.AddPrivilegesRole", json=body, headers=headers
    )
    assert answer.status_code == 204, answer.text
    broken = run(jobs.prove)
    assert broken.cause.code == "dataverse.privilege_excess"
    assert broken.cause.key == "prvDeleteAccount"
    _, proof = run(jobs.apply_and_prove)
    assert proof.result == "proved"


def test_a_disabled_user_is_enabled_before_it_gets_its_role(stack: ConnectedStack, run: Run) -> None:
    """Dataverse refuses a role on a disabled user, so enabling comes first."""
    user_id = run(jobs.apply).ids["userId"]
    stack.emulator.edit("systemusers", user_id, {"isdisabled": True, "roles": []})
    applied, proof = run(jobs.apply_and_prove)
    assert proof.result == "proved"
    assert {c.detail for c in applied.changes if c.kind == "application user"} == {"enabled"}


def test_a_soft_deleted_user_is_purged_and_made_anew(stack: ConnectedStack, run: Run) -> None:
    """A ghost (deletedstate 1) blocks the application id: it is shown, and goes before the post."""
    user_id = run(jobs.apply).ids["userId"]
    stack.emulator.edit("systemusers", user_id, {"deletedstate": 1, "isdisabled": True})
    stack.emulator.requests(reset=True)
    applied, proof = run(jobs.apply_and_prove)
    assert proof.result == "proved"
    assert proof.ids["userId"] != user_id
    assert any(c.action == "removed" and c.name == user_id for c in applied.changes)
    posts = [line["status"] for line in stack.org_requests() if line["path"].endswith("/systemusers")]
    assert posts == [200, 201]


@pytest.mark.parametrize("route", ["/api/data/v9.2/roles", "/api/data/v9.2/systemusers"])
@pytest.mark.parametrize("answer", ["reset-after", "reset-before", "503", "429"])
def test_a_post_without_an_answer_is_looked_up_and_never_doubled(
    stack: ConnectedStack, run: Run, route: str, answer: str
) -> None:
    """Whether the write took effect or not, one role and one user stand afterwards."""
    stack.emulator.fault("POST", route, answer=answer, retry_after="0")
    _, proof = run(jobs.apply_and_prove)
    assert proof.result == "proved"
    roles = [
        role
        for role in stack.objects("roles")
        if role["name"] == stack.settings.role_name and role["_parentrootroleid_value"] == role["roleid"]
    ]
    users = [u for u in stack.objects("systemusers") if u.get("applicationid") == stack.outputs.client_id]
    assert (len(roles), len(users)) == (1, 1)
    if answer == "reset-after":
        posts = [line for line in stack.org_requests() if line["method"] == "POST" and line["path"] == route]
        assert len(posts) == 1


def test_the_copy_in_the_users_business_unit_is_assigned(emulator: RunningEmulator, clock: NoSleep) -> None:
    """The role is made in the root unit and its copy in the child unit is what the user gets."""
    stack = ConnectedStack(emulator, dataverse={"businessUnit": "contoso-emea"})
    run = runner(stack, clock)
    _, proof = run(jobs.apply_and_prove)
    assert proof.result == "proved"
    user = next(u for u in stack.objects("systemusers") if u.get("applicationid") == stack.outputs.client_id)
    assert user["roles"] != [_role_id(stack)]
    assert run(jobs.apply).result == "unchanged"


def test_an_unknown_business_unit_names_those_there_are(emulator: RunningEmulator, clock: NoSleep) -> None:
    """The message lists the units, and nothing is written."""
    stack = ConnectedStack(emulator, dataverse={"businessUnit": "contoso-emeaa"})
    with pytest.raises(SettingsError, match="contoso-emea"):
        runner(stack, clock)(jobs.apply)
    assert _writes(stack) == []


def test_a_role_of_our_name_that_is_not_ours_is_left_alone(stack: ConnectedStack, run: Run) -> None:
    """It is reported with what it lacks (exit 7), and nothing is written."""
    headers = {"Authorization": f"Bearer {stack.emulator.token(stack.emulator.org(1))}"}
    root = next(u for u in stack.objects("businessunits") if not u["_parentbusinessunitid_value"])
    body = {
        "name": stack.settings.role_name,
        "businessunitid@odata.bind": f"/businessunits({root['businessunitid']})",
    }
    url = f"{stack.emulator.org(1)}/api/data/v9.2/roles"
    assert stack.emulator.http().post(url, json=body, headers=headers).is_success
    stack.emulator.requests(reset=True)
    with pytest.raises(DriftError, match="did not make") as caught:
        run(jobs.apply)
    assert caught.value.exit_code == 7
    assert _writes(stack) == []


def test_a_caller_without_the_privileges_is_told_before_anything_is_written(
    stack: ConnectedStack, clock: NoSleep
) -> None:
    """System Customizer cannot assign roles: the privilege is named, and no write is tried."""
    environ = stack.emulator.env | _LIMITED
    with pytest.raises(RefusedError, match="prvAssignRole") as caught:
        runner(stack, clock, environ)(jobs.apply)
    assert caught.value.code == "dataverse.caller_privileges"
    assert _writes(stack) == []


def test_a_missing_solution_leaves_its_privileges_pending(emulator: RunningEmulator, clock: NoSleep) -> None:
    """What can be made is made, the rest is named, and the proof fails with that one cause."""
    stack = ConnectedStack(emulator, org=2)
    applied, proof = runner(stack, clock)(jobs.apply_and_prove)
    assert applied.result == "pending"
    pending = [c.name for c in applied.changes if c.action == "pending" and c.kind == "privilege"]
    assert len(pending) == 40
    assert proof.cause is not None
    assert proof.cause.code == "dataverse.solution"


def test_an_unknown_table_names_the_nearest(emulator: RunningEmulator, clock: NoSleep) -> None:
    """A typing error in a table's name is a clear error before anything is written."""
    line = {"table": "opportunty", "rights": ["read"]}
    stack = ConnectedStack(emulator, dataverse={"add": [line]})
    with pytest.raises(SettingsError, match="did you mean 'opportunity'"):
        runner(stack, clock)(jobs.apply)
    assert _writes(stack) == []


def test_pages_of_one_row_change_nothing(tmp_path_factory: pytest.TempPathFactory, clock: NoSleep) -> None:
    """Every list is read to its end, nested ones too."""
    paged = RunningEmulator(tmp_path_factory.mktemp("paged"), "--page-size", "1")
    try:
        run = runner(ConnectedStack(paged, dataverse={"businessUnit": "contoso-apac"}), clock)
        assert run(jobs.apply_and_prove)[1].result == "proved"
        assert run(jobs.apply).result == "unchanged"
        assert run(jobs.remove).result == "removed"
    finally:
        paged.stop()


def test_a_stack_adds_and_removes_rights(emulator: RunningEmulator, clock: NoSleep) -> None:
    """Per-stack lines change the profile's role by table and right."""
    add = {"table": "contact", "rights": ["create"], "depth": "organization"}
    remove = {"table": "lead", "rights": ["write"]}
    stack = ConnectedStack(emulator, dataverse={"add": [add], "remove": [remove]})
    report = runner(stack, clock)(jobs.apply)
    names = {c.name for c in report.changes if c.kind == "privilege" and c.action == "added"}
    assert "prvCreateContact" in names
    assert "prvWriteLead" not in names
    assert len(names) == report.privileges.wanted == 64
