"""A connected stack without the engine: application, service principal, secret and grants by Graph."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connector.naming import tags
from connector.settings import Settings, load_settings
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session
from tests.support.emulator import PROJECT, RunningEmulator

STACK = "dev"


class ConnectedStack:
    """Settings and outputs of a stack whose Entra half stands in the emulator."""

    def __init__(
        self, emulator: RunningEmulator, *, org: int = 1, project_dir: Path = PROJECT, **changes: object
    ) -> None:
        """Make the Entra half in tenant contoso."""
        self.emulator = emulator
        raw: dict[str, object] = {
            "profile": "marketo-measure",
            "tenantId": "11111111-1111-4111-8111-111111111111",
            "dynamicsUrl": emulator.org(org),
            "cloud": "emulator",
        }
        self.raw = raw | changes
        self.settings: Settings = load_settings(self.raw, stack=STACK, project_dir=project_dir)
        self.host = self.settings.dynamics_host
        self._headers = {"Authorization": f"Bearer {emulator.token()}"}
        self.outputs = self._make()

    def graph(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One Graph call as the full deployer."""
        url = f"{self.emulator.authority}/v1.0/{path}"
        answer = self.emulator.http().request(method, url, json=body, headers=self._headers)
        assert answer.is_success, answer.text
        return dict(answer.json()) if answer.content else {}

    def _make(self) -> StackOutputs:
        application = self.graph(
            "POST",
            "applications",
            {
                "displayName": self.settings.display_name,
                "signInAudience": self.settings.sign_in_audience.value,
                "tags": list(tags(STACK)),
                "web": {"redirectUris": list(self.settings.redirect_uris.web)},
            },
        )
        principal = self.graph(
            "POST",
            "servicePrincipals",
            {
                "appId": application["appId"],
                "appRoleAssignmentRequired": True,
                "tags": list(tags(STACK)),
            },
        )
        end = datetime.now(UTC) + timedelta(days=self.settings.secret.lifetime_days)
        secret = self.graph(
            "POST",
            f"applications/{application['id']}/addPassword",
            {
                "passwordCredential": {"displayName": "a-1", "endDateTime": end.isoformat()},
            },
        )
        self._grant(principal["id"])
        return StackOutputs.from_mapping(
            {
                "tenantId": self.settings.tenant_id,
                "clientId": application["appId"],
                "applicationObjectId": application["id"],
                "servicePrincipalObjectId": principal["id"],
                "applicationIdUri": self.settings.dynamics_url,
                "redirectUris": list(self.settings.redirect_uris.web),
                "clientSecret": secret["secretText"],
                "clientSecretKeyId": secret["keyId"],
                "clientSecretEndDate": end.isoformat(),
                "slots": {"a": {"generation": 1, "keyId": secret["keyId"]}},
            }
        )

    def _grant(self, principal_id: str) -> None:
        for api in {permission.client_id for permission in self.settings.permissions}:
            found = self.graph("GET", f"servicePrincipals?$filter=appId eq '{api}'")["value"][0]
            names = [p.name for p in self.settings.permissions if p.client_id == api]
            self.graph(
                "POST",
                "oauth2PermissionGrants",
                {
                    "clientId": principal_id,
                    "resourceId": found["id"],
                    "consentType": "AllPrincipals",
                    "scope": " ".join(names),
                },
            )

    def session(self, environ: Mapping[str, str] | None = None, **options: Any) -> Session:
        """A session as the full deployer, or as another environment says."""
        return Session(self.settings, environ=environ or self.emulator.env, **options)

    def objects(self, kind: str, *, org: int = 1) -> list[dict[str, Any]]:
        """All rows of a kind in the organization."""
        scope = f"0c0c0c0{org}-0000-4000-8000-00000000000{org}"
        return self.emulator.dump()[scope].get(kind, [])

    def org_requests(self) -> list[dict[str, Any]]:
        """The log's lines for the organization's host, oldest first."""
        lines = self.emulator.requests()
        return [line for line in lines if line["service"] == "dataverse"]
