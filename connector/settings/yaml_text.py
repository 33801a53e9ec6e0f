"""Reading one YAML file from outside: every way it can be bad is one clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from connector.errors import Problem, SettingsError

SIZE_LIMIT = 1_000_000
_BITS = 1_000


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses aliases (which can grow without bound), a key given twice and odd keys."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise _refused("expected a mapping", node)
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused("a key must be a word, and no list or mapping", key)
            if key.value in seen:
                raise _refused(f"key {key.value!r} is given twice", key)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep=deep)
        except _UNREADABLE as error:
            # PyYAML lets such exceptions of its converters out: for the date 2026-99-99, for `!!int ""`.
            raise _refused("a value is no good date or number; put it in quotes", node) from error
        # Python prints no number of more than 4300 digits, which a hexadecimal one can have.
        if isinstance(value, int) and value.bit_length() > _BITS:
            raise _refused("a value is no good date or number; put it in quotes", node)
        return value


_UNREADABLE = (ValueError, LookupError, ArithmeticError, AttributeError, TypeError)


def _refused(text: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, text, node.start_mark)


def read_mapping(path: Path, *, name: str, empty: bool = False) -> dict[str, Any]:
    """The mapping in a YAML file; raises SettingsError with file, line and what is wrong.

    With *empty* a file without any key is an empty mapping.
    """
    text = _read_text(path, name)
    try:
        value = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader, see above
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name} line {mark.line + 1}" if mark else name
        raise _bad(where, f"is not good YAML: {_plain(error.problem)}") from error
    except yaml.YAMLError as error:
        raise _bad(name, f"is not good YAML: {error}") from error
    except RecursionError:
        raise _bad(name, "holds lists or mappings nested too deeply to be settings") from None
    if value is None and empty:
        return {}
    if not isinstance(value, dict):
        raise _bad(name, "must hold keys and values, and holds none")
    return value


def _plain(problem: str | None) -> str:
    """The parser's words, with the one that people meet most said plainly."""
    if problem and r"'\t'" in problem:
        return "indent with blanks, not with tabs"
    return problem or "its structure cannot be read"


def _read_text(path: Path, name: str) -> str:
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise _bad(name, f"is larger than {SIZE_LIMIT} bytes; no settings need that")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(name, "is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise _bad(name, f"cannot be read: {error.strerror}") from error


def _bad(where: str, message: str) -> SettingsError:
    name = where.split(" line ", maxsplit=1)[0]
    return SettingsError([Problem("settings.yaml", where, "", message)], where=name)
