"""`explain`: what a code, or a whole error text, means."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from connector.catalogue.codes import known_codes
from connector.catalogue.explain import explained
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.errors import ConnectError
from connector.settings.problems import nearest

_TEXT_LIMIT = 200


def explain(
    code: Annotated[list[str], typer.Argument(help="A code, a whole error text, or - to read one.")],
) -> None:
    """Say what a code or message of login service, Graph, provider or Dataverse means, and what to do."""
    run_verb("explain", Screen(as_json=False), lambda _: explain_code(" ".join(code)))


def explain_code(code: str) -> Outcome:
    """What a code, or a whole error text, means; `-` reads the text from standard input."""
    text = _standard_input() if code == "-" else code
    if not text.strip():
        raise ConnectError("standard input holds nothing to explain", code="explain.unknown", key="-")
    known = explained(text)
    if known is None:
        shown = " ".join(text.split())[:_TEXT_LIMIT]
        near = nearest(shown, known_codes())
        hint = f"; did you mean {near}?" if near else ""
        message = f"{shown}: not in the catalogue (docs/errors.md lists what is){hint}"
        raise ConnectError(message, code="explain.unknown", key=shown)
    print(known)
    return Outcome({"verb": "explain", "result": known})


def _standard_input() -> str:
    """All of it; nothing where it was closed (`<&-`)."""
    return "" if sys.stdin is None else sys.stdin.read()
