"""The options of `comment`."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.cli.console import Voice
from connector.cli.options import Json
from connector.cli.run import Outcome, run_verb


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(comment)


def comment(
    files: Annotated[list[str], typer.Argument(help="Markdown files, joined in this order.")],
    title: Annotated[
        str, typer.Option("--title", help="Heading of the comment; each title has a comment of its own.")
    ] = "Preview",
    json: Json = False,
) -> None:
    """Put Markdown on the pull request of a pipeline's job, as one comment that later runs update."""

    def work(voice: Voice) -> Outcome:
        from connector.cli.comment import comment as put  # noqa: PLC0415  # imported when it is wanted

        return put(voice, files, title)

    run_verb("comment", Voice(as_json=json), work)
