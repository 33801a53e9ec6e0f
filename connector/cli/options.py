"""Options that verbs share: one spelling, one help text."""

from __future__ import annotations

from typing import Annotated

import typer

Stack = Annotated[str | None, typer.Option("--stack", "-s", help="Stack; the selected one by default.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Records = Annotated[str | None, typer.Option("--records", help="Folder of the records (.local/records).")]
Trace = Annotated[str | None, typer.Option("--trace", help="Write each request there as a JSON line.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed without a terminal.")]
Move = Annotated[
    bool,
    typer.Option(
        "--move-business-unit",
        help="Move an application user that is in another business unit; it loses its roles.",
    ),
]
Strip = Annotated[
    bool,
    typer.Option(
        "--strip-extra-roles", help="Take roles that this stack did not give from the application user."
    ),
]
Patch = Annotated[
    str | None,
    typer.Option("--patch", help="Write the settings' change to this file, for `git apply`."),
]
Days = Annotated[int | None, typer.Option(min=0, help="Days before the end; by default from the lifetime.")]
