"""Bad input to the Dataverse half: one clear error with the rule, what to do, and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from connector.dataverse import jobs
from connector.errors import ConnectError, SettingsError
from tests.emulator_flows.conftest import NoSleep, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.dataverse import Dataverse
from tests.support.emulator import PROJECT, RunningEmulator

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")
Refuse = Callable[..., ConnectError]


@pytest.fixture
def refuse(emulator: RunningEmulator, clock: NoSleep) -> Refuse:
    """What plan and apply both end with for a stack with these settings; neither writes."""

    def run(project_dir: Path = PROJECT, **changes: object) -> ConnectError:
        stack = ConnectedStack(emulator, project_dir=project_dir, **changes)
        caught = []
        for job in (jobs.plan, jobs.apply):
            with pytest.raises(ConnectError) as error:
                runner(stack, clock)(job)
            caught.append(error.value)
        assert caught[0].message == caught[1].message
        assert {line["method"] for line in stack.org_requests()} == {"GET"}
        return caught[0]

    return run


def _add(**line: object) -> dict[str, object]:
    return {"dataverse": {"add": [line]}}


@pytest.mark.parametrize(
    ("line", "code", "parts"),
    [
        ({"table": "acount", "rights": ["read"]}, "dataverse.table", ["acount", "'account'"]),
        (
            {"table": "organization", "rights": ["share"], "depth": "organization"},
            "dataverse.right",
            ["organization.share", "Read, Write"],
        ),
        (
            {"table": "organization", "rights": ["write"], "depth": "user"},
            "dataverse.depth",
            ["prvWriteOrganization cannot take depth user", "Global"],
        ),
        (
            {"table": "account", "rights": ["delete"]},
            "dataverse.forbidden",
            ["account.delete", "prvDeleteAccount"],
        ),
        (
            {"table": "task", "rights": ["delete"]},
            "dataverse.forbidden",
            ["activitypointer.delete", "lines of task"],
        ),
    ],
)
def test_a_line_that_cannot_be_met_is_named(
    refuse: Refuse, line: dict[str, object], code: str, parts: list[str]
) -> None:
    """An unknown table, a right or a depth that is not there, a right that is forbidden: exit 2."""
    error = refuse(**_add(**line))
    assert (error.code, error.exit_code) == (code, 2)
    for part in parts:
        assert part in error.message


def test_all_bad_lines_are_told_at_once(refuse: Refuse) -> None:
    """Two lines, two problems in one error."""
    lines = [{"table": "acount", "rights": ["read"]}, {"table": "organization", "rights": ["share"]}]
    error = refuse(dataverse={"add": lines})
    assert isinstance(error, SettingsError)
    assert {problem.rule for problem in error.problems} == {"dataverse.table", "dataverse.right"}


def test_a_misspelt_standard_table_does_not_wait_for_the_solution(
    emulator: RunningEmulator, clock: NoSleep
) -> None:
    """Without the solution only tables of its publisher are pending."""
    stack = ConnectedStack(emulator, org=2, **_add(table="acount", rights=["read"]))
    with pytest.raises(SettingsError, match="did you mean 'account'"):
        runner(stack, clock)(jobs.plan)


def test_a_removal_that_removes_nothing_is_refused(emulator: RunningEmulator, clock: NoSleep) -> None:
    """A typing error in `dataverse.remove` must not leave a right standing."""
    removed = {"remove": [{"table": "leads", "rights": ["write"]}]}
    stack = ConnectedStack(emulator, dataverse=removed)
    with pytest.raises(SettingsError) as caught:
        runner(stack, clock)(jobs.plan)
    assert caught.value.code == "dataverse.remove"
    assert stack.org_requests() == []


def test_a_role_name_that_is_too_long_is_refused(emulator: RunningEmulator) -> None:
    """Dataverse takes 100 characters; the settings say so before anything is sent."""
    with pytest.raises(SettingsError, match="1 to 100 characters"):
        ConnectedStack(emulator, dataverse={"role": "x" * 101})


def test_a_role_name_of_the_system_is_refused(refuse: Refuse) -> None:
    """System Customizer is a managed role with a template id: never ours, never changed."""
    error = refuse(dataverse={"role": "System Customizer"})
    assert (error.code, error.exit_code) == ("dataverse.managed_role", 4)


def test_an_ambiguous_business_unit_names_the_candidates(emulator: RunningEmulator, refuse: Refuse) -> None:
    """Two units of one name: their ids and parents are told, and an id settles it."""
    dataverse = Dataverse(emulator)
    apac, emea = dataverse.unit("contoso-apac"), dataverse.unit("contoso-emea")
    emulator.edit("businessunits", apac, {"name": "contoso-emea"})
    error = refuse(dataverse={"businessUnit": "contoso-emea"})
    assert (error.code, error.exit_code) == ("dataverse.business_unit", 2)
    assert f"{apac} (below contoso)" in error.message
    assert f"{emea} (below contoso)" in error.message


def test_a_business_unit_by_its_id_is_taken(emulator: RunningEmulator, clock: NoSleep) -> None:
    """Where the name is not enough, the id is."""
    emea = Dataverse(emulator).unit("contoso-emea")
    stack = ConnectedStack(emulator, dataverse={"businessUnit": emea})
    assert runner(stack, clock)(jobs.apply_and_prove)[1].result == "proved"
    users = stack.objects("systemusers")
    made = next(u for u in users if u.get("applicationid") == stack.outputs.client_id)
    assert made["_businessunitid_value"] == emea


def test_every_depth_of_the_role_editor_arrives(
    emulator: RunningEmulator, clock: NoSleep, tmp_path: Path
) -> None:
    """All eight rights and four depths, by a profile that knows no product of ours."""
    rights = ["create", "read", "write", "delete", "append", "appendTo", "assign", "share"]
    depths = {"account": "user", "contact": "businessUnit", "lead": "parentChild", "list": "organization"}
    lines = [{"table": t, "rights": list(rights), "depth": d} for t, d in depths.items()]
    (tmp_path / "profiles").mkdir()
    profile = tmp_path / "profiles" / "widgets.yaml"
    profile.write_text(yaml.safe_dump({"title": "Widgets", "role": {"tables": lines}}))
    stack = ConnectedStack(emulator, project_dir=tmp_path, profile="widgets")
    report, proof = runner(stack, clock)(jobs.apply_and_prove)
    assert proof.result == "proved"
    held = Dataverse(emulator).held_by_role(report.ids["roleId"])
    names = {"account": "Account", "contact": "Contact", "lead": "Lead", "list": "List"}
    words = {"user": "Basic", "businessUnit": "Local", "parentChild": "Deep", "organization": "Global"}
    for table, depth in depths.items():
        for right in rights:
            assert held[f"prv{right[0].upper()}{right[1:]}{names[table]}"] == words[depth]
