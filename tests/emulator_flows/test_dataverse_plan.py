"""The plan against the emulator: what it tells, before anything stands and after something moved."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from connector.cli.screen import plan as plan_view
from connector.dataverse import jobs
from connector.dataverse.desired import Known, OptIn
from connector.dataverse.plan_file import read_plan, write_plan
from connector.errors import DriftError, SettingsError
from connector.settings.values import Right
from tests.emulator_flows.conftest import NoSleep, Run, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.dataverse import Dataverse, add_principal, user_body
from tests.support.emulator import RunningEmulator

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")


def _lines(report: Any, action: str, kind: str) -> list[str]:
    return [c.name for c in report.changes if (c.action, c.kind) == (action, kind)]


def _user(stack: ConnectedStack) -> dict[str, Any]:
    users = stack.objects("systemusers")
    return next(u for u in users if u.get("applicationid") == stack.outputs.client_id)


def _give(stack: ConnectedStack, *names: str) -> None:
    dataverse, user = Dataverse(stack.emulator), _user(stack)
    held = [dataverse.built_in(name) for name in names]
    stack.emulator.edit("systemusers", user["systemuserid"], {"roles": [*user["roles"], *held]})


def test_a_plan_before_the_first_up_writes_nothing_and_waits_for_the_application_id(
    stack: ConnectedStack, clock: NoSleep
) -> None:
    """Role, privileges, user and assignment are all to be added; the application's id is pending."""
    outputs, stack.outputs = stack.outputs, None  # type: ignore[assignment]
    report = runner(stack, clock)(jobs.plan)
    assert report.result == "changes"
    assert _lines(report, "added", "application user") == ["application id pending"]
    assert len(_lines(report, "added", "privilege")) == 64
    assert "applicationId" not in report.ids
    assert {line["method"] for line in stack.org_requests()} == {"GET"}
    assert outputs.client_id not in str(report.to_json())


def test_a_plan_after_apply_holds_only_what_is_kept(stack: ConnectedStack, run: Run) -> None:
    """Nothing to do is seen in one round of reads and one for the teams."""
    run(jobs.apply)
    stack.emulator.requests(reset=True)
    report = run(jobs.plan)
    assert report.result == "unchanged"
    assert {c.action.value for c in report.changes} == {"kept"}
    assert (len(stack.org_requests()), report.effort.rounds) == (7, 2)


def test_a_plan_names_what_its_caller_could_not_do(stack: ConnectedStack, clock: NoSleep) -> None:
    """Whoever only reads a plan need not be able to apply it: told, and no error."""
    environ = stack.emulator.env | {
        "ARM_CLIENT_ID": LIMITED,
        "AZURE_CLIENT_ID": "",
        "ARM_CLIENT_SECRET": "lim~limited-deployer-of-the-emulator-only",
        "AZURE_CLIENT_SECRET": "",
    }
    report = runner(stack, clock, environ)(jobs.plan)
    assert (report.result, report.error) == ("changes", None)
    assert "prvAssignRole" in report.caller_lacks
    assert "this caller could not apply it: it lacks" in plan_view.markdown(report, "x")
    assert runner(stack, clock)(jobs.plan).caller_lacks == ()


def test_the_matrix_shows_effective_rights(stack: ConnectedStack, run: Run) -> None:
    """Write on a phone call is write on every activity: the task's row says so, marked as shared."""
    rows = {row.table: row for row in run(jobs.plan).matrix}
    assert rows["phonecall"].cells[Right.WRITE].shared is False
    assert rows["task"].cells[Right.WRITE].shared is True
    assert rows["task"].cells[Right.READ].shared is False
    assert rows["lead"].basis == ("documented", "derived")
    assert rows["listmember"].note == "covered by list"
    assert Right.DELETE not in rows["account"].cells


def test_people_and_pull_requests_see_the_same_table(stack: ConnectedStack, run: Run) -> None:
    """Each table is one line with its depths; what is taken away stands in the cell that it had."""
    role_id = run(jobs.apply).ids["roleId"]
    dataverse = Dataverse(stack.emulator)
    assert dataverse.add(role_id, prvDeleteAccount="Global", prvBulkDelete="Global").status_code == 204
    report = run(jobs.plan)
    page = plan_view.markdown(report, "Role")
    account = next(line for line in page.splitlines() if line.startswith("| account "))
    assert account == "| account |  | org | org | -org |  | org |  |  | documented, derived |"
    assert "| - | privilege | prvBulkDelete | Global |" in page
    assert "never to be held: delete on account, contact, lead" in page
    console = Console(width=130, record=True, quiet=True)
    plan_view.show_whole(console, report)
    shown = plan_view._table(report.matrix)
    assert len(shown.rows) == len(report.matrix) < 40


def _shown(report: Any) -> str:
    page = StringIO()
    plan_view.show(Console(file=page, width=200), report)
    return page.getvalue()


def test_the_count_is_of_what_is_written_or_stays(stack: ConnectedStack, run: Run) -> None:
    """In an empty environment nothing is kept, and what was applied is not announced as to come."""
    planned = plan_view.summary(run(jobs.plan))
    assert planned == "67 added; apply writes what is + ~ -"
    assert plan_view.summary(run(jobs.apply)) == "67 added"


def test_people_see_the_matrix_where_a_cell_of_it_changes(stack: ConnectedStack, run: Run) -> None:
    """Not with nothing to change, nor for a change that no cell shows, which has a line of its own."""
    assert "org = organization" in _shown(run(jobs.plan))
    role_id = run(jobs.apply).ids["roleId"]
    assert _shown(run(jobs.plan)) == "  nothing to change: 64 privileges on 25 tables\n"
    _give(stack, "System Customizer")
    said = _shown(run(jobs.plan))
    assert "System Customizer" in said
    assert "org = organization" not in said
    assert Dataverse(stack.emulator).add(role_id, prvDeleteAccount="Global").status_code == 204
    said = _shown(run(jobs.plan))
    assert "org = organization" in said
    assert "-org" in said


def test_missing_rights_of_a_missing_solution_are_pending_cells(
    emulator: RunningEmulator, clock: NoSleep
) -> None:
    """Five tables wait, each right by name, and a misspelt standard table would not be among them."""
    report = runner(ConnectedStack(emulator, org=2), clock)(jobs.plan)
    pending = [row for row in report.matrix if row.note == "waits for the solution"]
    assert len(pending) == 5
    assert {cell.action.value for row in pending for cell in row.cells.values()} == {"pending"}
    assert len(_lines(report, "pending", "privilege")) == 40


def test_roles_of_the_user_are_told_own_and_through_teams(stack: ConnectedStack, run: Run) -> None:
    """An extra role is foreign wherever it comes from, and a team is named."""
    run(jobs.apply)
    _give(stack, "System Customizer")
    dataverse = Dataverse(stack.emulator)
    team = next(t for t in stack.objects("teams") if t["_businessunitid_value"] == dataverse.unit())
    stack.emulator.edit("teams", team["teamid"], {"roles": [dataverse.built_in("System Administrator")]})
    found = [c for c in run(jobs.plan).changes if c.action == "foreign"]
    assert [c.name for c in found] == ["System Customizer", "System Administrator"]
    assert "through team" in found[1].detail


def test_extra_roles_go_only_when_that_is_asked_for(stack: ConnectedStack, run: Run) -> None:
    """The same plan leaves them without the word, and takes them with it; ours stays."""
    run(jobs.apply)
    _give(stack, "System Customizer")
    assert run(jobs.plan).result == "unchanged"
    strip = OptIn(strip_extra_roles=True)
    assert _lines(run(jobs.plan, opt_in=strip), "removed", "role assignment") == ["System Customizer"]
    assert run(jobs.apply, opt_in=strip).result == "changed"
    assert len(_user(stack)["roles"]) == 1
    assert run(jobs.prove).result == "proved"


def test_a_user_in_another_unit_moves_only_when_that_is_asked_for(stack: ConnectedStack, run: Run) -> None:
    """Without the word it works where it is; with it, the plan shows every role that the move costs."""
    run(jobs.apply)
    emea = next(u for u in stack.objects("businessunits") if u["name"] == "contoso-emea")["businessunitid"]
    dataverse = Dataverse(stack.emulator)
    user_id = _user(stack)["systemuserid"]
    moved = dataverse.patch(
        f"systemusers({user_id})", {"businessunitid@odata.bind": f"/businessunits({emea})"}, If_Match="*"
    )
    assert moved.status_code == 204
    assert run(jobs.apply_and_prove)[1].result == "proved"
    assert _user(stack)["_businessunitid_value"] == emea
    foreign = [c for c in run(jobs.plan).changes if c.action == "foreign"]
    assert "--move-business-unit" in foreign[0].detail
    move = OptIn(move_business_unit=True)
    planned = run(jobs.plan, opt_in=move)
    assert _lines(planned, "changed", "application user")
    assert _lines(planned, "added", "role assignment") == [stack.settings.role_name]
    run(jobs.apply, opt_in=move)
    assert _user(stack)["_businessunitid_value"] == dataverse.unit()
    assert run(jobs.prove).result == "proved"


def test_a_user_that_stood_before_is_adopted_and_survives_remove(stack: ConnectedStack, run: Run) -> None:
    """Who made the row tells; remove takes our role from it and leaves it, until it is included."""
    dataverse = Dataverse(stack.emulator)
    add_principal(stack.emulator, stack.outputs.client_id)
    dataverse.post("systemusers", user_body(dataverse.unit(), stack.outputs.client_id))
    made = _user(stack)["systemuserid"]
    stack.emulator.edit("systemusers", made, {"_createdby_value": dataverse.deployer(LIMITED)})
    report = run(jobs.apply)
    assert report.ids["adopted"] == "user"
    known = Known(role_id=report.ids["roleId"], user_id=made, user_adopted=True)
    removed = run(jobs.remove, known=known)
    assert any(c.action == "foreign" and "--include-adopted" in c.detail for c in removed.changes)
    assert _user(stack)["roles"] == []
    run(jobs.remove, known=known, include_adopted=True)
    assert not [u for u in stack.objects("systemusers") if u["systemuserid"] == made]


LIMITED = "d0000000-0000-4000-8000-000000000002"


def _written(report: Any, stack: ConnectedStack, path: Path) -> Any:
    write_plan(report, OptIn(), stack.settings.dynamics_url, path)
    return read_plan(path)


def test_what_was_reviewed_is_what_is_applied(stack: ConnectedStack, run: Run, tmp_path: Path) -> None:
    """A plan file applies while nothing moved; it holds no secret."""
    path = tmp_path / "plan.json"
    reviewed = _written(run(jobs.plan), stack, path)
    secret = stack.outputs.client_secret.get_secret_value()
    assert secret not in path.read_text()
    assert run(jobs.apply, reviewed=reviewed).result == "changed"


def test_a_plan_made_before_up_applies_after_it(
    stack: ConnectedStack, clock: NoSleep, tmp_path: Path
) -> None:
    """The application id was pending then; all else is as it was read."""
    outputs, stack.outputs = stack.outputs, None  # type: ignore[assignment]
    planned = runner(stack, clock)(jobs.plan)
    stack.outputs = outputs
    reviewed = _written(planned, stack, tmp_path / "plan.json")
    assert runner(stack, clock)(jobs.apply, reviewed=reviewed).result == "changed"


@pytest.mark.parametrize("moved", ["role", "user", "settings"])
def test_a_plan_is_refused_when_something_moved(
    stack: ConnectedStack, run: Run, clock: NoSleep, tmp_path: Path, moved: str
) -> None:
    """Exit 7, what differs is named, and nothing is written."""
    role_id = run(jobs.apply).ids["roleId"]
    lead = next(p["privilegeid"] for p in stack.objects("privileges") if p["name"] == "prvReadLead")
    stack.emulator.edit("roles", role_id, {"privileges": {lead: None}})
    reviewed = _written(run(jobs.plan), stack, tmp_path / "plan.json")
    if moved == "role":
        stack.emulator.edit("roles", role_id, {"privileges": {lead: "Basic"}})
    elif moved == "user":
        _give(stack, "System Administrator")
    else:
        removed = {"remove": [{"table": "lead", "rights": ["write"]}]}
        stack.settings = ConnectedStack(stack.emulator, dataverse=removed).settings
    stack.emulator.requests(reset=True)
    with pytest.raises(DriftError) as caught:
        runner(stack, clock)(jobs.apply, reviewed=reviewed)
    assert (caught.value.code, caught.value.exit_code) == ("plan.moved", 7)
    named = {"role": "prvReadLead (Basic", "user": "System Administrator", "settings": "settings"}[moved]
    assert named in caught.value.message
    assert [line for line in stack.org_requests() if line["method"] != "GET"] == []


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (None, "cannot be read"),
        ("{", "is no plan file"),
        ("[]", "has format None"),
        ('{"format": 2}', "has format 2"),
        ('{"format": 1}', "is no plan file"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, content: str | None, part: str) -> None:
    """Exit 2 with the file's name and what to do."""
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match="plan") as caught:
        read_plan(path)
    assert caught.value.code == "plan.file"
    assert part in caught.value.message


def test_another_stacks_plan_is_refused(stack: ConnectedStack, run: Run, tmp_path: Path) -> None:
    """A plan belongs to one stack and one organization."""
    path = tmp_path / "plan.json"
    reviewed = _written(run(jobs.plan), stack, path)
    raw = json.loads(path.read_text()) | {"stack": "other"}
    path.write_text(json.dumps(raw))
    with pytest.raises(SettingsError) as caught:
        run(jobs.apply, reviewed=read_plan(path))
    assert caught.value.code == "plan.stack"
    assert reviewed.stack == "dev"
