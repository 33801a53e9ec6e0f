from __future__ import annotations

from emulator.graph.catalogue import DYNAMICS_APP_ID, GRAPH_APP_ID, MICROSOFT_TENANT
from emulator.seed import CONTOSO
from emulator.seed.directory import ADELE, FULL_ROLES, MARKETING_OPERATIONS
from tests.support.emulator import RunningEmulator
from tests.support.graph import BOTH_URIS, DYNAMICS, FULL_PRINCIPAL, GRAPH, Graph

TAGS = ["dynamics-connect:dev", "WindowsAzureActiveDirectoryIntegratedApp"]


def test_graph_tags_are_copied_to_the_home_service_principal(graph: Graph) -> None:
    """Tags of an application show on its service principal, at its making and after a change."""
    principal = graph.service_principal(tags=TAGS)
    assert principal["tags"] == TAGS
    graph.patch(f"/applications(appId='{principal['appId']}')", {"tags": ["other"]})
    assert graph.get(f"/servicePrincipals/{principal['id']}").json()["tags"] == ["other"]


def test_graph_service_principal_follows_its_application(graph: Graph) -> None:
    """Name, reply URLs and names of a service principal are those of the application."""
    principal = graph.service_principal(web={"redirectUris": BOTH_URIS})
    assert principal["replyUrls"] == BOTH_URIS
    assert principal["appOwnerOrganizationId"] == CONTOSO
    graph.patch(f"/applications(appId='{principal['appId']}')", {"displayName": "Renamed"})
    assert graph.get(f"/servicePrincipals/{principal['id']}").json()["displayName"] == "Renamed"


def test_graph_service_principal_own_properties(graph: Graph) -> None:
    """What the tenant decides is written on the service principal itself."""
    path = f"/servicePrincipals/{graph.service_principal()['id']}"
    change = {"appRoleAssignmentRequired": True, "notes": "by the stack", "accountEnabled": False}
    assert graph.patch(path, change).status_code == 204
    assert change.items() <= graph.get(path).json().items()


def test_graph_first_party_apis_publish_their_permissions(graph: Graph) -> None:
    """Dataverse publishes user_impersonation and no roles; Graph publishes openid and roles."""
    dynamics = graph.get(f"/servicePrincipals(appId='{DYNAMICS_APP_ID}')").json()
    scopes = {scope["value"]: scope["id"] for scope in dynamics["oauth2PermissionScopes"]}
    assert scopes == {"user_impersonation": "78ce3f0f-a1ce-49c2-8cde-64b5c0896db4"}
    assert dynamics["appRoles"] == []
    assert dynamics["appOwnerOrganizationId"] == MICROSOFT_TENANT
    found = graph.get(f"/servicePrincipals?$filter=appId eq '{GRAPH_APP_ID}'").json()["value"][0]
    assert "openid" in [scope["value"] for scope in found["oauth2PermissionScopes"]]
    assert "Application.ReadWrite.All" in [role["value"] for role in found["appRoles"]]


def test_graph_missing_first_party_api_can_be_instantiated(graph: Graph, emulator: RunningEmulator) -> None:
    """A tenant without Dataverse's service principal gets it by a POST of its app id."""
    emulator.edit("servicePrincipals", DYNAMICS, delete=True)
    answer = graph.post("/servicePrincipals", {"appId": DYNAMICS_APP_ID})
    assert answer.status_code == 201
    assert answer.json()["oauth2PermissionScopes"][0]["value"] == "user_impersonation"


def test_graph_grant_from_making_to_deletion(graph: Graph) -> None:
    """A grant is made, found by client and resource, widened and deleted."""
    client = graph.service_principal()["id"]
    grant = graph.grant(client, "openid", GRAPH).json()
    query = f"$filter=clientId eq '{client}' and resourceId eq '{GRAPH}'"
    assert [g["id"] for g in graph.get(f"/oauth2PermissionGrants?{query}").json()["value"]] == [grant["id"]]
    path = f"/oauth2PermissionGrants/{grant['id']}"
    assert graph.patch(path, {"scope": "openid offline_access"}).status_code == 204
    listed = graph.get(f"/servicePrincipals/{client}/oauth2PermissionGrants").json()["value"]
    assert [g["scope"] for g in listed] == ["openid offline_access"]
    assert graph.delete(path).status_code == 204
    assert graph.get(path).status_code == 404


def test_graph_assignment_from_making_to_deletion(graph: Graph) -> None:
    """An assignment names both ends, is listed from the resource, and is deleted."""
    resource = graph.service_principal()["id"]
    made = graph.assign(resource, MARKETING_OPERATIONS).json()
    assert (made["principalType"], made["principalDisplayName"]) == ("Group", "Marketing Operations")
    path = f"/servicePrincipals/{resource}/appRoleAssignedTo"
    assert graph.get(f"{path}/{made['id']}").json()["principalId"] == MARKETING_OPERATIONS
    assert graph.delete(f"{path}/{made['id']}").status_code == 204
    assert graph.get(path).json()["value"] == []


def test_graph_app_roles_of_a_client(graph: Graph) -> None:
    """The application permissions of a deployer are its appRoleAssignments on Graph."""
    held = graph.get(f"/servicePrincipals/{FULL_PRINCIPAL}/appRoleAssignments").json()["value"]
    assert {row["resourceId"] for row in held} == {GRAPH}
    assert len(held) == len(FULL_ROLES)


def test_graph_delete_takes_everything_along(graph: Graph, emulator: RunningEmulator) -> None:
    """Deleting an application takes its service principal, grants and assignments; a bin holds the two."""
    principal = graph.service_principal()
    graph.grant(principal["id"])
    graph.assign(principal["id"], ADELE)
    application = graph.get(f"/applications(appId='{principal['appId']}')").json()
    assert graph.delete(f"/applications/{application['id']}").status_code == 204
    assert graph.get(f"/applications/{application['id']}").status_code == 404
    assert graph.get(f"/servicePrincipals/{principal['id']}").status_code == 404
    contoso = emulator.dump()[CONTOSO]
    assert "oauth2PermissionGrants" not in contoso
    assert principal["id"] not in [row["resourceId"] for row in contoso["appRoleAssignments"]]
    for kind, found in (("application", application), ("servicePrincipal", principal)):
        binned = graph.get(f"/directory/deletedItems/microsoft.graph.{kind}").json()["value"]
        assert [item["id"] for item in binned] == [found["id"]]
        assert binned[0]["deletedDateTime"]


def test_graph_restore_application_then_service_principal(graph: Graph, emulator: RunningEmulator) -> None:
    """An application is restored alone; once its service principal is too, its secret opens again."""
    application = graph.application()
    principal = graph.post("/servicePrincipals", {"appId": application["appId"]}).json()
    secret = graph.post(f"/applications/{application['id']}/addPassword", {}).json()["secretText"]
    graph.delete(f"/applications/{application['id']}")
    deleted = "/directory/deletedItems"
    assert graph.post(f"{deleted}/{principal['id']}/restore", None).status_code == 400
    restored = graph.post(f"{deleted}/{application['id']}/restore", None)
    assert restored.json()["@odata.type"] == "#microsoft.graph.application"
    assert graph.get(f"/servicePrincipals/{principal['id']}").status_code == 404
    assert graph.post(f"{deleted}/{principal['id']}/restore", None).status_code == 200
    assert emulator.token(client_id=application["appId"], secret=secret)


def test_graph_purge_is_for_good(graph: Graph, emulator: RunningEmulator) -> None:
    """A purged application is gone with the hashes of its secrets; its principal stays in the bin."""
    principal = graph.service_principal(passwordCredentials=[{}])
    application = graph.get(f"/applications(appId='{principal['appId']}')").json()
    graph.delete(f"/applications/{application['id']}")
    path = f"/directory/deletedItems/{application['id']}"
    assert graph.get(path).json()["id"] == application["id"]
    assert graph.delete(path).status_code == 204
    assert graph.get(path).status_code == 404
    assert graph.get(f"/directory/deletedItems/{principal['id']}").status_code == 200
    assert len(emulator.dump()[CONTOSO]["secretHashes"]) == 2
