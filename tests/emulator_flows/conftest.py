"""Fixtures of the flows: a stack whose Entra half stands, and patience that never sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Protocol

import httpx
import pytest

from connector.dataverse import jobs
from connector.deadlines import Patience
from connector.entra.checks import directory_causes
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.emulator import RunningEmulator
from tests.support.fleet import DeployedFleet


class NoSleep:
    """A clock that waiting moves on, and nothing else does."""

    def __init__(self) -> None:
        self.time = 0.0

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.time += seconds

    def patience(self) -> Patience:
        """Patience by this clock."""
        return Patience(sleep=self.sleep, now=lambda: self.time)


class Run(Protocol):
    """Runs one job of the connector on a stack."""

    def __call__(self, job: Callable[..., Awaitable[Any]], **options: Any) -> Any:
        """Return what the job returned."""


@pytest.fixture
def clock() -> NoSleep:
    """The clock of the session's patience."""
    return NoSleep()


@pytest.fixture
def stack(emulator: RunningEmulator) -> ConnectedStack:
    """Stack dev in organization 1, its Entra half made, the request log empty."""
    made = ConnectedStack(emulator)
    emulator.requests(reset=True)
    return made


@pytest.fixture
def run(stack: ConnectedStack, clock: NoSleep) -> Run:
    """Run a job on the stack as the full deployer."""
    return runner(stack, clock)


def runner(
    stack: ConnectedStack,
    clock: NoSleep,
    environ: dict[str, str] | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Run:
    """Run jobs on a stack, as the deployer of an environment, by a transport that a test watches."""

    def run(job: Callable[..., Awaitable[Any]], **options: Any) -> Any:
        async def work() -> Any:
            patience = clock.patience()
            async with stack.session(environ, patience=patience, transport=transport) as session:
                if job in (jobs.prove, jobs.apply_and_prove):
                    options.setdefault(
                        "more", lambda: directory_causes(stack.settings, stack.outputs, session)
                    )
                return await job(stack.settings, stack.outputs, session, **options)

        return asyncio.run(work())

    return run


@pytest.fixture(scope="module")
def deployed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeployedFleet]:
    """As many tenants as the module's TENANTS says, a stack deployed in each."""
    count = str(request.module.TENANTS)
    running = RunningEmulator(tmp_path_factory.mktemp("emulator"), "--tenants", count)
    made = DeployedFleet(tmp_path_factory.mktemp("fleet"), running)
    made.keep()
    yield made
    running.stop()


@pytest.fixture
def fleet(deployed: DeployedFleet) -> DeployedFleet:
    """The fleet, all of it in order."""
    deployed.reset()
    deployed.emulator.requests(reset=True)
    return deployed
