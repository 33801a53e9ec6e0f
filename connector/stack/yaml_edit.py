"""A YAML file edited as text: some keys of one section are set or taken out, every other character stays.

The file belongs to people and their reviews: comments, order, quotes and indentation are theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from connector.errors import Problem, SettingsError

#: The value of a key that is to go.
GONE = object()


class NotEditableError(Exception):
    """The text has a shape that cannot be edited in place; nothing was changed."""


def edited(
    text: str,
    edit: Callable[[str], str],
    expected: Callable[[dict[str, Any]], dict[str, Any]],
) -> str:
    """A file's text after *edit*, which sees Unix line breaks whatever the file has.

    Raises NotEditableError where the text is no YAML mapping, or where the parser then reads
    anything but what *expected* makes of the data before.
    """
    windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
    plain = text.replace("\r\n", "\n") if windows else text
    try:
        changed = edit(plain)
        good = _data(changed) == expected(_data(plain))
    except yaml.YAMLError as error:
        raise NotEditableError from error
    if not good:
        raise NotEditableError
    return changed.replace("\n", "\r\n") if windows else changed


def with_keys(text: str, section: str, changes: Mapping[str, Any], *, name: str) -> str:
    """The file's text with keys of *section* (a mapping at the top) set, or taken out where GONE.

    Raises SettingsError where the file's shape does not allow the edit.
    """

    def edit(plain: str) -> str:
        for key, value in changes.items():
            gone = value is GONE
            plain = _removed(plain, section, key) if gone else _set(plain, section, key, value)
        return plain

    def expected(data: dict[str, Any]) -> dict[str, Any]:
        wanted = {**(data.get(section) or {}), **changes}
        kept = {key: value for key, value in wanted.items() if value is not GONE}
        return {name: value for name, value in (data | {section: kept}).items() if value}

    try:
        return edited(text, edit, expected)
    except NotEditableError:
        message = f"cannot be edited here; write {section!r} as a block of lines, one key a line"
        raise SettingsError([Problem("fleet.unwritable", name, "", message)], where=name) from None


def _set(text: str, section: str, key: str, value: Any) -> str:
    found = child(compose(text), section)
    if found is None or not found.value:
        return _without_empty(text, found) + f"{section}:\n{_entry(key, value, 2)}"
    if not isinstance(found, yaml.MappingNode) or found.flow_style:
        raise NotEditableError
    indent = found.value[0][0].start_mark.column
    for node, held in found.value:
        if node.value == key:
            start = node.start_mark.index - node.start_mark.column
            return text[:start] + _entry(key, value, indent) + text[line_end(text, leaf_end(held)) :]
    end = line_end(text, leaf_end(found))
    return ended(text[:end]) + _entry(key, value, indent) + text[end:]


def _without_empty(text: str, section: yaml.Node | None) -> str:
    """The text without a section that holds nothing."""
    if section is None:
        return ended(text)
    start = text.rfind("\n", 0, section.start_mark.index) + 1
    return ended(text[:start] + text[line_end(text, section.end_mark.index) :])


def _removed(text: str, section: str, key: str) -> str:
    found = child(compose(text), section)
    if not isinstance(found, yaml.MappingNode):
        return text
    if found.flow_style:
        raise NotEditableError
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


def compose(text: str) -> yaml.Node | None:
    """The text's nodes, with their places in it; raises yaml.YAMLError."""
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _data(text: str) -> dict[str, Any]:
    """What the text says; a section without anything in it says as little as none."""
    found = yaml.safe_load(text)
    return {name: value for name, value in found.items() if value} if isinstance(found, dict) else {}


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


def ended(text: str) -> str:
    """The text with a line break at its end, where there is any text."""
    return text if not text or text.endswith("\n") else text + "\n"
