"""Roles assigned to users and teams, and what the user holds from them."""

from __future__ import annotations

import pytest

from emulator.seed import LIMITED_DEPLOYER
from tests.support.dataverse import APP, Dataverse, depths, error
from tests.support.emulator import RunningEmulator

NOBODY = "c0000000-0000-4000-8000-00000000dead"
_CRM = "Microsoft.Dynamics.CRM."


@pytest.fixture
def dataverse(emulator: RunningEmulator) -> Dataverse:
    """Organization 1, called by its administrator."""
    return Dataverse(emulator)


def _probe(dataverse: Dataverse, **held: str) -> tuple[str, str]:
    """Return a user and the role it has."""
    user, role = dataverse.new_user(), dataverse.new_role()
    dataverse.add(role, **held)
    assert dataverse.assign(user, role).status_code == 204
    return user, role


def test_assigning_twice_changes_nothing(dataverse: Dataverse) -> None:
    """A second POST of the same reference answers 204 and adds nothing."""
    user, role = _probe(dataverse)
    assert dataverse.assign(user, role).status_code == 204
    links = dataverse.get(f"systemusers({user})/systemuserroles_association/$ref").json()["value"]
    assert links == [{"@odata.id": f"{dataverse.api}/roles({role})"}]


@pytest.mark.parametrize("form", ["?$id={api}/roles({role})", "by-key"])
def test_role_is_taken_away_in_both_forms(dataverse: Dataverse, form: str) -> None:
    """DELETE works with $id and with the role's key in the path."""
    user, role = _probe(dataverse)
    path = f"systemusers({user})/systemuserroles_association"
    tail = f"({role})/$ref" if form == "by-key" else "/$ref" + form.format(api=dataverse.api, role=role)
    assert dataverse.delete(path + tail).status_code == 204
    assert dataverse.document("systemusers", user)["roles"] == []


def test_user_privileges_show_depth_unit_and_name(dataverse: Dataverse) -> None:
    """RetrieveUserPrivileges lists what the user's own roles give."""
    user, _ = _probe(dataverse, prvReadAccount="Deep")
    rows = dataverse.get(f"systemusers({user})/{_CRM}RetrieveUserPrivileges").json()["RolePrivileges"]
    (row,) = [row for row in rows if row["PrivilegeName"] == "prvReadAccount"]
    assert row["Depth"] == "Deep"
    assert row["BusinessUnitId"] == dataverse.unit()
    assert row["PrivilegeId"] == dataverse.privilege("prvReadAccount")


def test_team_privileges_are_a_separate_call(dataverse: Dataverse) -> None:
    """What the default team holds shows through teams, and in the set by names, but not as the user's own."""
    user, _ = _probe(dataverse, prvReadAccount="Local")
    extra = dataverse.new_role("Team role")
    dataverse.add(extra, prvDeleteAccount="Global")
    (team,) = dataverse.get("teams?$filter=isdefault eq true and name eq 'contoso'").json()["value"]
    body = {"@odata.id": f"{dataverse.api}/roles({extra})"}
    dataverse.post(f"teams({team['teamid']})/teamroles_association/$ref", body)
    bound = f"systemusers({user})/{_CRM}"
    assert "prvDeleteAccount" not in depths(dataverse.get(f"{bound}RetrieveUserPrivileges"))
    assert "prvDeleteAccount" in depths(dataverse.get(f"{bound}RetrieveUsersPrivilegesThroughTeams()"))
    names = '@p=["prvReadAccount","prvDeleteAccount","prvDeleteLead"]'
    by_names = depths(dataverse.get(f"{bound}RetrieveUserSetOfPrivilegesByNames(PrivilegeNames=@p)?{names}"))
    assert by_names == {"prvReadAccount": "Local", "prvDeleteAccount": "Global"}


def test_single_privilege_by_name(dataverse: Dataverse) -> None:
    """A privilege that is not held answers an empty list, an unknown name is refused."""
    user, _ = _probe(dataverse, prvReadAccount="Basic")
    call = f"systemusers({user})/{_CRM}RetrieveUserPrivilegeByPrivilegeName(PrivilegeName='{{}}')"
    assert depths(dataverse.get(call.format("prvReadAccount"))) == {"prvReadAccount": "Basic"}
    assert depths(dataverse.get(call.format("prvDeleteAccount"))) == {}
    assert dataverse.get(call.format("prvReadCampaignResponse")).status_code == 400


def test_application_reads_its_own_privileges(dataverse: Dataverse) -> None:
    """A user with any role may ask who it is and what it holds, and about nobody else."""
    user, _ = _probe(dataverse, prvReadAccount="Global")
    application = Dataverse(dataverse.emulator, client_id=APP)
    assert application.get("WhoAmI").json()["UserId"] == user
    own = depths(application.get(f"systemusers({user})/{_CRM}RetrieveUserPrivileges"))
    assert own["prvReadAccount"] == "Global"
    other = f"systemusers({dataverse.deployer()})/{_CRM}RetrieveUserPrivileges"
    assert error(application.get(other)) == (403, "0x80040220")


def test_the_security_role_decides_what_can_be_read(dataverse: Dataverse) -> None:
    """A list is empty with the read privilege, and refused without it."""
    _probe(dataverse, prvReadAccount="Global", prvReadActivity="Global")
    application = Dataverse(dataverse.emulator, client_id=APP)
    for readable in ("accounts", "tasks", "campaignresponses", "activityparties"):
        assert application.get(f"{readable}?$top=1").json()["value"] == []
    for refused in ("leads", "roles", "systemusers", "businessunits", "bizible2_bizible_events"):
        assert error(application.get(f"{refused}?$top=1")) == (403, "0x80040220")


def test_edits_behind_the_back_are_seen_at_once(dataverse: Dataverse) -> None:
    """A privilege, a role or a user that is taken away by the control surface is gone for the next call."""
    user, role = _probe(dataverse, prvReadAccount="Global")
    application, own = (
        Dataverse(dataverse.emulator, client_id=APP),
        f"systemusers({user})/{_CRM}RetrieveUserPrivileges",
    )
    dataverse.emulator.edit("roles", role, {"privileges": {dataverse.privilege("prvReadAccount"): None}})
    assert "prvReadAccount" not in depths(application.get(own))
    dataverse.emulator.edit("roles", role, delete=True)
    assert error(application.get("WhoAmI")) == (403, "0x80042f09")
    dataverse.emulator.edit("systemusers", user, delete=True)
    assert error(application.get("WhoAmI")) == (403, "0x80072560")


def test_ownership_across_business_units_lifts_the_unit_rule(dataverse: Dataverse) -> None:
    """With EnableOwnershipAcrossBusinessUnits a role of another business unit can be assigned."""
    user, role = dataverse.new_user(), dataverse.new_role("Elsewhere", dataverse.unit("contoso-apac"))
    dataverse.emulator.edit("organizations", dataverse.seed.id, {"EnableOwnershipAcrossBusinessUnits": True})
    assert dataverse.assign(user, role).status_code == 204


def test_cache_lags_until_the_reads_are_used_up(dataverse: Dataverse) -> None:
    """With `cacheLagReads` reads see the state before an edit, unless they ask for strong consistency."""
    user, role = _probe(dataverse)
    dataverse.emulator.edit("organizations", dataverse.seed.id, {"cacheLagReads": 2})
    dataverse.add(role, prvReadAccount="Global")
    call = f"systemusers({user})/{_CRM}RetrieveUserPrivileges"
    assert "prvReadAccount" in depths(dataverse.get(call, Consistency="Strong"))
    seen = ["prvReadAccount" in depths(dataverse.get(call)) for _ in range(3)]
    assert seen == [False, False, True]


def test_refusal_dataverse_relative_reference(dataverse: Dataverse) -> None:
    """A relative @odata.id is refused with 0x80048d19."""
    user, role = dataverse.new_user(), dataverse.new_role()
    path = f"systemusers({user})/systemuserroles_association/$ref"
    assert error(dataverse.post(path, {"@odata.id": f"/roles({role})"})) == (400, "0x80048d19")
    assert dataverse.document("systemusers", user)["roles"] == []


def test_refusal_dataverse_unknown_role(dataverse: Dataverse) -> None:
    """An unknown role answers 404 with 0x80040217, on assigning and on taking away."""
    user = dataverse.new_user()
    assert error(dataverse.assign(user, NOBODY)) == (404, "0x80040217")
    path = f"systemusers({user})/systemuserroles_association({NOBODY})/$ref"
    assert error(dataverse.delete(path)) == (404, "0x80040217")


def test_refusal_dataverse_role_of_another_business_unit(dataverse: Dataverse) -> None:
    """Without ownership across business units only roles of the user's own can be assigned."""
    user, role = dataverse.new_user(), dataverse.new_role("Elsewhere", dataverse.unit("contoso-apac"))
    assert dataverse.assign(user, role).status_code == 400
    assert dataverse.document("systemusers", user)["roles"] == []


def test_refusal_dataverse_role_on_a_disabled_user(dataverse: Dataverse) -> None:
    """A disabled user gets no role, unless the organization allows it."""
    user, role = dataverse.new_user(isdisabled=True), dataverse.new_role()
    assert dataverse.assign(user, role).status_code == 400
    dataverse.emulator.edit("organizations", dataverse.seed.id, {"allowRoleAssignmentOnDisabledUsers": True})
    assert dataverse.assign(user, role).status_code == 204


def test_refusal_dataverse_assigning_without_the_privilege(dataverse: Dataverse) -> None:
    """System Customizer lacks prvAssignRole: it makes roles and cannot assign them."""
    user, role = dataverse.new_user(), dataverse.new_role()
    answer = Dataverse(dataverse.emulator, client_id=LIMITED_DEPLOYER).assign(user, role)
    assert error(answer) == (403, "0x80040220")
    assert "is missing prvAssignRole privilege" in answer.json()["error"]["message"]
