"""The emulated part of $filter: comparisons, and, or, not, startswith, endswith, contains, null.

Anything else is refused as not emulated rather than guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from emulator.dataverse.errors import BadQuery, NotEmulated

Row = dict[str, Any]
Predicate = Callable[[Row], bool]
# Column as written → column to read; raises BadQuery for an unknown one.
Resolve = Callable[[str], str]

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<number>-?\d+(?:\.\d+)?(?![\w-]))|(?P<word>[A-Za-z_@][\w./]*)|(?P<mark>[(),]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
    "gt": lambda a, b: a is not None and bool(a > b),
    "ge": lambda a, b: a is not None and bool(a >= b),
    "lt": lambda a, b: a is not None and bool(a < b),
    "le": lambda a, b: a is not None and bool(a <= b),
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda text, part: part in text,
}


def is_guid(text: object) -> bool:
    """True for the text of a GUID."""
    return isinstance(text, str) and _GUID.fullmatch(text) is not None


def parse_filter(text: str, resolve: Resolve) -> Predicate:
    """Return the predicate of a $filter. Raises BadQuery for a syntax error or an unknown column."""
    parser = _Parser(_tokens(text), resolve, text)
    predicate = parser.either()
    parser.end()
    return predicate


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadQuery(f"Syntax error at position {position} in '{text}'.")
        found.append((str(match.lastgroup), match.group(match.lastgroup or 0)))
        position = match.end()
    return found


class _Parser:
    """Recursive descent: or < and < not < comparison."""

    def __init__(self, tokens: list[tuple[str, str]], resolve: Resolve, text: str) -> None:
        self.tokens, self.resolve, self.text, self.position = tokens, resolve, text, 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self, *expected: str) -> tuple[str, str]:
        token = self.peek()
        if expected and token[1] not in expected:
            raise BadQuery(
                f"Syntax error at '{token[1]}' in '{self.text}': {' or '.join(expected)} expected."
            )
        self.position += 1
        return token

    def end(self) -> None:
        if self.peek()[0] != "end":
            raise BadQuery(f"Syntax error at '{self.peek()[1]}' in '{self.text}'.")

    def either(self) -> Predicate:
        parts = [self.both()]
        while self.peek()[1] == "or":
            self.take()
            parts.append(self.both())
        return lambda row: any(part(row) for part in parts)

    def both(self) -> Predicate:
        parts = [self.single()]
        while self.peek()[1] == "and":
            self.take()
            parts.append(self.single())
        return lambda row: all(part(row) for part in parts)

    def single(self) -> Predicate:
        kind, word = self.take()
        if word == "not":
            inner = self.single()
            return lambda row: not inner(row)
        if word == "(":
            inner = self.either()
            self.take(")")
            return inner
        if kind != "word":
            raise BadQuery(f"Syntax error at '{word}' in '{self.text}'.")
        return self.function(word) if self.peek()[1] == "(" else self.comparison(word)

    def function(self, name: str) -> Predicate:
        if name not in _FUNCTIONS:
            raise NotEmulated(f"The query function {name} is not emulated.")
        self.take("(")
        column = self.resolve(self.take()[1])
        self.take(",")
        wanted = str(self.literal(column)).casefold()
        self.take(")")
        test = _FUNCTIONS[name]
        return lambda row: row.get(column) is not None and test(str(row[column]).casefold(), wanted)

    def comparison(self, name: str) -> Predicate:
        column = self.resolve(name)
        compare = _COMPARE[self.take(*_COMPARE)[1]]
        wanted = _folded(self.literal(column))

        def test(row: Row) -> bool:
            try:
                return compare(_folded(row.get(column)), wanted)
            except TypeError as error:
                raise BadQuery(f"Incompatible types were compared in '{self.text}'.") from error

        return test

    def literal(self, column: str) -> Any:
        kind, word = self.take()
        if kind == "string":
            return self.text_literal(column, word[1:-1].replace("''", "'"))
        if kind == "number":
            return float(word) if "." in word else int(word)
        if kind == "guid":
            return word
        if word in ("null", "true", "false"):
            return {"null": None, "true": True, "false": False}[word]
        raise BadQuery(f"Syntax error at '{word}' in '{self.text}'.")

    def text_literal(self, column: str, value: str) -> str:
        if is_guid(value) and (column.startswith("_") or column.endswith("id")):
            raise BadQuery(
                "A binary operator with incompatible types was detected. Found operand types 'Edm.Guid' and "
                "'Edm.String' for operator kind 'Equal'."
            )
        return value


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
