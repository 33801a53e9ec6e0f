"""The engine's event stream carries a new client secret in clear: our verbs neither see it nor keep it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.leaks import leaks_in
from tests.support.project import Project

pytestmark = pytest.mark.stack
# The engine behind a tap that keeps what an update wrote.
_TAP = """#!/bin/bash
set -o pipefail
case " $* " in *" up "*) "{pulumi}" "$@" | tee -a "{raw}" ;; *) exec "{pulumi}" "$@" ;; esac
"""
# A verb whose reader of events, and what its run of the engine came to, are noted.
_NOTING = """
import sys
from connector.cli.engine import pulumi as engine

noted = open(sys.argv.pop(1), "w", encoding="utf-8")
real = engine.run_pulumi

class Noting(engine.EventReader):
    def take(self, line):
        noted.write(line)
        super().take(line)

def run(arguments, *more, **named):
    ran = real(arguments, *more, **named)
    noted.write(ran.out + ran.err if arguments[0] == "up" else "")
    return ran

engine.EventReader, engine.run_pulumi = Noting, run
from connector.cli.main import app

app()
"""


def tapped(stack: Project, raw: Path) -> str:
    """A PATH with the tap before the engine."""
    place = stack.folder / "tap"
    place.mkdir()
    real, rest = stack.env["PATH"].split(":", 1)
    (place / "pulumi").write_text(_TAP.format(pulumi=f"{real}/pulumi", raw=raw))
    (place / "pulumi").chmod(0o755)
    return f"{place}:{real}:{rest}"


def test_a_new_secret_in_the_stream_reaches_nothing_of_ours(
    project: Callable[..., Project], tmp_path: Path
) -> None:
    """The provider's debug diagnostic holds Graph's answer to addPassword; it is dropped where it is read."""
    stack = project()
    raw, noted = tmp_path / "raw", tmp_path / "noted"
    verb = ["deploy", "--stack", stack.stack, "--json"]
    done = stack.run(stack.python, "-c", _NOTING, str(noted), *verb, PATH=tapped(stack, raw))
    assert done.code == 0, done.text
    assert leaks_in(raw.read_bytes()), "no secret in the stream: is the drop still needed?"
    seen = noted.read_bytes()
    assert seen.count(b"resOutputsEvent") > 20  # each once in the reader and once in what was kept
    assert b'"severity":"debug"' not in seen
    assert not leaks_in(seen)
    assert not leaks_in(done.text.encode())
