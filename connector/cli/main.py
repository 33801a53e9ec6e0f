"""The verbs, in the order of the job, and where each lives."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer

from connector.cli.app import Group, Verb, misuse
from connector.interrupts import CANCELLED, follow_the_run
from connector.text import guard_streams

_HERE = "connector.cli.verbs"
VERBS = {
    "preflight": Verb(
        f"{_HERE}.preflight:preflight",
        "Ask what would stand in the way: rights, policy, namesakes, APIs, users and groups; writes nothing.",
    ),
    "deploy": Verb(
        f"{_HERE}.deploy:deploy",
        "Make everything: `pulumi up`, then the security role and application user, then the proof.",
    ),
    "preview": Verb(
        f"{_HERE}.preview:preview",
        "Show what `deploy` would change, both halves; writes nothing, and needs no stack in the backend.",
    ),
    "plan": Verb(
        f"{_HERE}.plan:plan",
        "Show what `apply` would change in Dataverse: tables, rights and depth; nothing is written.",
    ),
    "apply": Verb(
        f"{_HERE}.apply:apply",
        "Make the Dataverse half: security role, application user, assignment.",
    ),
    "adopt": Verb(
        f"{_HERE}.adopt:adopt",
        "Take over a hand-made application: import it and all that hangs on it, and show what differs.",
    ),
    "verify": Verb(
        f"{_HERE}.verify:verify",
        "Prove that the client secret opens Dynamics with exactly the rights wanted.",
    ),
    "handover": Verb(
        f"{_HERE}.handover:handover",
        "Give the values that the connect form asks for, in its order and words.",
    ),
    "status": Verb(
        f"{_HERE}.status:status",
        "Show one stack: secrets' days left, consent, assignments, role drift, last proof; it only reads.",
    ),
    "remove": Verb(
        f"{_HERE}.remove:remove",
        "Take everything of this stack away again; the application stays in the recycle bin for 30 days.",
    ),
    "bootstrap": Verb(
        f"{_HERE}.bootstrap:bootstrap",
        "Make a pipeline's two identities, a reader and a writer; an administrator runs this once a tenant.",
    ),
    "comment": Verb(
        f"{_HERE}.comment:comment",
        "Put Markdown on the pull request of a pipeline's job, as one comment that later runs update.",
    ),
    "explain": Verb(
        f"{_HERE}.explain:explain",
        "Say what a code or message of login service, Graph, provider or Dataverse means, and what to do.",
    ),
    "rotate": Verb(f"{_HERE}.rotate:group", "Rotate the client secret in two slots."),
    "fleet": Verb(f"{_HERE}.fleet:group", "Many stacks from one file, fleet.yaml."),
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
