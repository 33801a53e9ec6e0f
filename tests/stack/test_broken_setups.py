"""`verify` on set-ups that are broken in one way each: it names that one cause and no other first."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from emulator.login.credentials import hash_of
from emulator.seed import CONTOSO, FABRIKAM
from tests.stack.test_proof import ORGANIZATION, our_role, our_user, rows
from tests.support.project import Project

pytestmark = pytest.mark.stack
Break = Callable[[Project], None]


@dataclass(frozen=True)
class Case:
    """One thing broken: how, and what `verify` says of it."""

    name: str
    spoil: Break
    code: str
    words: tuple[str, ...] = ()
    exit_code: int = 1


def application(stack: Project) -> dict[str, Any]:
    """The stack's application."""
    (found,) = stack.emulator.store.find(CONTOSO, "applications", appId=stack.outputs()["clientId"])
    return found


def revoke_consent(stack: Project) -> None:
    """Take one of the two grants away."""
    principal = stack.outputs()["servicePrincipalObjectId"]
    grants = [g for g in rows(stack, "oauth2PermissionGrants", CONTOSO) if g["clientId"] == principal]
    grant = next(g for g in grants if "user_impersonation" in g["scope"])
    stack.emulator.edit("oauth2PermissionGrants", grant["id"], delete=True)


def widen_consent(stack: Project) -> None:
    """Let the portal's button grant more than is asked."""
    principal = stack.outputs()["servicePrincipalObjectId"]
    grants = [g for g in rows(stack, "oauth2PermissionGrants", CONTOSO) if g["clientId"] == principal]
    grant = next(g for g in grants if "openid" in g["scope"])
    stack.emulator.edit("oauth2PermissionGrants", grant["id"], {"scope": "openid Mail.Read"})


def remove_role(stack: Project) -> None:
    """Delete the security role."""
    stack.emulator.edit("roles", our_role(stack)["roleid"], delete=True)


def unassign_role(stack: Project) -> None:
    """Take the role from the application user."""
    stack.emulator.edit("systemusers", our_user(stack)["systemuserid"], {"roles": []})


def lower_depth(stack: Project) -> None:
    """One privilege reaches the user's own rows only."""
    role = our_role(stack)
    names = {p["privilegeid"]: p["name"] for p in rows(stack, "privileges")}
    lead = next(id for id in role["privileges"] if names[id] == "prvReadLead")
    stack.emulator.edit("roles", role["roleid"], {"privileges": {lead: "Basic"}})


def disable_user(stack: Project) -> None:
    """Disable the application user."""
    stack.emulator.edit("systemusers", our_user(stack)["systemuserid"], {"isdisabled": True})


def delete_user(stack: Project) -> None:
    """Delete the application user."""
    stack.emulator.edit("systemusers", our_user(stack)["systemuserid"], delete=True)


def let_expire(stack: Project) -> None:
    """Half a year and more goes by."""
    stack.emulator.clock("+200d")


def hold_another_stacks_secret(stack: Project) -> None:
    """The secret hangs on another stack's application, and on ours another one."""
    ours = application(stack)
    other = str(uuid.uuid4())
    credential = dict(ours["passwordCredentials"][0])
    twin = ours | {
        "id": other,
        "appId": str(uuid.uuid4()),
        "displayName": "Marketo Measure (other)",
        "tags": ["dynamics-connect:other"],
        "passwordCredentials": [credential],
    }
    stack.emulator.store.put(CONTOSO, "applications", other, twin)
    own = credential | {"keyId": str(uuid.uuid4()), "hint": "zzz"}
    stack.emulator.edit("applications", ours["id"], {"passwordCredentials": [own]})


def hold_a_wrong_value(stack: Project) -> None:
    """The key id is ours, and its value another one than the stack has."""
    ours = application(stack)
    credential = dict(ours["passwordCredentials"][0])
    stack.emulator.edit("secretHashes", credential["keyId"], {"sha256": hash_of("another")})
    past = {"hint": "ano", "startDateTime": "2020-01-01T00:00:00Z"}
    stack.emulator.edit("applications", ours["id"], {"passwordCredentials": [credential | past]})


def hold_a_fresh_secret(stack: Project) -> None:
    """The login service does not know the secret yet, made moments ago."""
    key_id = application(stack)["passwordCredentials"][0]["keyId"]
    stack.emulator.edit("secretHashes", key_id, delete=True)


def remove_the_secret(stack: Project) -> None:
    """Somebody removed it in the portal."""
    ours = application(stack)
    stack.emulator.edit("applications", ours["id"], {"passwordCredentials": []})


def point_to_another_environment(stack: Project) -> None:
    """The URL is that of the tenant's other organization."""
    stack.settings["dynamicsUrl"] = stack.emulator.org(2)
    stack.write_settings()


def point_to_another_tenant(stack: Project) -> None:
    """The URL is that of another company's organization."""
    stack.settings["dynamicsUrl"] = stack.emulator.org(3)
    stack.write_settings()


def name_another_tenant(stack: Project) -> None:
    """The settings name a tenant that the deployer does not log in to."""
    stack.settings["tenantId"] = FABRIKAM
    stack.write_settings()


def remove_assignment(stack: Project) -> None:
    """Adele is assigned no longer."""
    principal = stack.outputs()["servicePrincipalObjectId"]
    everyone = rows(stack, "appRoleAssignments", CONTOSO)
    adele = next(a for a in everyone if a["resourceId"] == principal and a["principalType"] == "User")
    stack.emulator.edit("appRoleAssignments", adele["id"], delete=True)


def disable_principal(stack: Project) -> None:
    """Sign-in is switched off for the enterprise application."""
    principal = stack.outputs()["servicePrincipalObjectId"]
    stack.emulator.edit("servicePrincipals", principal, {"accountEnabled": False})


def forbid_through_a_team(stack: Project) -> None:
    """A team that the user is in may delete accounts."""
    user = our_user(stack)
    delete = next(p["privilegeid"] for p in rows(stack, "privileges") if p["name"] == "prvDeleteAccount")
    own = {"roleid": str(uuid.uuid4()), "name": "Cleaners", "privileges": {delete: "Global"}}
    role = our_role(stack) | own | {"_parentrootroleid_value": own["roleid"]}
    stack.emulator.store.put(ORGANIZATION, "roles", role["roleid"], role)
    team = next(t for t in rows(stack, "teams") if t.get("isdefault"))
    extra = {"teamid": str(uuid.uuid4()), "name": "Cleaning", "isdefault": False, "roles": [role["roleid"]]}
    made = team | extra | {"members": [user["systemuserid"]]}
    stack.emulator.store.put(ORGANIZATION, "teams", made["teamid"], made)


def remove_solution(stack: Project) -> None:
    """The vendor's managed solution is gone."""
    for solution in rows(stack, "solutions"):
        if solution["uniquename"] == "BizibleMarketingAttribution":
            stack.emulator.edit("solutions", solution["solutionid"], delete=True)


def block_by_policy(stack: Project) -> None:
    """A Conditional Access policy keeps this machine from logging in as the application."""
    blocked = {"conditionalAccess": {"blockedClients": [stack.outputs()["clientId"]]}}
    stack.emulator.edit("tenants", CONTOSO, blocked)


CASES = (
    Case("consent revoked", revoke_consent, "entra.grant_missing", ("dynamics-crm/user_impersonation",)),
    Case("consent too wide", widen_consent, "entra.grant_excess", ("graph/Mail.Read",)),
    Case("role removed", remove_role, "dataverse.role_missing", ("Marketo Measure Integration (test)",)),
    Case("role unassigned", unassign_role, "dataverse.role_unassigned"),
    Case("depth lowered", lower_depth, "dataverse.privilege_missing", ("prvReadLead",)),
    Case("user disabled", disable_user, "dataverse.user_disabled"),
    Case("user deleted", delete_user, "dataverse.user_missing"),
    Case("secret expired", let_expire, "login.refused", ("AADSTS7000222",)),
    Case("another stack's secret", hold_another_stacks_secret, "secret.foreign", ("(other)", "stack other")),
    Case("wrong value", hold_a_wrong_value, "secret.wrong", ("begins otherwise",)),
    Case("fresh secret", hold_a_fresh_secret, "secret.fresh", ("a-1",)),
    Case("secret removed", remove_the_secret, "secret.removed", ("was removed",)),
    Case("wrong environment", point_to_another_environment, "dataverse.user_missing"),
    Case("wrong tenant's URL", point_to_another_tenant, "dataverse.tenant", (FABRIKAM,), 4),
    Case("wrong tenant id", name_another_tenant, "environment.tenant", (), 2),
    Case("assignment removed", remove_assignment, "entra.assignment_missing", ("adele@contoso.example",)),
    Case("principal disabled", disable_principal, "login.refused", ("AADSTS7000112",)),
    Case("forbidden through a team", forbid_through_a_team, "dataverse.forbidden_held", ("account",)),
    Case("solution missing", remove_solution, "dataverse.solution", ("BizibleMarketingAttribution",)),
    Case("conditional access", block_by_policy, "login.refused", ("AADSTS53003",), 20),
)


@pytest.fixture
def whole(deployed: Project) -> Iterator[Project]:
    """The deployed stack, put back afterwards as it was."""
    settings, kept = dict(deployed.settings), deployed.emulator.keep()
    # A lifetime that the secret's end does not fit: it counts as made long ago, and is not waited for.
    deployed.settings["secret"] = {"lifetimeDays": 300}
    deployed.write_settings()
    yield deployed
    deployed.emulator.reset(kept)
    deployed.settings = settings
    deployed.write_settings()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_one_cause_is_named(whole: Project, case: Case) -> None:
    """Exit code, stable code and the object by name; no secret in any word."""
    secret = whole.outputs()["clientSecret"]
    case.spoil(whole)
    done = whole.connector("verify", "--json")
    assert done.code == case.exit_code, done.text
    error = done.json["error"]
    assert error["code"] == case.code, error
    assert [word for word in case.words if word not in error["message"]] == []
    assert secret not in done.text
    if case.exit_code == 20:
        assert done.json["result"] == "inconclusive"


def test_all_of_it_is_put_back(whole: Project) -> None:
    """The set-up that the others break is whole again."""
    assert whole.connector("verify").code == 0
