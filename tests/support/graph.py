"""A caller of Microsoft Graph on the emulator, as one of its deployers."""

from __future__ import annotations

from typing import Any

import httpx

from emulator.graph.catalogue import DYNAMICS_APP_ID, GRAPH_APP_ID, GRAPH_ROLES, first_party_object_id
from emulator.seed import CONTOSO, DEPLOYER_SECRET, FULL_DEPLOYER, LIMITED_DEPLOYER, LIMITED_SECRET
from tests.support.emulator import RunningEmulator

DYNAMICS = first_party_object_id(CONTOSO, DYNAMICS_APP_ID)
GRAPH = first_party_object_id(CONTOSO, GRAPH_APP_ID)
FULL_PRINCIPAL = "d0000000-0000-4000-8000-00000000b001"
FULL_APPLICATION = "d0000000-0000-4000-8000-00000000a001"
LIMITED_PRINCIPAL = "d0000000-0000-4000-8000-00000000b002"
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
BOTH_URIS = ["https://apps.bizible.com/OAuth2", "https://apps.bizible.com/OAuth2?identityOnly=true"]


class Graph:
    """Microsoft Graph as one application sees it; paths are relative to /v1.0."""

    def __init__(self, emulator: RunningEmulator, token: str | None = None) -> None:
        """Log in as the full deployer, unless a token is given."""
        self.emulator = emulator
        self.token = token or emulator.token()

    def call(
        self, method: str, path: str, body: Any = None, *, version: str = "v1.0", **headers: str
    ) -> httpx.Response:
        """Send one request; a path that is a whole URL is taken as it is."""
        url = path if path.startswith("https://") else f"{self.emulator.authority}/{version}{path}"
        sent = {"Authorization": f"Bearer {self.token}"} | headers
        return self.emulator.http().request(method, url, json=body, headers=sent)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any) -> httpx.Response:
        """POST."""
        return self.call("POST", path, body)

    def patch(self, path: str, body: Any) -> httpx.Response:
        """PATCH."""
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> httpx.Response:
        """DELETE."""
        return self.call("DELETE", path)

    def application(self, **properties: Any) -> dict[str, Any]:
        """Create an application for work and school accounts."""
        body = {"displayName": "Test", "signInAudience": "AzureADMultipleOrgs"} | properties
        answer = self.post("/applications", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def service_principal(self, **properties: Any) -> dict[str, Any]:
        """Create an application and its service principal; return the service principal."""
        answer = self.post("/servicePrincipals", {"appId": self.application(**properties)["appId"]})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def grant(
        self, client: str, scope: str = "user_impersonation", resource: str = DYNAMICS
    ) -> httpx.Response:
        """Ask for tenant-wide consent."""
        body = {"clientId": client, "resourceId": resource, "consentType": "AllPrincipals", "scope": scope}
        return self.post("/oauth2PermissionGrants", body)

    def assign(self, resource: str, principal: str, role: str = DEFAULT_ROLE) -> httpx.Response:
        """Assign a principal to a resource."""
        body = {"principalId": principal, "resourceId": resource, "appRoleId": role}
        return self.post(f"/servicePrincipals/{resource}/appRoleAssignedTo", body)


def as_limited(emulator: RunningEmulator) -> Graph:
    """Graph as the limited deployer sees it."""
    return Graph(emulator, emulator.token(client_id=LIMITED_DEPLOYER, secret=LIMITED_SECRET))


def with_roles(emulator: RunningEmulator, *names: str) -> Graph:
    """Graph as a fresh application sees it whose service principal holds exactly these roles."""
    full = Graph(emulator)
    application = full.application(displayName="Caller")
    principal = full.post("/servicePrincipals", {"appId": application["appId"]}).json()
    for name in names:
        assert full.assign(GRAPH, principal["id"], GRAPH_ROLES[name]).status_code == 201
    secret = full.post(f"/applications/{application['id']}/addPassword", {}).json()["secretText"]
    return Graph(emulator, emulator.token(client_id=application["appId"], secret=secret))


def code(answer: httpx.Response) -> str:
    """The error code of a refusal."""
    return str(answer.json()["error"]["code"])


def message(answer: httpx.Response) -> str:
    """The error message of a refusal."""
    return str(answer.json()["error"]["message"])


def log_in(
    emulator: RunningEmulator,
    *,
    tenant: str = CONTOSO,
    resource: str | None = None,
    **form: str | None,
) -> httpx.Response:
    """Ask for a token as the full deployer, with form fields changed or (None) left out."""
    fields: dict[str, str | None] = {
        "grant_type": "client_credentials",
        "client_id": FULL_DEPLOYER,
        "client_secret": DEPLOYER_SECRET,
        "scope": f"{resource or emulator.authority}/.default",
    }
    data = {name: value for name, value in (fields | form).items() if value is not None}
    return emulator.http().post(f"{emulator.authority}/{tenant}/oauth2/v2.0/token", data=data)
