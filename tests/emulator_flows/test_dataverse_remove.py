"""The way back against the emulator."""

from __future__ import annotations

import pytest

from connector.dataverse import jobs
from connector.errors import RefusedError
from tests.emulator_flows.conftest import Run
from tests.emulator_flows.tenant import ConnectedStack

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")


def test_remove_leaves_the_organization_as_it_was(stack: ConnectedStack, run: Run) -> None:
    """User, role and its copies are gone, in at most 14 requests."""
    before = {kind: len(stack.objects(kind)) for kind in ("roles", "systemusers")}
    run(jobs.apply)
    stack.emulator.requests(reset=True)
    report = run(jobs.remove)
    assert report.result == "removed"
    assert len(stack.org_requests()) <= 14
    assert {kind: len(stack.objects(kind)) for kind in before} == before


def test_a_second_remove_finds_nothing(stack: ConnectedStack, run: Run) -> None:
    """Removing what is not there is no error."""
    run(jobs.apply)
    run(jobs.remove)
    assert run(jobs.remove).result == "nothing"


def test_a_role_that_someone_else_holds_is_left(stack: ConnectedStack, run: Run) -> None:
    """A role assigned to another user is reported, and stays."""
    role_id = run(jobs.apply).ids["roleId"]
    other = next(
        u
        for u in stack.objects("systemusers")
        if u.get("applicationid") == "d0000000-0000-4000-8000-000000000002"
    )
    stack.emulator.edit("systemusers", other["systemuserid"], {"roles": [*other["roles"], role_id]})
    report = run(jobs.remove)
    assert any(c.action == "foreign" and "still assigned" in c.detail for c in report.changes)
    assert any(role["roleid"] == role_id for role in stack.objects("roles"))


def test_the_delete_race_is_retried(stack: ConnectedStack, run: Run) -> None:
    """The second delete may meet the user's own settings row (0x80048610); it goes again."""
    run(jobs.apply)
    stack.emulator.edit("organizations", "0c0c0c01-0000-4000-8000-000000000001", {"deleteRaces": 1})
    assert run(jobs.remove).result == "removed"


CAMPAIGN = "ca3ba150-0000-4000-8000-000000000001"


def as_application(stack: ConnectedStack, path: str, body: dict[str, object]) -> None:
    """Write a record as the connected application does."""
    url = stack.settings.dynamics_url
    secret = stack.outputs.client_secret.get_secret_value()
    token = stack.emulator.token(url, client_id=stack.outputs.client_id, secret=secret)
    answer = stack.emulator.http().post(
        f"{url}/api/data/v9.2/{path}", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 204, answer.text


@pytest.mark.parametrize("early", [False, True])
def test_a_user_that_owns_records_is_left_disabled_and_the_rest_goes(
    stack: ConnectedStack, run: Run, early: bool
) -> None:
    """Dataverse keeps a user with records: role and assignment go, the user is named, its record stays."""
    ids = run(jobs.apply).ids
    as_application(stack, "campaigns", {"campaignid": CAMPAIGN, "name": "Spring"})
    stack.emulator.edit(
        "organizations", "0c0c0c01-0000-4000-8000-000000000001", {"ownersStayAtFirstDelete": early}
    )
    stack.emulator.requests(reset=True)
    report = run(jobs.remove)
    (left,) = [change for change in report.changes if change.action == "foreign"]
    assert (left.kind, "owns records" in left.detail, "0x80048610" in left.detail) == (
        "application user",
        True,
        True,
    )
    assert report.result == "removed"
    assert len(stack.org_requests()) <= 16
    (user,) = [u for u in stack.objects("systemusers") if u["systemuserid"] == ids["userId"]]
    assert (user["isdisabled"], user["roles"], user["deletedstate"]) == (True, [], 0 if early else 1)
    assert ids["roleId"] not in {role["roleid"] for role in stack.objects("roles")}
    assert [row["campaignid"] for row in stack.objects("campaigns")] == [CAMPAIGN]


def test_a_delete_that_may_not_be_is_no_user_left(stack: ConnectedStack, run: Run) -> None:
    """A refusal that somebody can lift (rights, a service that is down) ends the run as before."""
    user_id = run(jobs.apply).ids["userId"]
    stack.emulator.fault("DELETE", f"/api/data/v9.2/systemusers({user_id})", answer="500", times=9)
    with pytest.raises(RefusedError):
        run(jobs.remove)
