"""What is not ours: a role of the same name, and what becomes of it when it is just right."""

from __future__ import annotations

from typing import Any

import pytest

from connector.dataverse import jobs
from connector.dataverse.desired import Known
from connector.errors import DriftError
from tests.emulator_flows.conftest import Run
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.dataverse import Dataverse

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")


@pytest.fixture
def twin(stack: ConnectedStack, run: Run) -> str:
    """A role of our name with exactly our privileges, made by somebody else; ours is gone."""
    dataverse = Dataverse(stack.emulator)
    role_id = run(jobs.apply).ids["roleId"]
    privileges = dataverse.document("roles", role_id)["privileges"]
    run(jobs.remove)
    made = dataverse.new_role(stack.settings.role_name)
    stack.emulator.edit("roles", made, {"privileges": privileges})
    return made


def _role(stack: ConnectedStack, id: str) -> dict[str, Any]:
    return Dataverse(stack.emulator).document("roles", id)


def test_a_role_that_is_just_right_is_used_and_called_adopted(
    stack: ConnectedStack, run: Run, twin: str
) -> None:
    """It is assigned as it is: nothing on it is written, and the report names it as adopted."""
    before = _role(stack, twin)
    report, proof = run(jobs.apply_and_prove)
    assert (report.ids["adoptedRoleId"], report.ids["adopted"]) == (twin, "role")
    assert proof.result == "proved"
    assert _role(stack, twin) == before
    assert run(jobs.plan).result == "unchanged"


def test_an_adopted_role_that_grows_is_drift_and_never_cut(
    stack: ConnectedStack, run: Run, twin: str
) -> None:
    """What it has too much is named with exit 7, also when the record knows it."""
    run(jobs.apply)
    Dataverse(stack.emulator).add(twin, prvDeleteAccount="Global")
    known = Known(adopted_role_id=twin)
    report = run(jobs.plan, known=known)
    assert report.result == "refused"
    assert report.refusal.exit_code == 7
    assert "prvDeleteAccount" in report.refusal.message
    with pytest.raises(DriftError):
        run(jobs.apply, known=known)
    held = Dataverse(stack.emulator).held_by_role(twin)
    assert "prvDeleteAccount" in held


def test_an_adopted_role_stays_until_it_is_included(stack: ConnectedStack, run: Run, twin: str) -> None:
    """Remove takes it from our user and leaves it; --include-adopted deletes what the record names."""
    user_id = run(jobs.apply).ids["userId"]
    known = Known(adopted_role_id=twin, user_id=user_id)
    report = run(jobs.remove, known=known)
    assert any(c.action == "foreign" and c.kind == "security role" for c in report.changes)
    assert _role(stack, twin)
    run(jobs.apply, known=known)
    run(jobs.remove, known=known, include_adopted=True)
    assert not _role(stack, twin)


def test_a_role_of_the_name_in_another_business_unit_is_another_role(
    stack: ConnectedStack, run: Run
) -> None:
    """A role made in a child unit exists only there: ours is made beside it, in the root unit."""
    dataverse = Dataverse(stack.emulator)
    other = dataverse.new_role(stack.settings.role_name, dataverse.unit("contoso-emea"))
    assert run(jobs.apply_and_prove)[1].result == "proved"
    assert run(jobs.apply).result == "unchanged"
    run(jobs.remove)
    assert _role(stack, other)


def test_a_role_that_the_server_gave_another_id_is_ours_by_its_record(
    stack: ConnectedStack, run: Run, twin: str
) -> None:
    """With its id recorded it is kept exact like any of ours."""
    Dataverse(stack.emulator).add(twin, prvDeleteAccount="Global")
    known = Known(role_id=twin)
    assert run(jobs.apply_and_prove, known=known)[1].result == "proved"
    assert "prvDeleteAccount" not in Dataverse(stack.emulator).held_by_role(twin)
    assert run(jobs.remove, known=known).result == "removed"
    assert not _role(stack, twin)
