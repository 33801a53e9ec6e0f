"""`fleet sync`: what each stack's file has to say, and how it differs from what it says now.

Of a stack's file the fleet owns the keys that it wrote itself; they are listed in the file's own
key `fleet`. Everything else (comments, salt, secrets provider, slots, other keys) is somebody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import Problem, SettingsError
from connector.files import read_exactly, write_whole
from connector.fleet.model import Fleet, FleetStack
from connector.settings.problems import shown
from connector.settings.stack_file import PREFIX, stack_config, stack_file, written_keys
from connector.stack.slots_file import unified_diff
from connector.stack.yaml_edit import GONE, with_keys

MARK = "fleet"


@dataclass(frozen=True)
class FileChange:
    """One stack's file: what it says, and what it has to say."""

    stack: str
    path: Path
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after

    @property
    def diff(self) -> str:
        """The difference as a patch."""
        return unified_diff(self.before, self.after, self.path.name)


def plan_sync(fleet: Fleet, folder: Path, *, take_over: bool = False) -> tuple[FileChange, ...]:
    """What `fleet sync` would write, stack by stack; nothing is written.

    Raises SettingsError naming every key that somebody else set to another value; with *take_over*
    such keys become the fleet's.
    """
    changes: list[FileChange] = []
    problems: list[Problem] = []
    for stack in fleet.stacks:
        try:
            changes.append(_file_change(fleet.name, stack, folder, take_over=take_over))
        except SettingsError as error:
            problems.extend(error.problems)
    if problems:
        raise SettingsError(problems, where="the stacks' files")
    return tuple(changes)


def strays(fleet: Fleet, folder: Path) -> tuple[str, ...]:
    """Stacks whose files say that they are of this fleet, and that fleet.yaml does not name (any more)."""
    names = {stack.name for stack in fleet.stacks}
    found = []
    for path in sorted(folder.glob("Pulumi.*.yaml")):
        name = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        if name not in names and _mark(stack_config(path)).get("name") == fleet.name:
            found.append(name)
    return tuple(found)


def write_files(changes: Iterable[FileChange]) -> None:
    """Write what changed, each file whole or not at all."""
    for change in changes:
        if change.changed:
            write_whole(change.path, change.after, mode=0o644)


def _file_change(fleet: str, stack: FleetStack, folder: Path, *, take_over: bool) -> FileChange:
    path = stack_file(stack.name, folder)
    held = stack_config(path)
    mark = _mark(held)
    _check_mark(fleet, mark, path)
    before = read_exactly(path) if path.exists() else ""
    owned = set(mark.get("keys") or ())
    if not take_over:
        _check_foreign(stack, held, owned, path)
    config = {key: as_written(value) for key, value in stack.config.items()}
    wanted = {**config, MARK: {"name": fleet, "keys": sorted(config)}}
    edits: dict[str, Any] = {key: GONE for key in sorted(owned - stack.config.keys()) if key in held}
    edits |= {key: value for key, value in wanted.items() if as_written(held.get(key)) != value}
    after = with_keys(before, "config", _spelled(edits, path), name=path.name) if edits else before
    return FileChange(stack.name, path, before, after)


def _spelled(edits: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The edits by the keys as the file has them: a second spelling beside the first would be refused."""
    there = written_keys(path) if path.exists() else {}
    return {there.get(key, PREFIX + key): value for key, value in edits.items()}


def as_written(value: Any) -> Any:
    """A value as the engine writes it when it rewrites a stack's file: plain values as text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _mark(config: Mapping[str, Any]) -> dict[str, Any]:
    found = config.get(MARK)
    return found if isinstance(found, dict) else {}


def _check_mark(fleet: str, mark: Mapping[str, Any], path: Path) -> None:
    other = mark.get("name")
    if other and other != fleet:
        message = f"the file is of fleet {other}; give the stack another name, or remove that key to move it"
        problem = Problem("fleet.other_fleet", f"{path.name}: {PREFIX}{MARK}", shown(other), message)
        raise SettingsError([problem], where="the stacks' files")


def _check_foreign(stack: FleetStack, held: Mapping[str, Any], owned: set[str], path: Path) -> None:
    problems = [
        Problem(
            "fleet.key_taken",
            f"{path.name}: {PREFIX}{key}",
            shown(held[key]),
            f"was set by hand, and fleet.yaml wants {shown(value)}; take it out of one of the two files, "
            "or let `fleet sync --take-over` replace it",
        )
        for key, value in stack.config.items()
        if key in held and key not in owned and as_written(held[key]) != as_written(value)
    ]
    if problems:
        raise SettingsError(problems, where="the stacks' files")
