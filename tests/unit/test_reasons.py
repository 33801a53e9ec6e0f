"""The reason of a failed run is told whichever of the engine's diagnostics came through."""

from __future__ import annotations

import json

import pytest

from connector.cli.engine.events import EventReader
from connector.cli.engine.preview import errors_in

RAISED = "Exception calling application: "
REASON = "user nobody@contoso.example could not be read: it was not found"
Diagnostic = dict[str, str]


def written(*lines: str) -> list[Diagnostic]:
    """Lines that the program wrote to standard error, as the engine hands them on."""
    return [{"severity": "info#err", "message": f"{line}\n\n"} for line in lines]


def error(text: str) -> Diagnostic:
    """An error diagnostic, in a digest's form: with the word `error:` before it."""
    return {"severity": "error", "message": f"<{{%fg 1%}}>error: <{{%reset%}}>{text}\n"}


def both(diagnostics: list[Diagnostic], stderr: str = "") -> tuple[str, str]:
    """What a failed update and a failed preview tell of these diagnostics."""
    reader = EventReader(lambda _: None)
    for one in diagnostics:
        reader.take(json.dumps({"diagnosticEvent": one}))
    return reader.failure(stderr), errors_in({"diagnostics": diagnostics})


@pytest.mark.parametrize(
    "ends",
    [[], [error(f"{RAISED}invalid state")], [error(f"{RAISED}{REASON}")], [error("update failed")]],
    ids=["nothing more", "a future resolved twice", "the reason again", "an echo"],
)
@pytest.mark.parametrize("first", [True, False])
def test_the_programs_own_words_are_told_however_its_call_ended(ends: list[Diagnostic], first: bool) -> None:
    """Written before or after what the call left; the words of asyncio are no reason."""
    own = written("warning: nobody can sign in", f"error: {REASON}")
    told = both([*ends, *own] if first else [*own, *ends])
    assert told == (REASON, REASON)


def test_a_reason_of_several_lines_stays_whole() -> None:
    """The lines after the first belong to it, up to the next message."""
    own = written("error: 1 problem:", "  - permissions = graph/OpenID: is not published", "warning: more")
    whole = "1 problem:\n  - permissions = graph/OpenID: is not published"
    assert both([*own, error(f"{RAISED}invalid state")]) == (whole, whole)


def test_a_traceback_is_not_told_where_its_last_line_says_it() -> None:
    """A program that broke: the engine has the exception's words alone."""
    own = written("error: python inline source runtime error: 'x'", "Traceback (most recent call last):")
    assert both([*own, error(f"{RAISED}'x'")]) == ("'x'", "'x'")


def test_errors_of_the_engine_come_before_what_the_program_wrote() -> None:
    """A resource that was refused is the reason; echoes of it are left out, unless there is nothing else."""
    refused = error("creating application: 403")
    told = both([refused, *written("error: gone"), error("resource registration failed: x"), refused])
    assert told == ("creating application: 403", "creating application: 403")
    assert both([error("update failed")]) == ("update failed", "update failed")
    assert both([error(f"{RAISED}invalid state")]) == ("invalid state", "invalid state")


def test_without_any_diagnostic_the_last_output_is_told() -> None:
    """Standard error, or that there was none."""
    assert both([], "error: no plugin")[0] == "no plugin"
    assert both([]) == ("the engine gave no reason", "")
