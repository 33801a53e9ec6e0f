"""Reading many stacks in one process: from their records, the directory and Dataverse, without the engine.

One transport for all. A tenant that is slow, throttled, down or refuses is its own row, and no
other's trouble.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector.deadlines import FLEET_RETRY_AFTER, FLEET_STACK, Patience
from connector.errors import ConnectError, DriftError, NoSuchStackError, UnreachableError
from connector.fleet.model import FleetStack, login_environment
from connector.fleet.rows import RequestCount, StackStatus, StatusRow, failed_row, row_of
from connector.fleet.stack_status import (
    check_same,
    read_live_stack,
    recorded_certificates,
    recorded_secrets,
    standing_of,
)
from connector.records.record import read_record
from connector.settings import Cloud, CredentialKind, Settings
from connector.settings.stack_file import project_defaults, settings_from_files
from connector.wire.session import Session
from connector.wire.transport import Connections

#: Stacks read side by side; more would make a 2-core machine compute and no longer wait (docs/fleet.md).
AT_ONCE = 3


@dataclass(frozen=True)
class Workspace:
    """Where things are: the project's folder, the records' folder, the environment."""

    project: Path
    records: Path
    environ: Mapping[str, str]


async def read_fleet_status(
    stacks: Sequence[FleetStack],
    workspace: Workspace,
    *,
    at_once: int = AT_ONCE,
    soon_days: int | None = None,
    done: Callable[[StatusRow], None] = lambda _: None,
) -> list[StatusRow]:
    """The rows of the stacks, in their order; *done* hears of each as it is read.

    What goes wrong with a stack is its row, and nothing is raised for it.
    """
    defaults = project_defaults(workspace.project)
    # azure-identity waits in threads: two for each stack, or its tokens would wait for one another.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * at_once))
    gate = asyncio.Semaphore(at_once)
    emulated = any(stack.cloud is Cloud.EMULATOR for stack in stacks)
    async with Connections(workspace.environ, at_once=at_once, emulated=emulated) as connections:
        reader = _Reader(workspace, connections, defaults, soon_days)

        async def one(stack: FleetStack) -> StatusRow:
            async with gate:
                row = await reader.row(stack)
            done(row)
            return row

        return list(await asyncio.gather(*(one(stack) for stack in stacks)))


class _Reader:
    """Reads one stack at a time for each that asks; what all of them need is kept here."""

    def __init__(
        self,
        workspace: Workspace,
        connections: Connections,
        defaults: Mapping[str, Any],
        soon_days: int | None,
    ) -> None:
        self._workspace, self._connections = workspace, connections
        self._defaults, self._soon = defaults, soon_days

    async def row(self, stack: FleetStack) -> StatusRow:
        sessions: list[Session] = []
        try:
            return await self._read(stack, sessions)
        except NoSuchStackError as error:
            return failed_row(stack, StackStatus.NOT_DEPLOYED, error)
        except ConnectError as error:
            state = StackStatus.DRIFT if isinstance(error, DriftError) else StackStatus.UNKNOWN
            return failed_row(stack, state, error, requests_of(*sessions))
        except TimeoutError:
            message = f"stack {stack.name} was not read within {FLEET_STACK:.0f} s: its tenant is slow"
            late = UnreachableError(message, code="host.unreachable", key=stack.dynamics_url)
            return failed_row(stack, StackStatus.UNKNOWN, late, requests_of(*sessions))
        except Exception as error:  # whatever one answer held, the other stacks are read
            message = f"stack {stack.name} could not be read ({type(error).__name__}); run status on it alone"
            unread = ConnectError(message, code="fleet.unread", key=stack.name)
            return failed_row(stack, StackStatus.UNKNOWN, unread, requests_of(*sessions))

    async def _read(self, stack: FleetStack, sessions: list[Session]) -> StatusRow:
        record = read_record(stack.name, self._workspace.records)
        if record is None:
            message = f"there is no record of stack {stack.name}: run deploy, or verify where it is deployed"
            raise NoSuchStackError(message, code="fleet.no_record", key=stack.name)
        settings = settings_from_files(stack.name, self._workspace.project, self._defaults)
        check_same(stack, record, settings)
        session = self._session(stack, settings)
        sessions.append(session)
        async with asyncio.timeout(FLEET_STACK), self._connections.visit(settings.dynamics_host), session:
            live = await read_live_stack(settings, record, session)
        now = datetime.now(UTC)
        of_secrets = settings.profile.credential is CredentialKind.SECRET
        held = recorded_secrets(record, live.application) if of_secrets else recorded_certificates(record)
        standing = standing_of(settings, live, held, now, self._soon)
        return row_of(stack, record, standing, held, requests_of(session), now)

    def _session(self, stack: FleetStack, settings: Settings) -> Session:
        environ = login_environment(stack, self._workspace.environ, writes=False)
        patience = Patience(retry_after=FLEET_RETRY_AFTER)
        return Session(settings, environ=environ, patience=patience, connections=self._connections)


def requests_of(*sessions: Session) -> RequestCount:
    """What sessions have asked of all hosts, and the longest chain at one of them."""
    counters = [session.counter for session in sessions]
    requests = sum(sum(one.requests.values()) for one in counters)
    rounds = max((depth for one in counters for depth in one.rounds.values()), default=0)
    return RequestCount(requests, rounds)
