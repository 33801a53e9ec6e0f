"""What a preflight sees in the directory: one answer for each question, nothing written."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connector.preflight import run_checks
from connector.report import Answer, Check
from connector.settings import ApiPermission, PermissionKind
from connector.stack.state import KnownResource, StackState
from emulator.graph.catalogue import GRAPH_APP_ID, GRAPH_ROLES
from emulator.graph.default_policy import DEFAULT_APP_POLICY
from emulator.seed import CONTOSO, LIMITED_DEPLOYER, LIMITED_SECRET
from emulator.seed.directory import SALES_APAC, SALES_EMEA
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.emulator import RunningEmulator
from tests.support.graph import GRAPH

DYNAMICS = "00000007-0000-0000-c000-000000000000"


def state_of(stack: ConnectedStack) -> StackState:
    """A state that knows the stack's application."""
    name = f"{stack.settings.profile.name}-application"
    return StackState({name: KnownResource(name, f"/applications/{stack.outputs.application_object_id}")})


def ask(stack: ConnectedStack, state: StackState | None = None, **environ: str) -> list[Check]:
    """All answers; *environ* changes who asks."""

    async def work() -> tuple[Check, ...]:
        async with stack.session(stack.emulator.env | environ) as session:
            return await run_checks(session, state or state_of(stack))

    stack.emulator.requests(reset=True)
    checks = asyncio.run(work())
    graph = [r for r in stack.emulator.requests() if r["service"] == "graph"]
    assert {r["method"] for r in graph} == {"GET"}
    return list(checks)


def one(checks: list[Check], code: str, word: str = "") -> Check:
    """The answer of a code whose subject or detail has the word."""
    (found,) = [c for c in checks if c.code == code and word in c.subject + c.detail]
    return found


def refused(checks: list[Check]) -> list[str]:
    """The codes that were answered with no."""
    return [check.code for check in checks if check.answer is Answer.NO]


def test_a_stack_in_order_has_no_refusal(stack: ConnectedStack) -> None:
    """With the full deployer every answer is yes, the tenant and the organization among them."""
    checks = ask(stack)
    assert {check.answer for check in checks} == {Answer.YES}, checks
    assert {"entra.tenant", "dataverse.caller", "entra.api", "entra.app_policy"} <= {c.code for c in checks}


def test_a_solution_that_is_not_there_is_a_no(emulator: RunningEmulator) -> None:
    """The proof of a deployment would fail by it: who asks beforehand hears of it, and what to import."""
    checks = ask(ConnectedStack(emulator, org=2))
    assert refused(checks) == ["dataverse.solution"]
    assert "import it" in one(checks, "dataverse.solution").detail
    assert one(checks, "dataverse.caller_privileges").answer is Answer.YES


def test_an_ambiguous_group_names_its_candidates(emulator: RunningEmulator) -> None:
    """Two groups of one name: both object ids, and what tells them apart."""
    stack = ConnectedStack(emulator, assignments={"groups": ["Sales"], "users": ["nobody@contoso.example"]})
    checks = ask(stack)
    group = one(checks, "entra.group")
    assert group.answer is Answer.NO
    for text in (SALES_EMEA, SALES_APAC, "Sales in Asia", "object id"):
        assert text in group.detail
    assert one(checks, "entra.user").answer is Answer.NO


def test_a_group_says_which_licence_it_needs(emulator: RunningEmulator) -> None:
    """An assignment of a group names P1 and P2."""
    stack = ConnectedStack(emulator, assignments={"groups": ["Marketing Operations"]})
    assert "P1 or P2" in one(ask(stack), "entra.group").detail


def test_missing_rights_name_what_needs_them_and_the_least(emulator: RunningEmulator) -> None:
    """A deployer that may not consent or assign: each right is a no, an unreadable policy unknown."""
    stack = ConnectedStack(emulator, assignments={"users": ["adele@contoso.example"]})
    names = {"CLIENT_ID": LIMITED_DEPLOYER, "CLIENT_SECRET": LIMITED_SECRET}
    checks = ask(stack, **{f"{p}_{n}": v for n, v in names.items() for p in ("ARM", "AZURE")})
    consent = one(checks, "entra.right", "granting admin consent")
    assert (consent.answer, "DelegatedPermissionGrant.ReadWrite.All" in consent.detail) == (Answer.NO, True)
    assert one(checks, "entra.right", "assigning").answer is Answer.NO
    assert one(checks, "entra.right", "registering").answer is Answer.YES
    policy = one(checks, "entra.app_policy")
    assert (policy.answer, "Policy.Read.All" in policy.detail) == (Answer.UNKNOWN, True)


@pytest.mark.parametrize(
    ("restriction", "word"),
    [
        ({"restrictionType": "passwordLifetime", "maxLifetime": "P90D"}, "90 days"),
        ({"restrictionType": "passwordAddition"}, "forbidden"),
        ({"restrictionType": "passwordLifetime", "maxLifetime": "P1Y"}, ""),
        ({"restrictionType": "passwordAddition", "state": "disabled"}, ""),
        ({"restrictionType": "customPasswordAddition"}, ""),
        (
            {
                "restrictionType": "passwordAddition",
                "restrictForAppsCreatedAfterDateTime": "2999-01-01T00:00:00Z",
            },
            "",
        ),
    ],
)
def test_a_policy_that_forbids_the_secret_is_a_no(
    stack: ConnectedStack, restriction: dict[str, Any], word: str
) -> None:
    """Lifetime and kind are compared with what the stack makes; what is not in force does not count."""
    policy = {
        "id": DEFAULT_APP_POLICY,
        "isEnabled": True,
        "applicationRestrictions": {"passwordCredentials": [{"state": "enabled"} | restriction]},
    }
    stack.emulator.store.put(CONTOSO, "policies", DEFAULT_APP_POLICY, policy)
    check = one(ask(stack), "entra.app_policy")
    assert check.answer is (Answer.NO if word else Answer.YES)
    assert word in check.detail


def test_a_policy_for_later_applications_spares_the_stacks_own(stack: ConnectedStack) -> None:
    """It is in force since last year, and the application is older; a new one would be stopped by it."""
    date = {"restrictForAppsCreatedAfterDateTime": "2025-01-01T00:00:00Z"}
    rule = {"restrictionType": "passwordAddition"} | date
    policy = {
        "id": DEFAULT_APP_POLICY,
        "isEnabled": True,
        "applicationRestrictions": {"passwordCredentials": [{"state": "enabled"} | rule]},
    }
    stack.emulator.store.put(CONTOSO, "policies", DEFAULT_APP_POLICY, policy)
    old = {"createdDateTime": "2024-06-01T00:00:00Z"}
    stack.emulator.edit("applications", stack.outputs.application_object_id, old)
    assert one(ask(stack), "entra.app_policy").answer is Answer.YES
    assert one(ask(stack, StackState()), "entra.app_policy").answer is Answer.NO


def test_an_application_with_the_marker_that_the_state_does_not_know_is_a_no(stack: ConnectedStack) -> None:
    """It holds a secret, so it may be in use: the answer names the verb that takes it over."""
    check = one(ask(stack, StackState()), "entra.marker")
    assert check.answer is Answer.NO
    assert f"adopt --application-id {stack.outputs.client_id}" in check.detail


def test_a_read_that_fails_is_no_missing_right(stack: ConnectedStack) -> None:
    """Only a 403 says that a right would do; else the service's own words stand."""
    route = f"/v1.0/applications/{stack.outputs.application_object_id}"
    stack.emulator.fault("GET", route, answer="500", times=9)
    check = one(ask(stack), "dataverse.caller_privileges")
    assert (check.answer, "would do" in check.detail) == (Answer.NO, False)
    assert "500" in check.detail


def test_namesakes_and_deleted_ones_are_for_a_person_to_judge(stack: ConnectedStack) -> None:
    """A live namesake and a deleted application with the marker are unknown, by id."""
    name = stack.settings.display_name
    other = stack.graph("POST", "applications", {"displayName": name, "signInAudience": "AzureADMyOrg"})
    stack.graph("DELETE", f"applications/{stack.outputs.application_object_id}")
    checks = ask(stack, StackState())
    assert other["appId"] in one(checks, "entra.namesakes").detail
    gone = one(checks, "entra.recycle_bin")
    assert (gone.answer, stack.outputs.client_id in gone.subject) == (Answer.UNKNOWN, True)
    assert "deploy --restore" in gone.detail


def test_a_tenant_without_dynamics_is_a_no(stack: ConnectedStack) -> None:
    """The Dynamics CRM service principal is looked for by its application id and never made."""
    found = stack.graph("GET", f"servicePrincipals?$filter=appId eq '{DYNAMICS}'")["value"][0]
    stack.emulator.edit("servicePrincipals", found["id"], delete=True)
    check = one(ask(stack), "entra.api", DYNAMICS)
    assert (check.answer, "not in this tenant" in check.detail) == (Answer.NO, True)


def test_consent_by_link_is_pending_until_it_is_there(emulator: RunningEmulator) -> None:
    """The link names tenant and application; once the grants exist, the answer is yes."""
    stack = ConnectedStack(emulator, consent="link")
    assert one(ask(stack), "entra.consent").answer is Answer.YES
    for grant in emulator.dump()[CONTOSO]["oauth2PermissionGrants"]:
        if grant["clientId"] == stack.outputs.service_principal_object_id:
            emulator.edit("oauth2PermissionGrants", grant["id"], delete=True)
    pending = one(ask(stack), "entra.consent")
    assert pending.answer is Answer.UNKNOWN
    assert f"{CONTOSO}/adminconsent?client_id={stack.outputs.client_id}" in pending.detail


def test_a_scope_on_another_api_is_no_consent(emulator: RunningEmulator) -> None:
    """Each API's grant counts for itself: the name alone says nothing."""
    stack = ConnectedStack(emulator, consent="link")
    own = [
        grant
        for grant in emulator.dump()[CONTOSO]["oauth2PermissionGrants"]
        if grant["clientId"] == stack.outputs.service_principal_object_id
    ]
    (right,) = [grant for grant in own if "user_impersonation" in grant["scope"]]
    (wrong,) = [grant for grant in own if grant is not right]
    emulator.edit("oauth2PermissionGrants", wrong["id"], {"scope": f"{wrong['scope']} user_impersonation"})
    emulator.edit("oauth2PermissionGrants", right["id"], {"scope": ""})
    check = one(ask(stack), "entra.consent")
    assert check.answer is Answer.UNKNOWN
    assert "pending for dynamics-crm/user_impersonation:" in check.detail


def test_an_application_permission_counts_by_its_assignment(emulator: RunningEmulator) -> None:
    """Delegated consent is none for an application permission; its app role assignment is."""
    stack = ConnectedStack(emulator, consent="link")
    role = ApiPermission(
        api="graph", client_id=GRAPH_APP_ID, name="User.Read.All", kind=PermissionKind.APPLICATION
    )
    permissions = (*stack.settings.permissions, role)
    stack.settings = stack.settings.model_copy(update={"permissions": permissions})
    pending = one(ask(stack), "entra.consent")
    assert pending.answer is Answer.UNKNOWN
    assert "pending for graph/User.Read.All:" in pending.detail
    own = stack.outputs.service_principal_object_id
    body = {"principalId": own, "resourceId": GRAPH, "appRoleId": GRAPH_ROLES["User.Read.All"]}
    stack.graph("POST", f"servicePrincipals/{GRAPH}/appRoleAssignedTo", body)
    assert one(ask(stack), "entra.consent").answer is Answer.YES
