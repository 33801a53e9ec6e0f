"""One stack as a verb works on it: the engine, its settings, the record, and what people are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from connector.cli.engine.pulumi import Engine
from connector.cli.paths import records_folder
from connector.cli.screen.console import Screen
from connector.dataverse import jobs
from connector.dataverse.desired import Known
from connector.dataverse.reports import ApplyReport, ProofReport
from connector.entra.checks import directory_causes
from connector.entra.secrets import told_apart
from connector.records.record import StackRecord, known_of, read_record, updated, write_record
from connector.report import Cause
from connector.settings import CredentialKind, Settings
from connector.stack.outputs import StackOutputs
from connector.stack.secrets import LiveSecret, live_certificates, live_secrets
from connector.stack.state import StackState
from connector.wire.session import Session

T = TypeVar("T")


def in_session(settings: Settings, work: Callable[[Session], Awaitable[T]]) -> T:
    """Run asynchronous work in a session of its own and return what it returned."""

    async def run() -> T:
        async with Session(settings) as session:
            return await work(session)

    return asyncio.run(run())


def ask_locks(screen: Screen, engine: Engine) -> None:
    """Before a write that no lock of the engine's covers: refuse where another run holds the stack.

    Raises EngineError; where the backend shows no locks, the result says so.
    """
    if unread := engine.ask_locks():
        screen.note("locks", unread)


class OpenStack:
    """What every verb begins with. The engine keeps one snapshot of the state, see `Engine.exported`."""

    def __init__(
        self, screen: Screen, stack: str | None, records: str | None, *, writes: bool = False
    ) -> None:
        """Find the records' folder (made where the verb *writes* there), the engine and the settings.

        Raises SettingsError with every problem, NoSuchStackError, EngineError.
        """
        self.screen = screen
        self.folder = records_folder(records, write=writes)
        self.engine = Engine(stack, screen.say)
        self.settings = self.engine.settings()

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.settings.stack

    def outputs(self) -> StackOutputs:
        """The stack's outputs. Raises NoSuchStackError without any."""
        return self.engine.outputs()

    def state(self) -> StackState:
        """Ids and names of what the state holds."""
        return self.engine.state()

    def live(self) -> tuple[LiveSecret, ...]:
        """The client secrets (or certificates) that the state holds, the oldest first."""
        profile = self.settings.profile
        read = live_certificates if profile.credential is CredentialKind.CERTIFICATE else live_secrets
        return read(self.engine.exported(), profile.name)

    def record(self) -> StackRecord | None:
        """What is known of the stack from its last runs."""
        return read_record(self.name, self.folder)

    def known(self) -> Known:
        """What the record says of the Dataverse half."""
        return known_of(self.record())

    def write(self, record: StackRecord) -> None:
        """Write the record, whole or not at all."""
        write_record(record, self.folder)

    def note(
        self,
        outputs: StackOutputs,
        *,
        applied: ApplyReport | None = None,
        proof: ProofReport | None = None,
    ) -> None:
        """Bring the record up to date; what the run did not touch stays in it."""
        self.write(updated(self.record(), self.settings, outputs, applied=applied, proof=proof))

    def ask_locks(self) -> None:
        """Before a write: refuse where another run holds the stack. Raises EngineError."""
        ask_locks(self.screen, self.engine)

    def in_session(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run asynchronous work in a session of this stack."""
        return in_session(self.settings, work)


def directory_checks(settings: Settings, outputs: StackOutputs, session: Session) -> jobs.MoreChecks:
    """The directory's part of a proof, as the proof takes it."""

    async def checks() -> list[Cause]:
        return await directory_causes(settings, outputs, session)

    return checks


async def named(report: ProofReport, outputs: StackOutputs, session: Session) -> ProofReport:
    """A proof's report with the reason why a secret was refused, where the directory shows it."""
    return report if report.error is None else await told_apart(report, outputs, session)
