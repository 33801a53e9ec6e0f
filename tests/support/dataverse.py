"""A caller of one organization's Web API, with tokens made to measure."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx

from emulator.keys import SigningKey
from emulator.seed import CONTOSO, FULL_DEPLOYER
from emulator.seed.names import ORGANIZATIONS
from emulator.seed.organization import business_unit_id, role_id, user_id
from tests.support.emulator import RunningEmulator

APP = "a0000000-0000-4000-8000-0000000000aa"
PRINCIPAL = "a0000000-0000-4000-8000-0000000000bb"


def mint(emulator: RunningEmulator, org: int = 1, client_id: str = FULL_DEPLOYER, **claims: Any) -> str:
    """Return a token for organization *org*, signed by the emulator's key; *claims* override."""
    now = int(time.time() + float(emulator.store.meta("clock_offset", "0")))
    content = {
        "aud": emulator.org(org),
        "tid": ORGANIZATIONS[org - 1].tenant,
        "appid": client_id,
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
    }
    return SigningKey(emulator.folder / "signing-key.pem").sign(content | claims)


class Dataverse:
    """Organization *org* as seen by the holder of a token (the full deployer's when None is given)."""

    def __init__(
        self,
        emulator: RunningEmulator,
        org: int = 1,
        *,
        client_id: str = FULL_DEPLOYER,
        token: str | None = None,
    ) -> None:
        """Call as the client of a token, or as the one that *client_id* names."""
        self.emulator, self.number = emulator, org
        self.seed = ORGANIZATIONS[org - 1]
        self.url = emulator.org(org)
        self.api = f"{self.url}/api/data/v9.2"
        self.token = token or mint(emulator, org, client_id)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send one request; header names may have underscores for hyphens."""
        sent = {"Authorization": f"Bearer {self.token}"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        address = path if path.startswith("https://") else f"{self.api}/{path}"
        return self.emulator.http().request(method, address, json=body, headers=sent)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET."""
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """POST."""
        return self.request("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """PATCH."""
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> httpx.Response:
        """DELETE."""
        return self.request("DELETE", path, **headers)

    def unit(self, name: str | None = None) -> str:
        """Id of a seeded business unit (the root one when None)."""
        return business_unit_id(self.seed.id, name or self.seed.name)

    def built_in(self, name: str) -> str:
        """Id of a built-in role in the root business unit."""
        return role_id(self.seed.id, name)

    def deployer(self, app_id: str = FULL_DEPLOYER) -> str:
        """Id of a deployer's application user."""
        return user_id(self.seed.id, app_id)

    def privilege(self, name: str) -> str:
        """Id of a privilege."""
        found = self.emulator.store.find(self.seed.id, "privileges", name=name)
        return str(found[0]["privilegeid"])

    def new_role(self, name: str = "Probe", unit: str | None = None, **more: Any) -> str:
        """Make a role and return its id."""
        bind = f"/businessunits({unit or self.unit()})"
        return _id(self.post("roles", {"name": name, "businessunitid@odata.bind": bind, **more}))

    def add(self, role: str, **depths: str) -> httpx.Response:
        """AddPrivilegesRole with privilege names and depths."""
        entries = [{"PrivilegeId": self.privilege(name), "Depth": depth} for name, depth in depths.items()]
        return self.post(f"roles({role})/Microsoft.Dynamics.CRM.AddPrivilegesRole", {"Privileges": entries})

    def held_by_role(self, role: str) -> dict[str, str]:
        """Privilege name → depth of a role."""
        return depths(self.get(f"RetrieveRolePrivilegesRole(RoleId={role})"))

    def new_user(self, app_id: str = APP, **more: Any) -> str:
        """Make an application user (and its service principal) and return its id."""
        add_principal(self.emulator, app_id, tenant=self.seed.tenant)
        return _id(self.post("systemusers", user_body(self.unit(), app_id) | more))

    def assign(self, user: str, role: str) -> httpx.Response:
        """Assign a role to a user."""
        body = {"@odata.id": f"{self.api}/roles({role})"}
        return self.post(f"systemusers({user})/systemuserroles_association/$ref", body)

    def document(self, kind: str, id: str) -> dict[str, Any]:
        """A document as it is in the store."""
        return self.emulator.store.get(self.seed.id, kind, id) or {}


def user_body(unit: str, app_id: str = APP) -> dict[str, Any]:
    """The smallest body that makes an application user."""
    bind = f"/businessunits({unit})"
    return {"applicationid": app_id, "accessmode": 4, "isdisabled": False, "businessunitid@odata.bind": bind}


def add_principal(emulator: RunningEmulator, app_id: str = APP, tenant: str = CONTOSO) -> None:
    """Put a service principal into a tenant's directory."""
    principal_id = PRINCIPAL if app_id == APP else str(uuid.uuid5(uuid.NAMESPACE_URL, app_id))
    principal = {
        "id": principal_id,
        "appId": app_id,
        "displayName": "Widget Sync",
        "servicePrincipalNames": [app_id, "https://widgets.example"],
    }
    emulator.store.put(tenant, "servicePrincipals", principal_id, principal)


def depths(answer: httpx.Response) -> dict[str, str]:
    """Privilege name → depth of an answer with RolePrivileges."""
    assert answer.status_code == 200, answer.text
    return {row["PrivilegeName"]: row["Depth"] for row in answer.json()["RolePrivileges"]}


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and service code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]


def _id(answer: httpx.Response) -> str:
    assert answer.status_code == 204, answer.text
    return answer.headers["OData-EntityId"].rpartition("(")[2].rstrip(")")
