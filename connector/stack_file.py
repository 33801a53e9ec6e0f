"""Pulumi.STACK.yaml, changed in one place: `slots` is rewritten, every other character stays.

The file belongs to people and their reviews, so it is edited as text at the places that the YAML
parser names, and not dumped anew: comments, order, quotes and indentation are theirs.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from connector.errors import Problem, SettingsError

KEY = "dynamics-connect:slots"


def stack_file(stack: str, folder: Path) -> Path:
    """The file of a stack; of a name with organization and project, the last part counts."""
    return folder / f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml"


def with_slots(text: str, slots: Mapping[str, int], *, name: str = "the stack's file") -> str:
    """The file's text with `slots` set; raises SettingsError where its shape does not allow the edit."""
    windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
    changed = _edited(text.replace("\r\n", "\n") if windows else text, slots, name)
    expected = _data(text, name)
    expected.setdefault("config", {})
    expected["config"] = {**(expected["config"] or {}), KEY: dict(slots)}
    if _data(changed, name) != expected:
        raise _unwritable(name)
    return changed.replace("\n", "\r\n") if windows else changed


def _edited(text: str, slots: Mapping[str, int], name: str) -> str:
    config = child(_compose(text, name), "config")
    if config is None:
        return _lines(text) + f"config:\n{_entry(slots, 2)}"
    if not isinstance(config, yaml.MappingNode) or config.flow_style or not config.value:
        raise _unwritable(name)
    current = child(config, KEY)
    if current is None:
        end = line_end(text, leaf_end(config))
        indent = config.value[0][0].start_mark.column
        return _lines(text[:end]) + _entry(slots, indent) + text[end:]
    if isinstance(current, yaml.MappingNode) and not current.flow_style:
        return _block(text, current, slots)
    flow = "{" + ", ".join(f"{slot}: {n}" for slot, n in slots.items()) + "}"
    return text[: current.start_mark.index] + flow + text[leaf_end(current) :]


def _block(text: str, node: yaml.MappingNode, slots: Mapping[str, int]) -> str:
    """A block mapping, entry by entry, so that comments beside what stays are kept."""
    indent = node.value[0][0].start_mark.column
    end = line_end(text, leaf_end(node))
    held = {key.value: value for key, value in node.value}
    added = [f"{' ' * indent}{slot}: {n}\n" for slot, n in slots.items() if slot not in held]
    pieces = _lines(text[:end]) + "".join(added) + text[end:]
    for key, value in reversed(node.value):
        if key.value not in slots:
            start = key.start_mark.index - key.start_mark.column
            pieces = pieces[:start] + pieces[line_end(pieces, value.end_mark.index) :]
        elif value.value != str(slots[key.value]):
            new = str(slots[key.value])
            pieces = pieces[: value.start_mark.index] + new + pieces[value.end_mark.index :]
    return pieces


def _entry(slots: Mapping[str, int], indent: int) -> str:
    space = " " * indent
    return f"{space}{KEY}:\n" + "".join(f"{space}  {slot}: {n}\n" for slot, n in slots.items())


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _unwritable(name) from error


def _data(text: str, name: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _unwritable(name) from error
    return found if isinstance(found, dict) else {}


def child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    """The value of a key in a mapping node, or None."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def leaf_end(node: yaml.Node) -> int:
    """Where a node's text ends: of a block, the end of its last leaf (its own mark is past comments)."""
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return leaf_end(last[1] if isinstance(last, tuple) else last)


def line_end(text: str, index: int) -> int:
    """The index after the line break that ends the line of *index*."""
    if index > 0 and text[index - 1 : index] == "\n":
        return index  # a block scalar ends with its line break
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _lines(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _unwritable(name: str) -> SettingsError:
    message = "cannot be edited here; write `config:` as a block of lines, one key a line"
    return SettingsError([Problem("rotation.stack_file", name, "", message)])


def unified_diff(before: str, after: str, name: str) -> str:
    """The change as a patch that `git apply` takes in the project's folder; empty when there is none."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    )
    ended = [line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines]
    return "".join(ended)
