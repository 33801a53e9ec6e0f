"""The verb `preflight`: what would stand in the way of a deployment, asked before anything is written."""

from __future__ import annotations

from connector.cli.open_stack import OpenStack
from connector.cli.options import Json, Records, Stack
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.errors import RefusedError
from connector.preflight import run_checks
from connector.report import Answer, Check
from connector.settings import Settings


def preflight(stack: Stack = None, json: Json = False, records: Records = None) -> None:
    """Ask what would stand in the way: rights, policy, namesakes, APIs, users and groups; writes nothing."""
    run_verb("preflight", Screen(as_json=json), lambda screen: _ask(OpenStack(screen, stack, records)))


def _ask(stack: OpenStack) -> Outcome:
    """Ask, show a table, and refuse (exit 4) when an answer is no."""
    state, known = stack.state(), stack.known()
    stack.screen.title(f"Preflight of stack {stack.name} (tenant {stack.settings.tenant_id})")
    checks = stack.in_session(lambda session: run_checks(session, state, known))
    stack.screen.table([(check.answer.value, _line(check)) for check in checks])
    return _outcome(stack.settings, checks)


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
