"""Roles with their copies, and the three bound actions on their privileges."""

from __future__ import annotations

import json

import pytest

from emulator.dataverse.injected import SDK_PRIVILEGES, SHAREPOINT_PRIVILEGES
from tests.support.dataverse import Dataverse, depths, error
from tests.support.emulator import RunningEmulator

ROLE_ID = "b0000000-0000-4000-8000-000000000001"
_ACTION = "Microsoft.Dynamics.CRM."


@pytest.fixture
def dataverse(emulator: RunningEmulator) -> Dataverse:
    """Organization 1, called by its administrator."""
    return Dataverse(emulator)


def test_role_in_root_unit_is_copied_to_every_child(dataverse: Dataverse) -> None:
    """A role of the root business unit gets a copy with its own id in each child business unit."""
    role = dataverse.new_role("Copied")
    rows = dataverse.get(f"roles?$filter=_parentrootroleid_value eq {role}").json()["value"]
    units = {row["_businessunitid_value"] for row in rows}
    assert units == {dataverse.unit(), dataverse.unit("contoso-emea"), dataverse.unit("contoso-apac")}
    assert len({row["roleid"] for row in rows}) == 3


def test_role_in_child_unit_exists_only_there(dataverse: Dataverse) -> None:
    """A role made in a child business unit has no copies."""
    dataverse.new_role("Local", dataverse.unit("contoso-emea"))
    rows = dataverse.get("roles?$filter=name eq 'Local'").json()["value"]
    assert [row["_businessunitid_value"] for row in rows] == [dataverse.unit("contoso-emea")]


def test_role_keeps_the_id_it_was_given(dataverse: Dataverse) -> None:
    """A roleid in the body becomes the role's id, so that a lost answer can be looked up."""
    assert dataverse.new_role("Fixed", roleid=ROLE_ID) == ROLE_ID
    assert dataverse.get(f"roles({ROLE_ID})?$select=name").json()["name"] == "Fixed"


def test_new_role_holds_nine_privileges_nobody_asked_for(dataverse: Dataverse) -> None:
    """Creating a role adds the SDK metadata reads and four SharePoint privileges, all Global."""
    held = dataverse.held_by_role(dataverse.new_role())
    assert held == dict.fromkeys((*SDK_PRIVILEGES, *SHAREPOINT_PRIVILEGES), "Global")


def test_copy_has_the_privileges_of_its_root(dataverse: Dataverse) -> None:
    """What the root role holds, its copies hold, with their own business unit."""
    role = dataverse.new_role()
    dataverse.add(role, prvReadAccount="Deep")
    emea = dataverse.unit("contoso-emea")
    path = f"roles?$filter=_parentrootroleid_value eq {role} and _businessunitid_value eq {emea}"
    (copy,) = dataverse.get(path).json()["value"]
    rows = dataverse.get(f"RetrieveRolePrivilegesRole(RoleId={copy['roleid']})").json()["RolePrivileges"]
    (read,) = [row for row in rows if row["PrivilegeName"] == "prvReadAccount"]
    assert (read["Depth"], read["BusinessUnitId"]) == ("Deep", emea)


@pytest.mark.parametrize(("given", "shown"), [("Basic", "Basic"), (1, "Local"), ("2", "Deep"), (3, "Global")])
def test_depth_is_taken_by_name_or_number(dataverse: Dataverse, given: object, shown: str) -> None:
    """AddPrivilegesRole takes a depth by name or number; reading back shows the name."""
    role = dataverse.new_role()
    assert dataverse.add(role, prvReadContact=given).status_code == 204  # type: ignore[arg-type]
    assert dataverse.held_by_role(role)["prvReadContact"] == shown


def test_add_raises_and_never_lowers(dataverse: Dataverse) -> None:
    """Adding a privilege again widens its depth or leaves it."""
    role = dataverse.new_role()
    dataverse.add(role, prvReadAccount="Local")
    dataverse.add(role, prvReadAccount="Global")
    dataverse.add(role, prvReadAccount="Basic")
    assert dataverse.held_by_role(role)["prvReadAccount"] == "Global"


def test_replace_leaves_sharepoint_and_clears_the_rest(dataverse: Dataverse) -> None:
    """ReplacePrivilegesRole sets exactly the given ones, but the SharePoint four stay."""
    role = dataverse.new_role()
    body = {"Privileges": [{"PrivilegeId": dataverse.privilege("prvReadLead"), "Depth": "Global"}]}
    assert dataverse.post(f"roles({role})/{_ACTION}ReplacePrivilegesRole", body).status_code == 204
    assert set(dataverse.held_by_role(role)) == {"prvReadLead", *SHAREPOINT_PRIVILEGES}


def _remove(dataverse: Dataverse, role: str, name: str) -> int:
    reference = {"@odata.type": f"{_ACTION}privilege", "privilegeid": dataverse.privilege(name)}
    path = f"roles({role})/{_ACTION}RemovePrivilegeRole"
    return dataverse.post(path, {"Privilege": reference}).status_code


def test_only_remove_strips_the_sharepoint_privileges_and_add_brings_them_back(dataverse: Dataverse) -> None:
    """RemovePrivilegeRole takes the injected ones away one by one; AddPrivilegesRole re-adds four."""
    role = dataverse.new_role()
    for name in (*SDK_PRIVILEGES, *SHAREPOINT_PRIVILEGES):
        assert _remove(dataverse, role, name) == 204
    assert dataverse.held_by_role(role) == {}
    dataverse.add(role, prvReadLead="Global")
    assert set(dataverse.held_by_role(role)) == {"prvReadLead", *SHAREPOINT_PRIVILEGES}


@pytest.mark.parametrize(
    "body",
    [
        {"PrivilegeId": "{id}"},
        {"Privilege": {"privilegeid": "{id}"}},
        {"Privilege": {"@odata.type": f"{_ACTION}privilege", "privilegeid": "{id}"}, "PrivilegeId": "{id}"},
    ],
)
def test_refusal_remove_wants_an_entity_reference(dataverse: Dataverse, body: dict[str, object]) -> None:
    """RemovePrivilegeRole refuses a PrivilegeId and a reference without its type."""
    text = json.dumps(body).replace("{id}", dataverse.privilege("prvReadPluginType"))
    path = f"roles({dataverse.new_role()})/{_ACTION}RemovePrivilegeRole"
    assert error(dataverse.post(path, json.loads(text))) == (400, "0x80048d19")


def test_role_privileges_by_alias_and_by_association(dataverse: Dataverse) -> None:
    """The alias form gives depths; the association gives names without them."""
    role = dataverse.new_role()
    by_alias = depths(dataverse.get(f"RetrieveRolePrivilegesRole(RoleId=@r)?@r={role}"))
    rows = dataverse.get(f"roles({role})/roleprivileges_association?$select=name").json()["value"]
    assert {row["name"] for row in rows} == set(by_alias)
    assert not any("Depth" in row for row in rows)


def test_deleting_a_role_takes_its_copies_and_assignments(dataverse: Dataverse) -> None:
    """After DELETE neither the copies nor the assignments are left."""
    role, user = dataverse.new_role(), dataverse.new_user()
    dataverse.assign(user, role)
    assert dataverse.delete(f"roles({role})").status_code == 204
    assert dataverse.get(f"roles?$filter=_parentrootroleid_value eq {role}").json()["value"] == []
    assert dataverse.document("systemusers", user)["roles"] == []


def test_renaming_a_role_renames_its_copies(dataverse: Dataverse) -> None:
    """PATCH of a root role reaches every copy."""
    role = dataverse.new_role("Before")
    assert dataverse.patch(f"roles({role})", {"name": "After"}, If_Match="*").status_code == 204
    assert len(dataverse.get("roles?$filter=name eq 'After'").json()["value"]) == 3


def test_patch_without_if_match_is_an_upsert(dataverse: Dataverse) -> None:
    """PATCH at an unknown id silently makes a role."""
    body = {"name": "Oops", "businessunitid@odata.bind": f"/businessunits({dataverse.unit()})"}
    assert dataverse.patch(f"roles({ROLE_ID})", body).status_code == 204
    assert dataverse.document("roles", ROLE_ID)["name"] == "Oops"


@pytest.mark.parametrize("name", ["System Administrator", "System Customizer"])
def test_refusal_built_in_roles_stay_as_they_are(dataverse: Dataverse, name: str) -> None:
    """A managed role can be neither deleted nor renamed nor given privileges."""
    role = dataverse.built_in(name)
    assert dataverse.delete(f"roles({role})").status_code == 400
    assert dataverse.patch(f"roles({role})", {"name": "Mine"}, If_Match="*").status_code == 400
    assert dataverse.add(role, prvReadAccount="Global").status_code == 400


def test_refusal_copies_are_not_edited(dataverse: Dataverse) -> None:
    """The copy in a child business unit refuses privileges, a new name and deletion."""
    role = dataverse.new_role()
    rows = dataverse.get(f"roles?$filter=_parentrootroleid_value eq {role}").json()["value"]
    copy = next(row["roleid"] for row in rows if row["roleid"] != role)
    assert dataverse.add(copy, prvReadAccount="Global").status_code == 400
    assert dataverse.patch(f"roles({copy})", {"name": "Mine"}, If_Match="*").status_code == 400
    assert dataverse.delete(f"roles({copy})").status_code == 400


def test_refusal_depth_that_the_privilege_cannot_take(dataverse: Dataverse) -> None:
    """An organization-owned table's privilege cannot be given at user depth."""
    role = dataverse.new_role()
    assert dataverse.add(role, prvReadTransactionCurrency="Basic").status_code == 400
    assert "prvReadTransactionCurrency" not in dataverse.held_by_role(role)


def test_refusal_role_name_over_100_characters(dataverse: Dataverse) -> None:
    """A name of 101 characters is refused, one of 100 is not."""
    body = {"businessunitid@odata.bind": f"/businessunits({dataverse.unit()})"}
    assert error(dataverse.post("roles", body | {"name": "n" * 101})) == (400, "0x80044331")
    assert dataverse.post("roles", body | {"name": "n" * 100}).status_code == 204


def test_refusal_second_role_with_the_same_id(dataverse: Dataverse) -> None:
    """Creating a role whose id is taken answers 412."""
    dataverse.new_role("One", roleid=ROLE_ID)
    bind = {"businessunitid@odata.bind": f"/businessunits({dataverse.unit()})"}
    assert error(dataverse.post("roles", {"name": "Two", "roleid": ROLE_ID, **bind})) == (412, "0x80040237")


def test_refusal_unknown_property_of_a_role(dataverse: Dataverse) -> None:
    """A property that a role does not have is refused."""
    bind = {"businessunitid@odata.bind": f"/businessunits({dataverse.unit()})"}
    assert error(dataverse.post("roles", {"name": "X", "colour": "red", **bind})) == (400, "0x80060888")
