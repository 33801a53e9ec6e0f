"""The verb `preflight`: what would stand in the way of a deployment, asked before anything is written."""

from __future__ import annotations

from connector.cli.engine.pulumi import Engine
from connector.cli.open_stack import in_session, records_folder
from connector.cli.run import Outcome
from connector.cli.screen.console import Voice
from connector.errors import RefusedError
from connector.preflight import run_checks
from connector.records.record import known_of, read_record
from connector.report import Answer, Check
from connector.settings import Settings
from connector.wire.session import Session


def preflight(voice: Voice, stack: str | None, records: str | None = None) -> Outcome:
    """Ask, show a table, and refuse (exit 4) when an answer is no."""
    folder = records_folder(records)
    engine = Engine(stack, voice.say)
    settings, state = engine.settings(), engine.state()
    known = known_of(read_record(settings.stack, folder))
    voice.title(f"Preflight of stack {settings.stack} (tenant {settings.tenant_id})")

    async def work(session: Session) -> tuple[Check, ...]:
        return await run_checks(session, state, known)

    checks = in_session(settings, work)
    voice.table([(check.answer.value, _line(check)) for check in checks])
    return _outcome(settings, checks)


def _line(check: Check) -> str:
    return f"{check.subject}: {check.detail}" if check.detail else check.subject


def _outcome(settings: Settings, checks: tuple[Check, ...]) -> Outcome:
    refused = [check for check in checks if check.answer is Answer.NO]
    body = {
        "verb": "preflight",
        "stack": settings.stack,
        "result": "refused" if refused else "ready",
        "checks": [check.to_json() for check in checks],
    }
    if not refused:
        return Outcome(body)
    count = "1 check does" if len(refused) == 1 else f"{len(refused)} checks do"
    lines = "\n".join(f"  - {_line(check)}" for check in refused)
    message = f"{count} not hold; nothing was written:\n{lines}"
    return Outcome(body, RefusedError(message, code=refused[0].code, key=refused[0].subject))
