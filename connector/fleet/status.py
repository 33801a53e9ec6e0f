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

from connector.errors import ConnectError, DriftError, NoSuchStackError, UnreachableError
from connector.fleet.model import FleetStack, login_environment
from connector.fleet.reading import certificates_held, check_same, look, secrets_held, standing_of
from connector.fleet.rows import Effort, Row, State, failed_row, row_of
from connector.records.record import read_record
from connector.settings import Cloud, CredentialKind, Settings
from connector.settings.stack_file import project_defaults, settings_from_files
from connector.wire.retry import Patience
from connector.wire.session import Session
from connector.wire.transport import Shared

#: Stacks read side by side; more would make a 2-core machine compute and no longer wait (docs/fleet.md).
AT_ONCE = 3
#: Seconds that a throttled tenant is waited for, and that one stack may take in all.
_RETRY_SECONDS = 30.0
_STACK_SECONDS = 120.0


@dataclass(frozen=True)
class Place:
    """Where things are: the project's folder, the records' folder, the environment."""

    project: Path
    records: Path
    environ: Mapping[str, str]


async def read_fleet_status(
    stacks: Sequence[FleetStack],
    place: Place,
    *,
    at_once: int = AT_ONCE,
    soon_days: int | None = None,
    done: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """The rows of the stacks, in their order; *done* hears of each as it is read.

    What goes wrong with a stack is its row, and nothing is raised for it.
    """
    defaults = project_defaults(place.project)
    # azure-identity waits in threads: two for each stack, or its tokens would wait for one another.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * at_once))
    gate = asyncio.Semaphore(at_once)
    emulated = any(stack.cloud is Cloud.EMULATOR for stack in stacks)
    async with Shared(place.environ, at_once=at_once, emulated=emulated) as shared:
        reader = _Reader(place, shared, defaults, soon_days)

        async def one(stack: FleetStack) -> Row:
            async with gate:
                row = await reader.row(stack)
            done(row)
            return row

        return list(await asyncio.gather(*(one(stack) for stack in stacks)))


class _Reader:
    """Reads one stack at a time for each that asks; what all of them need is kept here."""

    def __init__(
        self, place: Place, shared: Shared, defaults: Mapping[str, Any], soon_days: int | None
    ) -> None:
        self._place, self._shared = place, shared
        self._defaults, self._soon = defaults, soon_days

    async def row(self, stack: FleetStack) -> Row:
        sessions: list[Session] = []
        try:
            return await self._read(stack, sessions)
        except NoSuchStackError as error:
            return failed_row(stack, State.NOT_DEPLOYED, error)
        except ConnectError as error:
            state = State.DRIFT if isinstance(error, DriftError) else State.UNKNOWN
            return failed_row(stack, state, error, effort_of(*sessions))
        except TimeoutError:
            message = f"stack {stack.name} was not read within {_STACK_SECONDS:.0f} s: its tenant is slow"
            late = UnreachableError(message, code="host.unreachable", key=stack.dynamics_url)
            return failed_row(stack, State.UNKNOWN, late, effort_of(*sessions))
        except Exception as error:  # whatever one answer held, the other stacks are read
            message = f"stack {stack.name} could not be read ({type(error).__name__}); run status on it alone"
            unread = ConnectError(message, code="fleet.unread", key=stack.name)
            return failed_row(stack, State.UNKNOWN, unread, effort_of(*sessions))

    async def _read(self, stack: FleetStack, sessions: list[Session]) -> Row:
        record = read_record(stack.name, self._place.records)
        if record is None:
            message = f"there is no record of stack {stack.name}: run deploy, or verify where it is deployed"
            raise NoSuchStackError(message, code="fleet.no_record", key=stack.name)
        settings = settings_from_files(stack.name, self._place.project, self._defaults)
        check_same(stack, record, settings)
        session = self._session(stack, settings)
        sessions.append(session)
        async with asyncio.timeout(_STACK_SECONDS), self._shared.visit(settings.dynamics_host), session:
            seen = await look(settings, record, session)
        now = datetime.now(UTC)
        of_secrets = settings.profile.credential is CredentialKind.SECRET
        held = secrets_held(record, seen.application) if of_secrets else certificates_held(record)
        standing = standing_of(settings, seen, held, now, self._soon)
        return row_of(stack, record, standing, held, effort_of(session), now)

    def _session(self, stack: FleetStack, settings: Settings) -> Session:
        environ = login_environment(stack, self._place.environ, writes=False)
        patience = Patience(retry_after=_RETRY_SECONDS)
        return Session(settings, environ=environ, patience=patience, shared=self._shared)


def effort_of(*sessions: Session) -> Effort:
    """What sessions have asked of all hosts, and the longest chain at one of them."""
    counters = [session.counter for session in sessions]
    requests = sum(sum(one.requests.values()) for one in counters)
    return Effort(requests, max((depth for one in counters for depth in one.rounds.values()), default=0))
