"""`fleet matrix`: the job matrix of a pipeline, and an output of its step where one is named."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.verbs.fleet.options import File, InRing, Only, read_fleet
from connector.errors import Problem, SettingsError
from connector.fleet.selection import matrix as job_matrix
from connector.fleet.selection import select
from connector.settings.problems import shown
from connector.text import json_text, print_command


def fleet_matrix(
    shards: Annotated[int, typer.Option("--shards", min=1, help="How many jobs at most.")],
    file: File = None,
    only: Only = None,
    ring: InRing = None,
    output: Annotated[
        str | None, typer.Option("--output", help="Make it this output of the pipeline's step, too.")
    ] = None,
) -> None:
    """Print the job matrix of a pipeline as JSON: `{"include": [{"shard", "ring", "stacks"}]}`."""

    def work(_: Screen) -> Outcome:
        chosen = select(read_fleet(file), only=only or (), ring=ring)
        computed = job_matrix(chosen, shards, ring)
        print(json_text(computed))
        if output is not None:
            hand_out(output, computed, os.environ)
        return Outcome()

    run_verb("fleet matrix", Screen(as_json=False), work)


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Rows = list[dict[str, str]]


def hand_out(name: str, matrix: Mapping[str, Rows], environ: Mapping[str, str]) -> None:
    """Make the matrix an output of the job's step, empty where there is no stack.

    GitHub Actions: a line in the file GITHUB_OUTPUT, to be read by `fromJSON`. Azure Pipelines: a
    command on standard output, a matrix by job name. Raises SettingsError elsewhere.
    """
    if not _NAME.fullmatch(name):
        raise _problem(shown(name), "must be letters, digits and underscores, and begin with no digit")
    rows = matrix["include"]
    if environ.get("GITHUB_OUTPUT"):
        line = f"{name}={json_text(matrix) if rows else ''}\n"
        with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8", newline="\n") as file:
            file.write(line)
    elif environ.get("TF_BUILD"):
        jobs = {f"part_{number}": row for number, row in enumerate(rows, start=1)}
        value = json_text(jobs) if rows else ""
        print_command(f"##vso[task.setvariable variable={name};isOutput=true]{value}")
    else:
        raise _problem(shown(name), "is for a job of GitHub Actions or Azure Pipelines; leave it out here")


def _problem(value: str, message: str) -> SettingsError:
    return SettingsError([Problem("fleet.output", "--output", value, message)], where="the command line")
