"""The numbered tenants of an emulator, and calls as their deployers."""

from __future__ import annotations

from typing import Any

import httpx

from emulator.seed import DEPLOYER_SECRET
from emulator.seed.many import Numbered, there
from tests.support.emulator import RunningEmulator


class Many:
    """What `serve --tenants N` added to a running emulator."""

    def __init__(self, emulator: RunningEmulator) -> None:
        """List them."""
        self.emulator = emulator
        self.tenants: tuple[Numbered, ...] = tuple(there(emulator.store))

    def url(self, one: Numbered) -> str:
        """The URL of a tenant's organization, without a trailing slash."""
        return f"https://{one.organization.address}:{self.emulator.port}"

    def login(self, tenant: str, client_id: str, resource: str) -> httpx.Response:
        """Ask for a token with the deployers' secret."""
        return self.emulator.http().post(
            f"{self.emulator.authority}/{tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": DEPLOYER_SECRET,
                "scope": f"{resource}/.default",
            },
        )

    def token(self, one: Numbered, resource: str) -> str:
        """A token of a tenant's deployer for a resource."""
        answer = self.login(one.tenant.id, one.deployer, resource)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def dataverse(self, one: Numbered, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call a tenant's organization as its deployer."""
        address = f"{self.url(one)}/api/data/v9.2/{path}"
        return self._call(method, address, self.token(one, self.url(one)), body)

    def graph(self, one: Numbered, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call Graph as a tenant's deployer."""
        authority = self.emulator.authority
        return self._call(method, f"{authority}/v1.0/{path}", self.token(one, authority), body)

    def _call(self, method: str, url: str, token: str, body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return self.emulator.http().request(method, url, headers=headers, json=body)
