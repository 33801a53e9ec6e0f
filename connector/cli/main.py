"""The verbs, in the order of the job."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from connector.cli.app import App, misuse
from connector.cli.open_stack import records_folder
from connector.cli.options import Json, Records, Stack, Trace, Yes
from connector.cli.run import Outcome, follow_the_run, run_verb
from connector.cli.screen.console import Voice
from connector.cli.verbs import bootstrap as bootstrap_verb
from connector.cli.verbs import comment as comment_verb
from connector.cli.verbs import deploy as verbs
from connector.cli.verbs import plan_options as plan_verbs
from connector.cli.verbs.fleet import group as fleet
from connector.cli.verbs.fleet import options as fleet_verbs
from connector.cli.verbs.handover import Delivery
from connector.cli.verbs.handover import handover as handing_over
from connector.cli.verbs.remove import RemoveOptions
from connector.cli.verbs.remove import remove as removing
from connector.cli.verbs.rotate import table as rotate
from connector.interrupts import CANCELLED

app = App(
    name="connector",
    help="Connect a SaaS to Microsoft Dynamics 365 by OAuth: one stack for each tenant and environment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(rotate.app, name="rotate")
app.add_typer(fleet.app, name="fleet")
fleet_verbs.register(fleet.app)


@app.command()
def preflight(stack: Stack = None, json: Json = False, records: Records = None) -> None:
    """Ask what would stand in the way: rights, policy, namesakes, APIs, users and groups; writes nothing."""

    def work(voice: Voice) -> Outcome:
        from connector.cli.verbs.preflight import preflight as ask  # noqa: PLC0415  # imported when it is wanted

        return ask(voice, stack, records)

    run_verb("preflight", Voice(as_json=json), work)


@app.command()
def deploy(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    restore: Annotated[bool, typer.Option("--restore", help="Bring the deleted one back first.")] = False,
    trace: Trace = None,
) -> None:
    """Make everything: `pulumi up`, then the security role and application user, then the proof."""

    def work(voice: Voice) -> Outcome:
        return verbs.deploy(voice, stack, records, restore=restore)

    run_verb("deploy", Voice(as_json=json), work, trace=trace)


plan_verbs.register(app)


@app.command()
def adopt(
    application_id: Annotated[str, typer.Option("--application-id", help="Its application (client) id.")],
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
) -> None:
    """Take over a hand-made application: import it and all that hangs on it, and show what differs."""

    def work(voice: Voice) -> Outcome:
        from connector.cli.verbs.adopt import adopt as take  # noqa: PLC0415  # imported when it is wanted

        records_folder(records, write=True)
        return take(voice, stack, application_id, records)

    run_verb("adopt", Voice(as_json=json), work)


@app.command()
def verify(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    sign_in: Annotated[bool, typer.Option("--sign-in", help="Then let a person sign in, too.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds to wait for the person.")] = 300.0,
    trace: Trace = None,
) -> None:
    """Prove that the client secret opens Dynamics with exactly the rights wanted."""

    def work(voice: Voice) -> Outcome:
        if not sign_in:
            return verbs.verify(voice, stack, records)
        from connector.cli.verbs.verify import verify_with_sign_in  # noqa: PLC0415  # imported when it is wanted

        return verify_with_sign_in(voice, stack, records, seconds=timeout)

    run_verb("verify", Voice(as_json=json), work, trace=trace)


@app.command()
def handover(  # options of a command line
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the client secret too.")] = False,
    to_age: Annotated[
        str | None,
        typer.Option("--to-age", help="Seal everything for this age or SSH public key, or a file with one."),
    ] = None,
    to_file: Annotated[
        str | None,
        typer.Option("--to-file", help="Write everything to a new file that only you can read."),
    ] = None,
) -> None:
    """Give the values that the connect form asks for, in its order and words."""
    delivery = Delivery(show_secret=show_secret, to_age=to_age, to_file=to_file)
    run_verb("handover", Voice(as_json=json), lambda voice: handing_over(voice, stack, delivery, records))


@app.command()
def status(
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    soon_days: Annotated[
        int | None, typer.Option("--soon-days", min=0, help="Days before an end that count as soon (30).")
    ] = None,
) -> None:
    """Show one stack: secrets' days left, consent, assignments, role drift, last proof; it only reads."""

    def work(voice: Voice) -> Outcome:
        from connector.cli.verbs.status import status as show  # noqa: PLC0415  # imported when it is wanted

        return show(voice, stack, records, soon_days=soon_days)

    run_verb("status", Voice(as_json=json), work)


@app.command()
def remove(  # noqa: PLR0913, PLR0917  # options of a command line
    stack: Stack = None,
    json: Json = False,
    yes: Yes = False,
    unprotect: Annotated[bool, typer.Option("--unprotect", help="Lift the protection first.")] = False,
    include_adopted: Annotated[
        bool, typer.Option("--include-adopted", help="Take away what was adopted as found, too.")
    ] = False,
    purge: Annotated[
        bool, typer.Option("--purge", help="Then delete it from the recycle bin, for good.")
    ] = False,
    records: Records = None,
    trace: Trace = None,
) -> None:
    """Take everything of this stack away again; the application stays in the recycle bin for 30 days."""
    options = RemoveOptions(yes, unprotect, include_adopted, purge)
    run_verb(
        "remove", Voice(as_json=json), lambda voice: removing(voice, stack, records, options), trace=trace
    )


bootstrap_verb.register(app)
comment_verb.register(app)


@app.command()
def explain(
    code: Annotated[list[str], typer.Argument(help="A code, a whole error text, or - to read one.")],
) -> None:
    """Say what a code or message of login service, Graph, provider or Dataverse means, and what to do."""
    run_verb("explain", Voice(as_json=False), lambda _: verbs.explain_code(" ".join(code)))


def _take_any_letter() -> None:
    """A pasted log and a terminal of another encoding than UTF-8 end no verb with a traceback."""
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)


def main() -> int:
    """Run the command line; the exit code is Pulumi's, or one of docs/exit-codes.md."""
    follow_the_run()
    _take_any_letter()
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
