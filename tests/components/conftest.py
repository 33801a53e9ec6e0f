"""Recording mocks: what the components declare, without engine or provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pulumi
import pytest
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import SETTINGS

PROJECT = Path(__file__).resolve().parents[2]
SCOPES = {
    "00000007-0000-0000-c000-000000000000": {"user_impersonation": "78ce3f0f-a1ce-49c2-8cde-64b5c0896db4"},
    "00000003-0000-0000-c000-000000000000": {
        "openid": "37f7f235-527c-4136-accd-4a02d197296e",
        "offline_access": "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
    },
}
ROLES = {"00000003-0000-0000-c000-000000000000": {"User.Read.All": "df021288-bdef-4463-88db-98f22de89214"}}


@dataclass
class Recorder(mocks.Mocks):
    """Remembers every resource and look-up, and answers as the tenant would.

    `options` holds each resource's registration by its name, as the engine would get it: protection,
    what it is deleted with, which changes are ignored. An `absent` application id has no service principal.
    """

    resources: list[mocks.MockResourceArgs] = field(default_factory=list)
    calls: list[mocks.MockCallArgs] = field(default_factory=list)
    options: dict[str, resource_pb2.RegisterResourceRequest] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Record a resource; computed properties are made from its name."""
        self.resources.append(args)
        names = {"objectId": "oid", "clientId": "cid", "keyId": "key"}
        computed = {name: f"{args.name}-{ending}" for name, ending in names.items()}
        return f"{args.name}-id", {**computed, "value": "the-secret", **args.inputs}

    def call(  # type: ignore[override]  # the SDK takes the answer alone as well
        self, args: mocks.MockCallArgs
    ) -> dict[Any, Any] | tuple[dict[Any, Any], list[tuple[str, str]]]:
        """Record a look-up; a service principal publishes SCOPES and ROLES."""
        self.calls.append(args)
        client_id = args.args.get("clientId", "")
        name = args.args.get("userPrincipalName") or client_id
        if client_id in self.absent:
            # The provider's words for this look-up.
            return {}, [("", f"{args.token}: No service principal found: no service principal found")]
        return {
            "objectId": f"oid-of-{name}",
            "objectIds": [f"oid-of-{name}" for name in args.args.get("displayNames", [])],
            "oauth2PermissionScopeIds": SCOPES.get(client_id, {}),
            "appRoleIds": ROLES.get(client_id, {}),
        }

    def of_type(self, noun: str) -> list[mocks.MockResourceArgs]:
        """The azuread resources of one type, such as `Application`."""
        return [r for r in self.resources if r.typ == f"azuread:index/{noun[0].lower()}{noun[1:]}:{noun}"]


class Monitor(mocks.MockMonitor):
    """The SDK's mock, which also keeps what the mocks do not get to see: the resource options."""

    mocks: Recorder

    def RegisterResource(  # noqa: N802  # the name of the gRPC service
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Keep the registration, then answer as the SDK's mock does."""
        self.mocks.options[request.name] = request
        return super().RegisterResource(request)


class Declare(Protocol):
    """Runs a function that declares resources."""

    def __call__(self, program: Callable[[], Any], *, absent: frozenset[str] = ...) -> Recorder:
        """Return what was recorded; the APIs in *absent* are not in the tenant."""


@pytest.fixture
def declare() -> Iterator[Declare]:
    """Run a function that declares resources; everything it started, and what it returns, is awaited."""
    loops: list[asyncio.AbstractEventLoop] = []

    def give_loop() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    # The SDK's mocks open an event loop in each worker thread and leave it open; these get ours.
    with ThreadPoolExecutor(4, initializer=give_loop) as workers, asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(workers)
        yield lambda program, *, absent=frozenset(): runner.run(_declare(program, absent))
    for loop in loops:
        loop.close()


async def _declare(program: Callable[[], Any], absent: frozenset[str]) -> Recorder:
    recorder = Recorder(absent=absent)
    # Inside the running loop: the SDK would otherwise open one of its own and leave it open.
    mocks.set_mocks(recorder, project="dynamics-connect", stack="test", monitor=Monitor(recorder))

    async def body() -> None:
        await pulumi.Output.from_input(program()).future()

    try:
        await pulumi.runtime.stack.run_pulumi_func(body)
    finally:
        # A program that failed leaves outputs that nobody waits for: the next test is not to meet them.
        SETTINGS.outputs.clear()
    return recorder
