"""A look at Pulumi.STACK.yaml before the engine reads it: every way it can be bad is one sentence.

The engine reads the file as well, and its settings are what counts; but it takes a key given
twice for the last one, and says of a tab or a huge file what only its authors understand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from connector.errors import Problem, SettingsError
from connector.settings.endpoints import check_endpoints
from connector.settings.loader import load_settings
from connector.settings.model import RawSettings, Settings
from connector.settings.problems import nearest, shown
from connector.settings.values import Cloud
from connector.settings.yaml_text import read_mapping

_PROJECT_FILE = "Pulumi.yaml"
PROJECT = "dynamics-connect"
PREFIX = f"{PROJECT}:"
_KNOWN = tuple(sorted(field.alias or name for name, field in RawSettings.model_fields.items()))


def check_stack_file(stack: str, project_dir: Path) -> None:
    """Raise SettingsError when the stack's file is there and cannot be good settings.

    Windows line ends, a byte order mark and an empty file are fine.
    """
    path = stack_file(stack, project_dir)
    if path.exists():
        read_stack_config(path)


def stack_file(stack: str, project_dir: Path) -> Path:
    """Where the engine keeps a stack's settings: beside Pulumi.yaml, or where its `stackConfigDir` says.

    A stack of a shared backend may be named ORG/PROJECT/STACK; its file bears the last part.
    """
    project = project_dir / _PROJECT_FILE
    folder = _config_dir(project, project.stat().st_mtime_ns) if project.exists() else ""
    return project_dir / folder / f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml"


@lru_cache(maxsize=8)
def _config_dir(project: Path, _changed: int) -> str:
    """A fleet of a thousand stacks reads Pulumi.yaml once; one that changed is read again."""
    return str(read_mapping(project, name=project.name).get("stackConfigDir") or "")


def read_stack_config(path: Path) -> dict[str, Any]:
    """This project's keys in a stack's file, without prefix.

    Raises SettingsError with every key that is no setting of this project and looks like one, and
    with each that is given twice. A key without a namespace is the project's, as Pulumi has it.
    """
    held = read_mapping(path, name=path.name, empty=True).get("config")
    config = _config(held, path.name)
    problems = [*_strangers(config), *_twice(config)]
    if problems:
        raise SettingsError(problems, where=path.name)
    return {key: config[written] for key, written in _spellings(config).items()}


def all_keys(path: Path) -> tuple[str, ...]:
    """Every key of a stack's file, of whatever namespace; none where there is no file.

    Raises SettingsError.
    """
    held = read_mapping(path, name=path.name, empty=True).get("config") if path.exists() else None
    return tuple(_config(held, path.name))


def written_keys(path: Path) -> dict[str, str]:
    """How the file writes each of this project's keys, by key without prefix; raises SettingsError."""
    return _spellings(_config(read_mapping(path, name=path.name, empty=True).get("config"), path.name))


def _spellings(config: Mapping[str, Any]) -> dict[str, str]:
    return {key: written for written in config if (key := own_key(written)) is not None}


def stranger_keys(stack: str, project_dir: Path) -> tuple[Problem, ...]:
    """Keys of the stack's file that look like the project's and that nothing reads; none of a bad file.

    For plain `pulumi`, which may have been given another file (`--config-file`): a reason to warn.
    """
    path = stack_file(stack, project_dir)
    try:
        held = read_mapping(path, name=path.name, empty=True).get("config") if path.exists() else None
        return tuple(_strangers(_config(held, path.name)))
    except SettingsError:
        return ()


def own_key(written: str) -> str | None:
    """The key without its namespace, or None for another namespace's (`azuread:tenantId`).

    Pulumi takes `key` and `dynamics-connect:config:key`, its oldest form, for `dynamics-connect:key`.
    """
    namespace, colon, key = written.partition(":")
    if not colon:
        return written
    return key.removeprefix("config:") if namespace == PROJECT else None


def _config(held: object, name: str) -> Mapping[str, Any]:
    if held is None:
        return {}
    if not isinstance(held, dict):
        message = f"must be a block of lines, such as `{PREFIX}tenantId: …`"
        raise SettingsError([Problem("settings.yaml", "config", "", message)], where=name)
    odd = [key for key in held if not isinstance(key, str) or not key.strip()]
    if odd:
        message = f"is no key; write {PREFIX} and the name of a setting"
        problems = [Problem("settings.yaml", "config", shown(key), message) for key in odd]
        raise SettingsError(problems, where=name)
    return held


def _strangers(config: Mapping[str, Any]) -> Iterator[Problem]:
    """Keys of a namespace that was meant to be the project's: the engine would let them lie unread."""
    for written in config:
        namespace, _, key = written.partition(":")
        if own_key(written) is None and nearest(namespace, (PROJECT,)):
            meant = nearest(key.removeprefix("config:"), _KNOWN)
            hint = f"did you mean {PREFIX + meant!r}?" if meant else f"the keys here begin with {PREFIX}"
            message = f"is of a namespace that nothing reads; {hint}"
            yield Problem("settings.unknown_key", written, "", message)


def _twice(config: Mapping[str, Any]) -> Iterator[Problem]:
    """Two spellings of one key: which of them the engine takes is chance."""
    seen: dict[str, str] = {}
    for written in config:
        key = own_key(written)
        if key is None:
            continue
        other = seen.setdefault(key, written)
        if other != written:
            message = f"says again what {other!r} says; keep {PREFIX + key!r} alone"
            yield Problem("settings.yaml", written, "", message)


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
    path = stack_file(stack, project_dir)
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
    own = stack_config(stack_file(stack, project_dir))
    return load_settings({**base, **own}, stack=stack, project_dir=project_dir)
