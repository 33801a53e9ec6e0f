"""Settings of a stack from the project's own files, without the engine: for reads of many stacks.

The engine's answer counts for every run that writes; it knows environments (`pulumi env`) and
encrypted values, which this does not. No key of this project is secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector.settings.endpoints import check_endpoints
from connector.settings.loader import load_settings
from connector.settings.model import Settings
from connector.settings.stack_file import PREFIX, all_keys, read_stack_config
from connector.settings.values import Cloud
from connector.settings.yaml_text import read_mapping

__all__ = ["PREFIX", "check_files_endpoints", "project_defaults", "settings_from_files", "stack_config"]

_PROJECT_FILE = "Pulumi.yaml"


def project_defaults(project_dir: Path) -> dict[str, Any]:
    """The values that Pulumi.yaml gives to keys that a stack leaves out, by key without prefix."""
    declared = read_mapping(project_dir / _PROJECT_FILE, name=_PROJECT_FILE).get("config") or {}
    return {
        key.removeprefix(PREFIX): entry["default"]
        for key, entry in declared.items()
        if isinstance(entry, dict) and "default" in entry
    }


def stack_config(path: Path) -> dict[str, Any]:
    """This project's keys in a stack's file, without prefix; empty where the file is not there."""
    return read_stack_config(path) if path.exists() else {}


def check_files_endpoints(stack: str, project_dir: Path, environ: Mapping[str, str]) -> None:
    """`check_endpoints` before the engine is asked: it logs in to a state on Azure by the same variables.

    What the files alone do not say is left to the check of the engine's answer. Raises SettingsError.
    """
    path = project_dir / f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml"
    if not path.exists():
        return
    own = stack_config(path)
    # An environment (`pulumi env`) may say what the file does not.
    elsewhere = "environment" in read_mapping(path, name=path.name, empty=True)
    cloud = own.get("cloud") if elsewhere else {**project_defaults(project_dir), **own}.get("cloud")
    if cloud in list(Cloud):
        check_endpoints(Cloud(cloud), environ, all_keys(path))


def settings_from_files(
    stack: str, project_dir: Path, defaults: Mapping[str, Any] | None = None
) -> Settings:
    """A stack's settings from Pulumi.yaml and its own file. Raises SettingsError with every problem.

    *defaults* saves reading Pulumi.yaml again where many stacks are read.
    """
    base = project_defaults(project_dir) if defaults is None else defaults
    own = stack_config(project_dir / f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml")
    return load_settings({**base, **own}, stack=stack, project_dir=project_dir)
