"""Pulumi.STACK.yaml, changed in one place: `slots` is rewritten, every other character stays.

The file belongs to people and their reviews, so it is edited as text at the places that the YAML
parser names, and not dumped anew: comments, order, quotes and indentation are theirs.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from connector.errors import Problem, SettingsError
from connector.settings.stack_file import own_key
from connector.stack.yaml_edit import NotEditableError, child, compose, edited, ended, leaf_end, line_end

KEY = "dynamics-connect:slots"


def with_slots(text: str, slots: Mapping[str, int], *, name: str = "the stack's file") -> str:
    """The file's text with `slots` set; raises SettingsError where its shape does not allow the edit."""

    def expected(data: dict[str, Any]) -> dict[str, Any]:
        config = data.get("config") or {}
        return data | {"config": {**config, _spelling(config): dict(slots)}}

    try:
        return edited(text, lambda plain: _edited(plain, slots), expected)
    except NotEditableError:
        message = "cannot be edited here; write `config:` as a block of lines, one key a line"
        raise SettingsError([Problem("rotation.stack_file", name, "", message)]) from None


def _edited(text: str, slots: Mapping[str, int]) -> str:
    config = child(compose(text), "config")
    if config is None:
        return ended(text) + f"config:\n{_entry(slots, 2)}"
    if not isinstance(config, yaml.MappingNode) or config.flow_style or not config.value:
        raise NotEditableError
    current = child(config, _spelling([key.value for key, _ in config.value]))
    if current is None:
        end = line_end(text, leaf_end(config))
        indent = config.value[0][0].start_mark.column
        return ended(text[:end]) + _entry(slots, indent) + text[end:]
    if isinstance(current, yaml.MappingNode) and not current.flow_style:
        return _block(text, current, slots)
    flow = "{" + ", ".join(f"{slot}: {n}" for slot, n in slots.items()) + "}"
    return text[: current.start_mark.index] + flow + text[leaf_end(current) :]


def _spelling(keys: Iterable[object]) -> str:
    """How the file writes the key: people may leave the project's namespace out, and Pulumi knows it then."""
    words = (key for key in keys if isinstance(key, str))
    return next((written for written in words if own_key(written) == "slots"), KEY)


def _block(text: str, node: yaml.MappingNode, slots: Mapping[str, int]) -> str:
    """A block mapping, entry by entry, so that comments beside what stays are kept."""
    indent = node.value[0][0].start_mark.column
    end = line_end(text, leaf_end(node))
    held = {key.value: value for key, value in node.value}
    added = [f"{' ' * indent}{slot}: {n}\n" for slot, n in slots.items() if slot not in held]
    pieces = ended(text[:end]) + "".join(added) + text[end:]
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


def unified_diff(before: str, after: str, name: str) -> str:
    """The change as a patch that `git apply` takes in the project's folder; empty when there is none."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    whole = [line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines]
    return "".join(whole)


def _lines(text: str) -> list[str]:
    """The lines as git counts them: U+0085 and its like end none."""
    return list(io.StringIO(text, newline="\n"))
