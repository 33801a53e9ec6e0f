"""Application users: what is filled in, who is found, and how one goes away."""

from __future__ import annotations

import pytest

from emulator.seed import CONTOSO
from tests.support.dataverse import APP, PRINCIPAL, Dataverse, add_principal, error, user_body
from tests.support.emulator import RunningEmulator

GHOST = "c0000000-0000-4000-8000-000000000001"


@pytest.fixture
def dataverse(emulator: RunningEmulator) -> Dataverse:
    """Organization 1, called by its administrator."""
    return Dataverse(emulator)


def test_new_user_is_filled_in_from_the_service_principal(dataverse: Dataverse) -> None:
    """Object id, names and address come from the service principal; the first name is #."""
    row = dataverse.get(f"systemusers({dataverse.new_user()})").json()
    assert row["azureactivedirectoryobjectid"] == PRINCIPAL
    assert (row["firstname"], row["fullname"]) == ("#", "# Widget Sync")
    assert row["applicationiduri"] == "https://widgets.example"
    assert row["domainname"] == f"WidgetSync+{APP}@{CONTOSO}.com"
    assert (row["deletedstate"], row["isdisabled"], row["accessmode"]) == (0, False, 4)


def test_representation_when_preferred(dataverse: Dataverse) -> None:
    """`Prefer: return=representation` answers 201 with the row, otherwise 204 with its address."""
    add_principal(dataverse.emulator)
    body = user_body(dataverse.unit())
    answer = dataverse.post("systemusers?$select=applicationid", body, Prefer="return=representation")
    assert (answer.status_code, answer.json()["applicationid"]) == (201, APP)
    assert answer.headers["OData-EntityId"].endswith(f"({answer.json()['systemuserid']})")


def test_user_is_found_by_application_id_with_its_roles(dataverse: Dataverse) -> None:
    """The filter by unquoted GUID finds the user, the expand shows its roles."""
    user, role = dataverse.new_user(), dataverse.new_role("Seen")
    dataverse.assign(user, role)
    path = (
        f"systemusers?$select=systemuserid,deletedstate&$filter=applicationid eq {APP}"
        "&$expand=systemuserroles_association($select=name)"
    )
    (row,) = dataverse.get(path).json()["value"]
    assert row["systemuserid"] == user
    assert [role["name"] for role in row["systemuserroles_association"]] == ["Seen"]


def test_alternate_key_by_object_id(dataverse: Dataverse) -> None:
    """systemusers(azureactivedirectoryobjectid=…) answers the row, or 404."""
    user = dataverse.new_user()
    found = dataverse.get(f"systemusers(azureactivedirectoryobjectid={PRINCIPAL})")
    assert found.json()["systemuserid"] == user
    assert dataverse.get(f"systemusers(azureactivedirectoryobjectid={GHOST})").status_code == 404


def test_new_user_names_who_created_it(dataverse: Dataverse) -> None:
    """Its row has the caller's user in `createdby`."""
    made = dataverse.new_user()
    row = dataverse.get(f"systemusers({made})?$select=_createdby_value").json()
    assert row["_createdby_value"] == dataverse.deployer()


def test_first_delete_leaves_a_ghost_that_blocks_a_new_user(dataverse: Dataverse) -> None:
    """A deleted user is listed with deletedstate 1 and blocks its application until deleted again."""
    user = dataverse.new_user()
    dataverse.patch(f"systemusers({user})", {"isdisabled": True}, If_Match="*")
    assert dataverse.delete(f"systemusers({user})").status_code == 204
    path = f"systemusers?$select=deletedstate&$filter=applicationid eq {APP}"
    assert [row["deletedstate"] for row in dataverse.get(path).json()["value"]] == [1]
    assert error(dataverse.post("systemusers", user_body(dataverse.unit()))) == (412, "0x80040237")
    assert dataverse.delete(f"systemusers({user})").status_code == 204
    assert dataverse.post("systemusers", user_body(dataverse.unit())).status_code == 204


def test_second_delete_may_lose_a_race(dataverse: Dataverse) -> None:
    """With the knob `deleteRaces` the hard delete fails once with 0x80048610; a retry works."""
    user = dataverse.new_user()
    dataverse.patch(f"systemusers({user})", {"isdisabled": True}, If_Match="*")
    dataverse.delete(f"systemusers({user})")
    dataverse.emulator.edit("organizations", dataverse.seed.id, {"deleteRaces": 1})
    assert error(dataverse.delete(f"systemusers({user})")) == (400, "0x80048610")
    assert dataverse.delete(f"systemusers({user})").status_code == 204


def test_service_principal_is_not_seen_at_once(dataverse: Dataverse) -> None:
    """With the knob `directoryLagPosts` the first POST does not see the new service principal."""
    add_principal(dataverse.emulator)
    dataverse.emulator.edit("organizations", dataverse.seed.id, {"directoryLagPosts": 1})
    body = user_body(dataverse.unit())
    assert [dataverse.post("systemusers", body).status_code for _ in range(2)] == [400, 204]


def test_moving_a_user_drops_its_roles(dataverse: Dataverse) -> None:
    """In another business unit a user has no roles any more."""
    user = dataverse.new_user()
    dataverse.assign(user, dataverse.new_role())
    bind = {"businessunitid@odata.bind": f"/businessunits({dataverse.unit('contoso-emea')})"}
    assert dataverse.patch(f"systemusers({user})", bind, If_Match="*").status_code == 204
    assert dataverse.get(f"systemusers({user})/systemuserroles_association/$ref").json()["value"] == []


def test_patch_without_if_match_is_an_upsert(dataverse: Dataverse) -> None:
    """PATCH at an unknown id silently makes a user."""
    add_principal(dataverse.emulator)
    assert dataverse.patch(f"systemusers({GHOST})", user_body(dataverse.unit())).status_code == 204
    assert dataverse.document("systemusers", GHOST)["applicationid"] == APP


def test_refusal_dataverse_if_match_on_an_absent_user(dataverse: Dataverse) -> None:
    """`If-Match: *` turns the upsert into an update: an unknown id answers 404."""
    add_principal(dataverse.emulator)
    answer = dataverse.patch(f"systemusers({GHOST})", user_body(dataverse.unit()), If_Match="*")
    assert error(answer) == (404, "0x80040217")
    assert dataverse.document("systemusers", GHOST) == {}


def test_refusal_dataverse_stale_version(dataverse: Dataverse) -> None:
    """An ETag that is no longer the row's answers 412, the current one is taken."""
    user = dataverse.new_user()
    before = dataverse.get(f"systemusers({user})").json()["@odata.etag"]
    assert dataverse.patch(f"systemusers({user})", {"isdisabled": True}, If_Match=before).status_code == 204
    answer = dataverse.patch(f"systemusers({user})", {"isdisabled": False}, If_Match=before)
    assert error(answer) == (412, "0x80060882")


def test_refusal_dataverse_if_none_match_on_an_existing_user(dataverse: Dataverse) -> None:
    """`If-None-Match: *` turns the upsert into a create: an existing id answers 412."""
    user = dataverse.new_user()
    answer = dataverse.patch(f"systemusers({user})", {"isdisabled": True}, If_None_Match="*")
    assert error(answer) == (412, "0x80040237")


def test_refusal_dataverse_delete_of_an_enabled_user(dataverse: Dataverse) -> None:
    """Only a disabled user can be deleted."""
    user = dataverse.new_user()
    assert dataverse.delete(f"systemusers({user})").status_code == 400
    assert dataverse.document("systemusers", user)["deletedstate"] == 0


@pytest.mark.parametrize("early", [False, True])
def test_refusal_dataverse_delete_of_a_user_with_records(dataverse: Dataverse, early: bool) -> None:
    """A user that owns records never goes for good, with a knob not even softly; without them it does."""
    dataverse.emulator.edit("organizations", dataverse.seed.id, {"ownersStayAtFirstDelete": early})
    user = dataverse.new_user()
    dataverse.patch(f"systemusers({user})", {"isdisabled": True}, If_Match="*")
    owned = {"accountid": GHOST, "name": "Owned", "_ownerid_value": user}
    dataverse.emulator.store.put(dataverse.seed.id, "accounts", GHOST, owned)
    answers = [dataverse.delete(f"systemusers({user})") for _ in range(2)]
    assert answers[0].status_code == (400 if early else 204)
    assert error(answers[1]) == (400, "0x80048610")
    assert dataverse.document("systemusers", user)["deletedstate"] == (0 if early else 1)
    dataverse.emulator.edit("accounts", GHOST, {"_ownerid_value": dataverse.deployer()})
    while dataverse.document("systemusers", user):
        assert dataverse.delete(f"systemusers({user})").status_code == 204


@pytest.mark.parametrize("change", [{"isdisabled": "yes"}, {"accessmode": "4"}, {"accessmode": True}])
def test_refusal_dataverse_value_of_another_type(dataverse: Dataverse, change: dict[str, object]) -> None:
    """A value of the wrong type cannot be deserialised."""
    answer = dataverse.patch(f"systemusers({dataverse.new_user()})", change, If_Match="*")
    assert error(answer) == (400, "0x80048d19")
