"""The traps of Entra ID in a live tenant: ids, the Dynamics service principal, groups, rights.

Sources: GD resources/approleassignment.md; EM assign-user-or-group-access-portal.md;
terraform-provider-azuread docs, import of app role assignments.
"""

from __future__ import annotations

from connector.entra.directory import Directory
from connector.entra.graph import Assignment, Principal
from connector.entra.import_ids import Attachable, import_ids
from connector.entra.objects import Attached, LiveApplication, Named
from connector.entra.people import Person, attachable
from connector.entra.preflight import directory_checks
from connector.entra.references import person_check
from connector.entra.rights import needs_of
from connector.naming import DEFAULT_APP_ROLE
from connector.report import Answer
from connector.settings import ApiPermission, PermissionKind, load_settings
from connector.stack.state import StackState
from connector.wire.session import Session
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.emulator import PROJECT
from tests.traps.in_session import DYNAMICS, GRAPH, causes, dynamics, in_session
from tests.unit.settings_samples import GOOD


def test_entra_trap_04_import_ids_are_object_ids(stack: ConnectedStack) -> None:
    """What is imported is named by object id; the client id stands in none of them."""

    async def work(session: Session) -> dict[str, str]:
        directory = Directory(session)
        application = await directory.with_app_id(stack.outputs.client_id)
        assert application is not None
        found = await attachable(directory, stack.settings, application)
        return import_ids(stack.settings, application, found)

    ids = in_session(stack, work)
    base = stack.settings.profile.name
    assert ids[f"{base}-application"] == f"/applications/{stack.outputs.application_object_id}"
    principal = f"/servicePrincipals/{stack.outputs.service_principal_object_id}"
    assert ids[f"{base}-service-principal"] == principal
    assert not [id for id in ids.values() if stack.outputs.client_id in id]


def test_entra_trap_04_a_granted_role_is_imported_from_the_service_principal_that_has_it() -> None:
    """An API's role from the API's, a person's from the application's own; and neither by its holder."""
    role = ApiPermission(api="graph", client_id=GRAPH, name="User.Read.All", kind=PermissionKind.APPLICATION)
    raw = GOOD | {"assignments": {"users": ["a@b.example"]}}
    settings = load_settings(raw, stack="dev", project_dir=PROJECT)
    settings = settings.model_copy(update={"permissions": (role,)})
    given = Assignment("own", "The application", "ServicePrincipal", "graph", "r", "given")
    person = Assignment("adele", "Adele", "User", "own", DEFAULT_APP_ROLE, "person")
    attached = Attached(Principal("own", "app"), roles=(given,), assigned=(person,))
    api = Principal("graph", GRAPH, app_roles=(("r", "User.Read.All"),))
    found = Attachable(attached, {GRAPH: api}, {("user", "a@b.example"): "adele"})
    application = LiveApplication("object", "app", "", frozenset(), "", (), 0, {})
    assert set(import_ids(settings, application, found).values()) == {
        "/applications/object",
        "/servicePrincipals/own",
        "/servicePrincipals/graph/appRoleAssignedTo/given",
        "/servicePrincipals/own/appRoleAssignedTo/person",
    }


def test_entra_trap_06_dynamics_is_found_by_its_application_id_whatever_its_name(
    stack: ConnectedStack,
) -> None:
    """Common Data Service, Dataverse, Dynamics CRM: the name varies and is not looked at."""
    stack.emulator.edit("servicePrincipals", dynamics(stack)["id"], {"displayName": "Common Data Service"})
    assert causes(stack) == []


def test_entra_trap_06_an_absent_dynamics_is_told_before_anything_is_written(stack: ConnectedStack) -> None:
    """A plain no, with the application id, why that may be, and what to do; and the proof fails."""
    stack.emulator.edit("servicePrincipals", dynamics(stack)["id"], delete=True)
    checks = in_session(stack, lambda session: directory_checks(session, StackState()))
    (check,) = [one for one in checks if one.code == "entra.api" and DYNAMICS in one.subject]
    assert check.answer is Answer.NO
    assert "is not in this tenant" in check.detail
    assert "create an environment first" in check.detail
    assert "entra.grant_missing" in causes(stack)


def test_entra_trap_09_a_group_needs_a_licence_and_nesting_does_not_count() -> None:
    """The answer for a group says both."""
    check = person_check(Person("group", "Sales", (Named("id", "Sales"),)))
    assert "P1 or P2" in check.detail
    assert "groups inside it do not count" in check.detail


def test_entra_trap_15_only_what_the_plan_needs_is_asked_for(stack: ConnectedStack) -> None:
    """The near-admin right to assign only where somebody is assigned, and the widest one never first."""
    least = {need.any_of[0] for need in needs_of(stack.settings)}
    assert "AppRoleAssignment.ReadWrite.All" not in least
    more = stack.settings.model_copy(
        update={"assignments": stack.settings.assignments.model_copy(update={"users": ("a@b.example",)})}
    )
    assert "AppRoleAssignment.ReadWrite.All" in {need.any_of[0] for need in needs_of(more)}
    assert not [n for n in needs_of(more) if n.any_of[0].startswith("Directory.ReadWrite")]
