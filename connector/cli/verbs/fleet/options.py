"""What the verbs of `fleet` share: the options that choose stacks, the fleet's file, and its backend."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.engine.pulumi import PROJECT_DIR
from connector.errors import Problem, SettingsError
from connector.fleet import FLEET_FILE, Fleet, load_fleet
from connector.settings.problems import shown

File = Annotated[str | None, typer.Option("--fleet", help="The fleet's file; the project's fleet.yaml.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="These stacks alone; names with commas.")]
InRing = Annotated[str | None, typer.Option("--ring", help="The stacks of this ring alone.")]
Shard = Annotated[str | None, typer.Option("--shard", help="K/N: the K-th of N parts of the stacks.")]


def read_fleet(file: str | None) -> Fleet:
    """The fleet of a file. Raises SettingsError with every problem of it."""
    return load_fleet(fleet_path(file), project_dir=PROJECT_DIR)


def fleet_path(file: str | None) -> Path:
    """A fleet's file: as named from here, otherwise in the project's folder.

    Where none is named it is the project's, whatever lies here: its stacks' files are the project's too.
    """
    if file is None:
        return PROJECT_DIR / FLEET_FILE
    named = Path(file)
    return named if named.exists() or named.is_absolute() else PROJECT_DIR / named


def backend_environment(fleet: Fleet) -> dict[str, str]:
    """The variable that names the fleet's backend. Raises SettingsError where the environment has another."""
    if fleet.backend is None:
        return {}
    there = os.environ.get("PULUMI_BACKEND_URL")
    if there and there != fleet.backend:
        wanted = _without_password(fleet.backend)
        message = f"fleet.yaml says {wanted}; unset the variable, or work with the other fleet's file"
        problem = Problem("fleet.backend", "PULUMI_BACKEND_URL", shown(_without_password(there)), message)
        raise SettingsError([problem], where="the environment")
    return {"PULUMI_BACKEND_URL": fleet.backend}


def _without_password(url: str) -> str:
    """A backend's URL as it may be shown: `postgres://` holds name and password before its host."""
    return re.sub(r"//.*@", "//…@", url)
