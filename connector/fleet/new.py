"""`fleet new`: one more stack in fleet.yaml, every other character of it kept."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import yaml

from connector.errors import Problem, SettingsError
from connector.files import read_exactly
from connector.fleet.loader import load_fleet
from connector.fleet.model import Fleet
from connector.settings.model import DEFAULTS
from connector.settings.problems import shown
from connector.settings.stack_file import project_defaults
from connector.settings.yaml_text import read_mapping
from connector.stack.yaml_edit import with_keys


def with_stack(path: Path, name: str, entry: dict[str, Any], *, project_dir: Path) -> tuple[str, Fleet]:
    """The file's text with one more stack, and the fleet that it makes; nothing is written.

    Raises SettingsError for a stack that is there already, and for whatever the new fleet's rules refuse.
    """
    there = load_fleet(path, project_dir=project_dir).stacks if path.exists() else ()
    before = read_exactly(path) if path.exists() else yaml.safe_dump({"name": _name(project_dir)})
    if any(stack.name == name for stack in there):
        message = "is in the fleet already; change its entry in the file, or take another name"
        raise SettingsError([Problem("fleet.name", f"stacks.{name}", shown(name), message)], where=path.name)
    if entry.get("cloud") == _usual_cloud(path, project_dir):
        entry = {key: value for key, value in entry.items() if key != "cloud"}
    after = with_keys(before, "stacks", {name: entry}, name=path.name)
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / path.name
        tried.write_text(after, encoding="utf-8", newline="")
        return after, load_fleet(tried, project_dir=project_dir)


def _name(project_dir: Path) -> str:
    """A fleet's first name: the folder's, with what a name may not hold left out."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", project_dir.name).strip("-")[:100] or "fleet"


def _usual_cloud(path: Path, project_dir: Path) -> str:
    """The cloud of a stack whose entry names none."""
    defaults = read_mapping(path, name=path.name).get("defaults") if path.exists() else None
    project = project_defaults(project_dir).get("cloud", DEFAULTS.cloud.value)
    return str((defaults or {}).get("cloud") or project)
