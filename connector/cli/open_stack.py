"""What most verbs need around their work: a session, the directory's checks, the records' folder."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from connector.cli.engine.pulumi import PROJECT_DIR, Engine
from connector.cli.paths import refused
from connector.cli.screen.console import Voice
from connector.dataverse import jobs
from connector.dataverse.reports import Cause, ProofReport
from connector.records.record import DEFAULT_FOLDER
from connector.settings import Settings
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session

T = TypeVar("T")


def warm_up() -> None:
    """Import the Graph SDK while the engine works: it costs half a second, and only the proof needs it."""
    threading.Thread(target=import_module, args=("connector.entra.checks",), daemon=True).start()


def in_session(settings: Settings, work: Callable[[Session], Awaitable[T]]) -> T:
    """Run asynchronous work in a session of its own and return what it returned."""

    async def run() -> T:
        async with Session(settings) as session:
            return await work(session)

    return asyncio.run(run())


def ask_locks(voice: Voice, engine: Engine) -> None:
    """Before a write that no lock of the engine's covers: refuse where another run holds the stack.

    Raises EngineError; where the backend shows no locks, the result says so.
    """
    if unread := engine.ask_locks():
        voice.note("locks", unread)


def directory_checks(settings: Settings, outputs: StackOutputs, session: Session) -> jobs.MoreChecks:
    """The directory's part of a proof, as the proof takes it."""

    async def checks() -> list[Cause]:
        from connector.entra.checks import directory_causes  # noqa: PLC0415  # see warm_up

        return await directory_causes(settings, outputs, session)

    return checks


async def named(report: ProofReport, outputs: StackOutputs, session: Session) -> ProofReport:
    """A proof's report with the reason why a secret was refused, where the directory shows it."""
    if report.error is None:
        return report
    from connector.entra.secrets import told_apart  # noqa: PLC0415  # see warm_up

    return await told_apart(report, outputs, session)


def records_folder(named: str | None, *, write: bool = False) -> Path:
    """The records' folder named, or the project's own; made where the verb will *write* into it.

    Raises SettingsError for one that is no folder, or cannot be written.
    """
    path = Path(named).absolute() if named else PROJECT_DIR / DEFAULT_FOLDER
    try:
        there = next(one for one in (path, *path.parents) if one.exists())
        if not there.is_dir():
            raise refused("--records", str(named or path), "is no folder", code="path.folder")
        if write:
            path.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        why = f"cannot be written ({error.strerror}); name another folder"
        raise refused("--records", str(named or path), why, code="path.folder") from None
    return path
