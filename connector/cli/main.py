"""The verbs, in the order of the job."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from connector.cli import rotate, verbs
from connector.cli.console import Voice
from connector.cli.run import run_verb

app = typer.Typer(
    name="connector",
    help="Connect a SaaS to Microsoft Dynamics 365 by OAuth: one stack for each tenant and environment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(rotate.app, name="rotate")

Stack = Annotated[str | None, typer.Option("--stack", "-s", help="Stack; the selected one by default.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Records = Annotated[str | None, typer.Option("--records", help="Folder of the records (.local/records).")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed without a terminal.")]


@app.command()
def deploy(stack: Stack = None, json: Json = False, records: Records = None) -> None:
    """Make everything: `pulumi up`, then the security role and application user, then the proof."""
    run_verb("deploy", Voice(as_json=json), lambda voice: verbs.deploy(voice, stack, records))


@app.command()
def apply(stack: Stack = None, json: Json = False, records: Records = None) -> None:
    """Make the Dataverse half: security role, application user, assignment."""
    run_verb("apply", Voice(as_json=json), lambda voice: verbs.apply(voice, stack, records))


@app.command()
def verify(stack: Stack = None, json: Json = False, records: Records = None) -> None:
    """Prove that the client secret opens Dynamics with exactly the rights wanted."""
    run_verb("verify", Voice(as_json=json), lambda voice: verbs.verify(voice, stack, records))


@app.command()
def handover(
    stack: Stack = None,
    json: Json = False,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the client secret too.")] = False,
) -> None:
    """Print the values that the connect form asks for, in its order and words."""
    run_verb(
        "handover", Voice(as_json=json), lambda voice: verbs.handover(voice, stack, show_secret=show_secret)
    )


@app.command()
def remove(
    stack: Stack = None,
    json: Json = False,
    yes: Yes = False,
    unprotect: Annotated[bool, typer.Option("--unprotect", help="Lift the protection first.")] = False,
    records: Records = None,
) -> None:
    """Take everything of this stack away again; the application stays in the recycle bin for 30 days."""
    run_verb(
        "remove",
        Voice(as_json=json),
        lambda voice: verbs.remove(voice, stack, records, yes=yes, unprotect=unprotect),
    )


@app.command()
def explain(code: Annotated[str, typer.Argument(help="AADSTS7000215, 0x80040220, …")]) -> None:
    """Say what a code of the login service or of Dataverse means, and what to do."""
    run_verb("explain", Voice(as_json=False), lambda _: verbs.explain_code(code))


def main() -> int:
    """Run the command line; the exit code is Pulumi's, or one of docs/exit-codes.md."""
    try:
        # Without its standalone mode Typer returns an Exit's code instead of leaving with it.
        return int(app(standalone_mode=False) or 0)
    except typer.Abort:
        return 8
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        print(f"error: {error.format_message()}", file=sys.stderr)
        return 2
