"""Ctrl-C at any moment of the start: quiet, and always the code of a cancelled run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from tests.unit.settings_samples import PROJECT

# `connector` is found in the first folder of PYTHONPATH; its own main is slow to be imported here.
SLOW = "import time\nprint('loading', flush=True)\ntime.sleep(30)\n"


def slow_start(folder: Path) -> dict[str, str]:
    """An environment in which a module that every verb imports takes long to load."""
    (folder / "typer").mkdir()
    (folder / "typer" / "__init__.py").write_text(SLOW)
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{PROJECT}"}


@pytest.mark.parametrize("command", [("-P", "-m", "connector", "verify"), ("scripts/post_deploy.py",)])
def test_ctrl_c_while_the_program_loads_is_quiet(command: tuple[str, ...], tmp_path: Path) -> None:
    """No traceback out of an import: one word, and the code of a cancelled run."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=PROJECT,
        env=slow_start(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (8, "interrupted\n")


def test_a_background_job_goes_on_ignoring_it() -> None:
    """What the shell told it to ignore stays ignored."""
    program = (
        "import signal; from connector.interrupts import QuietWhileLoading\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "with QuietWhileLoading(): signal.raise_signal(signal.SIGINT)\n"
        "print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_an_interrupted_verb_answers_in_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that asked for one object gets it, with the code of a cancelled run."""

    def work(_: Screen) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as left:
        run_verb("status", Screen(as_json=True), work)
    said = capsys.readouterr()
    assert left.value.exit_code == 8
    assert json.loads(said.out)["error"]["code"] == "verb.cancelled"
    assert (said.err.strip()[:9], "error:" in said.err) == ("cancelled", False)
