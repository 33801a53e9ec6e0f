"""A connection that somebody made by hand in the portal: close to the settings, and not equal to them."""

from __future__ import annotations

from typing import Any

from emulator.graph.catalogue import DYNAMICS_APP_ID, DYNAMICS_SCOPES, GRAPH_APP_ID
from emulator.seed import CONTOSO
from emulator.seed.directory import ADELE, MEGAN
from tests.support.emulator import RunningEmulator


class ByHand:
    """An application with service principal, secret, grant and two assignments.

    `secret` is the secret's answer, value and all; `scope` what is consented to on Dynamics.
    """

    def __init__(
        self,
        emulator: RunningEmulator,
        *,
        audience: str = "AzureADMyOrg",
        graph_scopes: str = "",
        token_version: int | None = None,
    ) -> None:
        """Make all of it; with *graph_scopes* there is a grant for Microsoft Graph as well."""
        self._emulator = emulator
        self._headers = {"Authorization": f"Bearer {emulator.token()}"}
        scope = {"id": DYNAMICS_SCOPES["user_impersonation"], "type": "Scope"}
        body = {
            "displayName": "Bizible by hand",
            "signInAudience": audience,
            "web": {"redirectUris": ["https://apps.bizible.com/OAuth2"]},
            "requiredResourceAccess": [{"resourceAppId": DYNAMICS_APP_ID, "resourceAccess": [scope]}],
        }
        if token_version:
            body["api"] = {"requestedAccessTokenVersion": token_version}
        self.application = self.post("applications", body)
        self.id, self.app_id = self.application["id"], self.application["appId"]
        self.principal = self.post("servicePrincipals", {"appId": self.app_id})["id"]
        self.secret = self.add_secret("made by hand")
        self.key_id = str(self.secret["keyId"])
        self.grant(DYNAMICS_APP_ID, "user_impersonation")
        if graph_scopes:
            self.grant(GRAPH_APP_ID, graph_scopes)
        for person in (ADELE, MEGAN):
            self._assign(person)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One write, as the full deployer."""
        url = f"{self._emulator.authority}/v1.0/{path}"
        answer = self._emulator.http().post(url, json=body, headers=self._headers)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def add_secret(self, name: str, **properties: str) -> dict[str, Any]:
        """One more client secret."""
        body = {"passwordCredential": {"displayName": name} | properties}
        return self.post(f"applications/{self.id}/addPassword", body)

    def secrets(self) -> set[str]:
        """The display names of the application's secrets now."""
        (application,) = self._emulator.store.find(CONTOSO, "applications", id=self.id)
        return {credential["displayName"] for credential in application["passwordCredentials"]}

    def grant(self, api: str, scope: str) -> None:
        """Consent for all users."""
        (found,) = self._emulator.store.find(CONTOSO, "servicePrincipals", appId=api)
        body = {"clientId": self.principal, "resourceId": found["id"], "consentType": "AllPrincipals"}
        self.post("oauth2PermissionGrants", body | {"scope": scope})

    def _assign(self, person: str) -> None:
        role = "00000000-0000-0000-0000-000000000000"
        body = {"principalId": person, "resourceId": self.principal, "appRoleId": role}
        self.post(f"servicePrincipals/{self.principal}/appRoleAssignedTo", body)
