"""What Dataverse refuses: who may not come in, and who may not hand out what."""

from __future__ import annotations

import pytest

from emulator.keys import SigningKey
from emulator.seed import CONTOSO, FABRIKAM, FABRIKAM_DEPLOYER, LIMITED_DEPLOYER
from tests.support.dataverse import APP, Dataverse, add_principal, error, mint, user_body
from tests.support.emulator import RunningEmulator


@pytest.fixture
def dataverse(emulator: RunningEmulator) -> Dataverse:
    """Organization 1, called by its administrator."""
    return Dataverse(emulator)


def _refused_token(emulator: RunningEmulator, token: str) -> None:
    answer = Dataverse(emulator, token=token).get("WhoAmI")
    assert (answer.status_code, answer.content) == (401, b"")
    assert CONTOSO in answer.headers["WWW-Authenticate"]
    assert answer.headers["401_error_reason"]


def test_refusal_dataverse_token_for_another_audience(emulator: RunningEmulator) -> None:
    """A token for another organization of the same tenant is refused with 401."""
    _refused_token(emulator, mint(emulator, 2))


def test_refusal_dataverse_token_for_graph(emulator: RunningEmulator) -> None:
    """A token for Graph is refused with 401."""
    _refused_token(emulator, emulator.token())


def test_refusal_dataverse_token_of_another_tenant(emulator: RunningEmulator) -> None:
    """A token that another tenant issued for this organization is refused with 401."""
    _refused_token(emulator, mint(emulator, 1, tid=FABRIKAM))


def test_refusal_dataverse_expired_token(emulator: RunningEmulator) -> None:
    """A token past its expiry is refused with 401."""
    token = mint(emulator)
    emulator.clock("+2h")
    _refused_token(emulator, token)


def test_refusal_dataverse_token_of_another_key(emulator: RunningEmulator) -> None:
    """A token that the login host did not sign is refused with 401."""
    foreign = SigningKey(emulator.folder / "foreign-key.pem")
    _refused_token(emulator, foreign.sign({"aud": emulator.org(1), "tid": CONTOSO, "exp": 9e9}))


def test_refusal_dataverse_no_application_user(emulator: RunningEmulator) -> None:
    """A service principal without an application user is no member of the organization."""
    answer = Dataverse(emulator, client_id=APP).get("WhoAmI")
    assert error(answer) == (403, "0x80072560")
    assert answer.json()["error"]["message"] == "The user is not a member of the organization."


def test_refusal_dataverse_soft_deleted_caller(dataverse: Dataverse) -> None:
    """A soft-deleted application user is no member any more."""
    user = dataverse.new_user()
    dataverse.emulator.edit("systemusers", user, {"deletedstate": 1})
    assert error(Dataverse(dataverse.emulator, client_id=APP).get("WhoAmI")) == (403, "0x80072560")


def test_refusal_dataverse_disabled_caller(dataverse: Dataverse) -> None:
    """A disabled application user is refused."""
    user = dataverse.new_user()
    dataverse.assign(user, dataverse.new_role())
    dataverse.patch(f"systemusers({user})", {"isdisabled": True}, If_Match="*")
    assert error(Dataverse(dataverse.emulator, client_id=APP).get("WhoAmI")) == (403, "0x80040225")


def test_refusal_dataverse_caller_without_roles(dataverse: Dataverse) -> None:
    """A user without any role is refused even WhoAmI, which so proves at least one role."""
    dataverse.new_user()
    assert error(Dataverse(dataverse.emulator, client_id=APP).get("WhoAmI")) == (403, "0x80042f09")


def test_refusal_dataverse_second_application_user(dataverse: Dataverse) -> None:
    """One application has one user: a second answers 412, whatever the case of the id."""
    dataverse.new_user()
    answer = dataverse.post("systemusers", user_body(dataverse.unit("contoso-emea"), APP.upper()))
    assert error(answer) == (412, "0x80040237")
    assert answer.json()["error"]["message"] == "A record with matching key values already exists."


def test_refusal_dataverse_user_without_business_unit(dataverse: Dataverse) -> None:
    """A user without businessunitid is refused with 0x80040530."""
    add_principal(dataverse.emulator)
    answer = dataverse.post("systemusers", {"applicationid": APP, "accessmode": 4})
    assert error(answer) == (400, "0x80040530")


def test_refusal_dataverse_user_for_an_unknown_service_principal(dataverse: Dataverse) -> None:
    """Without a service principal in the organization's own tenant there is no application user."""
    add_principal(dataverse.emulator, tenant=FABRIKAM)
    assert dataverse.post("systemusers", user_body(dataverse.unit())).status_code == 400
    assert not [u for u in dataverse.get("systemusers").json()["value"] if u["applicationid"] == APP]


def test_refusal_dataverse_making_a_user_without_the_privilege(emulator: RunningEmulator) -> None:
    """System Customizer cannot make users."""
    add_principal(emulator)
    limited = Dataverse(emulator, client_id=LIMITED_DEPLOYER)
    answer = limited.post("systemusers", user_body(limited.unit()))
    assert error(answer) == (403, "0x80040220")
    assert "is missing prvCreateUser privilege" in answer.json()["error"]["message"]


def _without(dataverse: Dataverse, name: str) -> Dataverse:
    """The administrator after its role has lost one privilege."""
    role = dataverse.built_in("System Administrator")
    dataverse.emulator.edit("roles", role, {"privileges": {dataverse.privilege(name): None}})
    return dataverse


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("prvCreateRole", "POST", "roles"),
        ("prvReadRole", "GET", "roles"),
        ("prvReadRole", "GET", "RetrieveRolePrivilegesRole(RoleId={role})"),
        ("prvWriteRole", "PATCH", "roles({role})"),
        ("prvWriteRole", "POST", "roles({role})/Microsoft.Dynamics.CRM.AddPrivilegesRole"),
        ("prvWriteRole", "POST", "roles({role})/Microsoft.Dynamics.CRM.ReplacePrivilegesRole"),
        ("prvWriteRole", "POST", "roles({role})/Microsoft.Dynamics.CRM.RemovePrivilegeRole"),
        ("prvDeleteRole", "DELETE", "roles({role})"),
        ("prvAssignRole", "DELETE", "systemusers({user})/systemuserroles_association({role})/$ref"),
        ("prvReadUser", "GET", "systemusers"),
        ("prvWriteUser", "PATCH", "systemusers({user})"),
        ("prvDisableUser", "PATCH", "systemusers({user})"),
        ("prvDeleteUser", "DELETE", "systemusers({user})"),
        ("prvReadBusinessUnit", "GET", "businessunits"),
        ("prvReadSolution", "GET", "solutions"),
        ("prvReadEntity", "GET", "EntityDefinitions"),
        ("prvReadLead", "GET", "leads"),
    ],
)
def test_refusal_dataverse_missing_privilege(dataverse: Dataverse, name: str, method: str, path: str) -> None:
    """Each operation needs its privilege; without it 403 names the one that is missing."""
    user, role = dataverse.new_user(), dataverse.new_role()
    caller = _without(dataverse, name)
    answer = caller.request(
        method, path.format(user=user, role=role), {"isdisabled": True} if "PATCH" in method else {}
    )
    assert error(answer) == (403, "0x80040220")
    assert f"is missing {name} privilege" in answer.json()["error"]["message"]


def test_refusal_dataverse_text_names_the_principal(dataverse: Dataverse) -> None:
    """The text carries the user, its role count, its privilege count and its access mode."""
    answer = _without(dataverse, "prvReadLead").get("leads")
    count = len(dataverse.document("roles", dataverse.built_in("System Administrator"))["privileges"])
    assert answer.json()["error"]["message"].startswith(
        f"Principal user (Id={dataverse.deployer()}, type=8, roleCount=1, privilegeCount={count}, "
        "accessMode='4 Non-interactive'"
    )


def test_refusal_dataverse_granting_what_the_caller_does_not_hold(dataverse: Dataverse) -> None:
    """A privilege that the caller lacks cannot be put into a role, by adding or by replacing."""
    role, lead = dataverse.new_role(), dataverse.privilege("prvDeleteLead")
    caller = _without(dataverse, "prvDeleteLead")
    assert error(caller.add(role, prvDeleteLead="Basic")) == (403, "0x80040220")
    body = {"Privileges": [{"PrivilegeId": lead, "Depth": "Basic"}]}
    answer = caller.post(f"roles({role})/Microsoft.Dynamics.CRM.ReplacePrivilegesRole", body)
    assert error(answer) == (403, "0x80040220")
    assert "prvDeleteLead" not in caller.held_by_role(role)


def test_refusal_dataverse_granting_deeper_than_the_caller_holds(emulator: RunningEmulator) -> None:
    """System Customizer holds accounts at user depth and cannot grant them to the organization."""
    limited = Dataverse(emulator, client_id=LIMITED_DEPLOYER)
    role = limited.new_role()
    assert error(limited.add(role, prvReadAccount="Global")) == (403, "0x80040220")
    assert limited.add(role, prvReadAccount="Basic").status_code == 204


def test_refusal_dataverse_assigning_more_than_the_caller_holds(dataverse: Dataverse) -> None:
    """A role with a privilege that the caller lacks cannot be assigned by it."""
    user, role = dataverse.new_user(), dataverse.new_role()
    dataverse.add(role, prvDeleteLead="Global")
    answer = _without(dataverse, "prvDeleteLead").assign(user, role)
    assert error(answer) == (403, "0x80040220")
    assert dataverse.document("systemusers", user)["roles"] == []


def test_refusal_dataverse_version_that_is_not_served(dataverse: Dataverse) -> None:
    """v9.3 and later answer 501."""
    assert error(dataverse.get(f"{dataverse.url}/api/data/v9.3/WhoAmI")) == (501, "0x8006088a")


def test_refusal_dataverse_unreadable_body(dataverse: Dataverse) -> None:
    """A body that is no JSON object answers 0x80048d19."""
    assert error(dataverse.post("roles", ["not", "an", "object"])) == (400, "0x80048d19")


def test_refusal_dataverse_impersonation_is_not_emulated(dataverse: Dataverse) -> None:
    """An impersonation header is refused and logged as not emulated, never ignored."""
    answer = dataverse.get("WhoAmI", MSCRMCallerID=dataverse.deployer())
    assert error(answer) == (400, "0x80060888")
    assert dataverse.emulator.requests()[-1]["emulated"] is False


def test_refusal_dataverse_other_tenants_deployer(emulator: RunningEmulator) -> None:
    """Another tenant's deployer opens its own organization and not this one."""
    assert Dataverse(emulator, 3, client_id=FABRIKAM_DEPLOYER).get("WhoAmI").status_code == 200
    _refused_token(emulator, mint(emulator, 1, FABRIKAM_DEPLOYER, tid=FABRIKAM))
