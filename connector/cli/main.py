"""The verbs, in the order of the job, and where each lives."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer

from connector.cli.app import Group, misuse
from connector.interrupts import CANCELLED, follow_the_run
from connector.text import guard_streams

_HERE = "connector.cli.verbs"
VERBS = {
    "preflight": f"{_HERE}.preflight:preflight",
    "deploy": f"{_HERE}.deploy:deploy",
    "preview": f"{_HERE}.preview:preview",
    "plan": f"{_HERE}.plan:plan",
    "apply": f"{_HERE}.apply:apply",
    "adopt": f"{_HERE}.adopt:adopt",
    "verify": f"{_HERE}.verify:verify",
    "handover": f"{_HERE}.handover:handover",
    "status": f"{_HERE}.status:status",
    "remove": f"{_HERE}.remove:remove",
    "bootstrap": f"{_HERE}.bootstrap:bootstrap",
    "comment": f"{_HERE}.comment:comment",
    "explain": f"{_HERE}.explain:explain",
    "rotate": f"{_HERE}.rotate:group",
    "fleet": f"{_HERE}.fleet:group",
}
app = Group(
    "connector",
    VERBS,
    help="Connect a SaaS to Microsoft Dynamics 365 by OAuth: one stack for each tenant and environment.",
)


def _take_any_text() -> None:
    """A pasted log and a terminal of another encoding than UTF-8 end no verb with a traceback."""
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)
    guard_streams()


def main() -> int:
    """Run the command line; the exit code is Pulumi's, or one of docs/exit-codes.md."""
    follow_the_run()
    _take_any_text()
    try:
        # Without its standalone mode Typer returns an Exit's code instead of leaving with it.
        return int(app(standalone_mode=False) or 0)
    except typer.Abort:
        print("interrupted", file=sys.stderr)
        return CANCELLED
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        print(misuse(error), file=sys.stderr)
        return 2
