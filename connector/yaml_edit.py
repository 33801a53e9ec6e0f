"""A YAML file edited as text: some keys of one section are set or taken out, every other character stays.

The file belongs to people and their reviews: comments, order, quotes and indentation are theirs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from connector.errors import Problem, SettingsError
from connector.stack_file import child, leaf_end, line_end

#: The value of a key that is to go.
GONE = object()


def with_keys(text: str, section: str, changes: Mapping[str, Any], *, name: str) -> str:
    """The file's text with keys of *section* (a mapping at the top) set, or taken out where GONE.

    Raises SettingsError where the file's shape does not allow the edit.
    """
    windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
    changed = text.replace("\r\n", "\n") if windows else text
    for key, value in changes.items():
        if value is GONE:
            changed = _removed(changed, section, key, name)
        else:
            changed = _set(changed, section, key, value, name)
    _check(text, changed, section, changes, name)
    return changed.replace("\n", "\r\n") if windows else changed


def _set(text: str, section: str, key: str, value: Any, name: str) -> str:
    found = child(_compose(text, name), section)
    if found is None or not found.value:
        return _without_empty(text, found) + f"{section}:\n{_entry(key, value, 2)}"
    if not isinstance(found, yaml.MappingNode) or found.flow_style:
        raise _unwritable(name, section)
    indent = found.value[0][0].start_mark.column
    for node, held in found.value:
        if node.value == key:
            start = node.start_mark.index - node.start_mark.column
            return text[:start] + _entry(key, value, indent) + text[line_end(text, leaf_end(held)) :]
    end = line_end(text, leaf_end(found))
    return _ended(text[:end]) + _entry(key, value, indent) + text[end:]


def _without_empty(text: str, section: yaml.Node | None) -> str:
    """The text without a section that holds nothing."""
    if section is None:
        return _ended(text)
    start = text.rfind("\n", 0, section.start_mark.index) + 1
    return _ended(text[:start] + text[line_end(text, section.end_mark.index) :])


def _removed(text: str, section: str, key: str, name: str) -> str:
    found = child(_compose(text, name), section)
    if not isinstance(found, yaml.MappingNode):
        return text
    if found.flow_style:
        raise _unwritable(name, section)
    for node, held in found.value:
        if node.value == key:
            start = node.start_mark.index - node.start_mark.column
            return text[:start] + text[line_end(text, leaf_end(held)) :]
    return text


def _entry(key: str, value: Any, indent: int) -> str:
    dumped = _dump({key: value}, plain=True)
    if yaml.safe_load(dumped) != {key: value}:
        dumped = _dump({key: value}, plain=False)  # some characters (U+0085) are safe as escapes alone
    return re.sub(r"(?m)^(?=.)", " " * indent, dumped)


def _dump(value: dict[str, Any], *, plain: bool) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=plain, width=1000))


def _check(before: str, after: str, section: str, changes: Mapping[str, Any], name: str) -> None:
    """What the parser reads afterwards is what was asked for, and nothing else moved."""
    was, is_now = _data(before, name), _data(after, name)
    wanted = dict(was.pop(section, None) or {}) | dict(changes)
    wanted = {key: value for key, value in wanted.items() if value is not GONE}
    if (is_now.pop(section, None) or {}) != wanted or is_now != was:
        raise _unwritable(name, section)


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _unwritable(name, "it") from error


def _data(text: str, name: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _unwritable(name, "it") from error
    return found if isinstance(found, dict) else {}


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _unwritable(name: str, section: str) -> SettingsError:
    message = f"cannot be edited here; write {section!r} as a block of lines, one key a line"
    return SettingsError([Problem("fleet.unwritable", name, "", message)], where=name)
