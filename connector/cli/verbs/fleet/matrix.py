"""`fleet matrix --output`: the job matrix as the pipeline service that runs the job takes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from connector.errors import Problem, SettingsError
from connector.settings.problems import shown

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
        line = f"{name}={json.dumps(matrix) if rows else ''}\n"
        with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8", newline="\n") as file:
            file.write(line)
    elif environ.get("TF_BUILD"):
        jobs = {f"part_{number}": row for number, row in enumerate(rows, start=1)}
        value = json.dumps(jobs) if rows else ""
        print(f"##vso[task.setvariable variable={name};isOutput=true]{value}")
    else:
        raise _problem(shown(name), "is for a job of GitHub Actions or Azure Pipelines; leave it out here")


def _problem(value: str, message: str) -> SettingsError:
    return SettingsError([Problem("fleet.output", "--output", value, message)], where="the command line")
