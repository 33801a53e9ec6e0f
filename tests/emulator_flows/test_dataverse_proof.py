"""The proof against the emulator: real when all is well, and the one cause when it is not."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from connector.dataverse import jobs
from connector.errors import LoginError
from connector.report import Verdict
from connector.wire.login import Identity
from tests.emulator_flows.conftest import NoSleep, Run, runner
from tests.emulator_flows.tenant import ConnectedStack

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")


@pytest.fixture
def applied(stack: ConnectedStack, run: Run) -> dict[str, str]:
    """Ids of a stack that was applied and proved."""
    report, proof = run(jobs.apply_and_prove)
    assert proof.verdict is Verdict.PROVED
    stack.emulator.requests(reset=True)
    return dict(report.ids)


def _cause(run: Run) -> str:
    proof = run(jobs.prove)
    assert proof.verdict is Verdict.FAILED
    assert proof.error is not None
    assert proof.error.exit_code == 1
    return str(proof.cause.code)


def test_the_log_shows_the_applications_own_calls(
    stack: ConnectedStack, run: Run, applied: dict[str, str]
) -> None:
    """Token, WhoAmI and the privilege reads are made by the new client id."""
    run(jobs.prove)
    lines = [line for line in stack.emulator.requests() if line["client_id"] == stack.outputs.client_id]
    paths = " ".join(line["path"] for line in lines)
    for part in ("/token", "/WhoAmI", "RetrieveUserPrivileges", "RetrieveUsersPrivilegesThroughTeams"):
        assert part in paths


def test_one_privilege_taken_away_is_named(stack: ConnectedStack, run: Run, applied: dict[str, str]) -> None:
    """The one cause is that privilege, and putting it back proves again."""
    role = next(r for r in stack.objects("roles") if r["roleid"] == applied["roleId"])
    lead = next(p for p in stack.objects("privileges") if p["name"] == "prvWriteLead")
    held = {k: v for k, v in role["privileges"].items() if k != lead["privilegeid"]}
    assert len(held) == len(role["privileges"]) - 1
    stack.emulator.edit("roles", applied["roleId"], {"privileges": {lead["privilegeid"]: None}})
    proof = run(jobs.prove)
    assert (proof.cause.code, proof.cause.key) == ("dataverse.privilege_missing", "prvWriteLead")
    assert proof.privileges.held == proof.privileges.wanted - 1
    assert proof.others == ()
    stack.emulator.edit("roles", applied["roleId"], {"privileges": role["privileges"]})
    assert run(jobs.prove).verdict is Verdict.PROVED


def test_a_deleted_role_is_named_as_the_role(
    stack: ConnectedStack, run: Run, applied: dict[str, str]
) -> None:
    """Not sixty privileges: the role."""
    stack.emulator.edit("roles", applied["roleId"], delete=True)
    assert _cause(run) == "dataverse.role_missing"


def test_a_role_taken_from_the_user_is_named_as_the_assignment(
    stack: ConnectedStack, run: Run, applied: dict[str, str]
) -> None:
    """The role stands, and the user does not have it."""
    stack.emulator.edit("systemusers", applied["userId"], {"roles": []})
    assert _cause(run) == "dataverse.role_unassigned"


def test_a_deleted_user_is_named_as_the_user(
    stack: ConnectedStack, run: Run, applied: dict[str, str]
) -> None:
    """403 0x80072560 is what the application meets, and the user is what is missing."""
    stack.emulator.edit("systemusers", applied["userId"], delete=True)
    assert _cause(run) == "dataverse.user_missing"


def test_a_disabled_user_is_named(stack: ConnectedStack, run: Run, applied: dict[str, str]) -> None:
    """The user stands and is switched off."""
    stack.emulator.edit("systemusers", applied["userId"], {"isdisabled": True})
    assert _cause(run) == "dataverse.user_disabled"


def test_a_revoked_grant_is_named(stack: ConnectedStack, run: Run, applied: dict[str, str]) -> None:
    """Consent is read by the deployer, since the application's own login does not need it."""
    grants = stack.graph("GET", "oauth2PermissionGrants")["value"]
    mine = [g for g in grants if g["clientId"] == stack.outputs.service_principal_object_id]
    openid = next(g for g in mine if g["scope"] == "openid")
    stack.emulator.edit("oauth2PermissionGrants", openid["id"], delete=True)
    proof = run(jobs.prove)
    assert (proof.cause.code, proof.cause.key) == ("entra.grant_missing", "graph/openid")


def test_a_scope_too_many_is_named(stack: ConnectedStack, run: Run, applied: dict[str, str]) -> None:
    """Granted must equal requested."""
    grants = stack.graph("GET", "oauth2PermissionGrants")["value"]
    openid = next(
        g
        for g in grants
        if g["scope"] == "openid" and g["clientId"] == stack.outputs.service_principal_object_id
    )
    stack.graph("PATCH", f"oauth2PermissionGrants/{openid['id']}", {"scope": "openid User.Read"})
    proof = run(jobs.prove)
    assert (proof.cause.code, proof.cause.key) == ("entra.grant_excess", "graph/User.Read")


def test_a_wrong_secret_is_explained_without_showing_it(
    stack: ConnectedStack, clock: NoSleep, applied: dict[str, str]
) -> None:
    """AADSTS7000215 is the one cause, and the secret stands in no word of it."""
    wrong = "wrong~secret-of-this-test"
    stack.outputs = stack.outputs.model_copy(update={"client_secret": SecretStr(wrong)})
    proof = runner(stack, clock)(jobs.prove, fresh=False)
    assert proof.cause.key == "AADSTS7000215"
    assert wrong not in str(proof.to_json())


def test_an_expired_secret_is_explained(
    stack: ConnectedStack, clock: NoSleep, applied: dict[str, str]
) -> None:
    """AADSTS7000222 is told apart from a wrong one."""
    stack.emulator.clock("+200d")
    proof = runner(stack, clock)(jobs.prove, fresh=False)
    assert proof.cause.key == "AADSTS7000222"


def test_a_fresh_secret_is_waited_for_until_the_deadline(
    stack: ConnectedStack, clock: NoSleep, applied: dict[str, str]
) -> None:
    """A secret made minutes ago may be refused while it spreads; one made long ago may not."""
    stack.outputs = stack.outputs.model_copy(update={"client_secret": SecretStr("wrong~")})
    proof = runner(stack, clock)(jobs.prove, fresh=True)
    assert proof.cause.key == "AADSTS7000215"
    assert clock.time > 80


def test_permissions_that_lag_are_read_again(stack: ConnectedStack, run: Run) -> None:
    """The proof reads past the cache (Consistency: Strong), so a lag costs no further read."""
    stack.emulator.edit("organizations", "0c0c0c01-0000-4000-8000-000000000001", {"cacheLagReads": 3})
    _, proof = run(jobs.apply_and_prove)
    assert proof.verdict is Verdict.PROVED
    assert proof.effort.requests <= 18


def test_a_conditional_access_refusal_is_inconclusive(
    run: Run, applied: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy that keeps this machine out says nothing about the connection (exit 20)."""
    get = Identity._get

    def refuse(self: Identity, scope: str) -> str:
        if self.name.startswith("the application"):
            raise LoginError("blocked", code="login.refused", key="AADSTS53003")
        return get(self, scope)

    monkeypatch.setattr(Identity, "_get", refuse)
    proof = run(jobs.prove)
    assert proof.verdict is Verdict.INCONCLUSIVE
    assert proof.error.exit_code == 20


def test_an_extra_role_makes_an_excess_that_is_named(
    stack: ConnectedStack, run: Run, clock: NoSleep, applied: dict[str, str]
) -> None:
    """Exactly the rights wanted: more of them, by another role, is no proof, and no lag either."""
    other = next(
        r
        for r in stack.objects("roles")
        if r["name"] == "System Customizer" and r["roleid"] == r["_parentrootroleid_value"]
    )
    stack.emulator.edit("systemusers", applied["userId"], {"roles": [applied["roleId"], other["roleid"]]})
    proof = run(jobs.prove)
    assert proof.cause.code == "dataverse.forbidden_held"  # System Customizer may write roles
    assert "dataverse.privilege_excess" in {cause.code for cause in proof.others}
    assert any(c.action == "foreign" and c.name == "System Customizer" for c in proof.changes)
    assert clock.time == 0
