"""Jobs of the traps in a live tenant: in a session of the full deployer, by a clock that never sleeps."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from connector.entra.checks import directory_causes
from connector.wire.session import Session
from emulator.seed import CONTOSO
from tests.emulator_flows.conftest import NoSleep
from tests.emulator_flows.tenant import ConnectedStack

DYNAMICS = "00000007-0000-0000-c000-000000000000"
GRAPH = "00000003-0000-0000-c000-000000000000"
Work = Callable[[Session], Awaitable[Any]]


def in_session(stack: ConnectedStack, work: Work, clock: NoSleep | None = None) -> Any:
    """Run work as the full deployer."""

    async def run() -> Any:
        async with stack.session(patience=(clock or NoSleep()).patience()) as session:
            return await work(session)

    return asyncio.run(run())


class MovingClock(NoSleep):
    """Waiting moves the emulator's clock too: it refuses again whoever comes back early."""

    def __init__(self, stack: ConnectedStack) -> None:
        super().__init__()
        self._stack = stack

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once, on both sides."""
        await super().sleep(seconds)
        self._stack.emulator.clock(f"+{math.ceil(seconds)}s")


def causes(stack: ConnectedStack) -> list[str]:
    """The codes of what the directory says is wrong."""

    async def work(session: Session) -> list[str]:
        return [c.code for c in await directory_causes(stack.settings, stack.outputs, session)]

    return list(in_session(stack, work))


def dynamics(stack: ConnectedStack) -> dict[str, Any]:
    """The Dynamics CRM service principal in the emulator."""
    everyone = stack.emulator.dump()[CONTOSO]["servicePrincipals"]
    return next(p for p in everyone if p["appId"] == DYNAMICS)


def own_grant(stack: ConnectedStack) -> dict[str, Any]:
    """The stack's grant for Dynamics CRM in the emulator."""
    resource, own = dynamics(stack)["id"], stack.outputs.service_principal_object_id
    grants = stack.emulator.dump()[CONTOSO]["oauth2PermissionGrants"]
    return next(g for g in grants if (g["clientId"], g["resourceId"]) == (own, resource))


def graph_requests(stack: ConnectedStack, *methods: str) -> list[str]:
    """Method and path of the requests to Graph, of these methods."""
    lines = [r for r in stack.emulator.requests() if r["service"] == "graph" and r["method"] in methods]
    return [f"{line['method']} {line['path']}" for line in lines]
