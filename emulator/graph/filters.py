"""OData $filter: the part of the grammar that Graph's directory objects answer here.

`eq`, `in`, `startswith`, `any`, `and`, `or`, parentheses; `ne`, `not` and `endswith` as
advanced queries only (graph docs, aad-advanced-queries). Strings compare without case, as
the directory does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from emulator.graph.errors import BadRequest, UnsupportedQuery
from emulator.store import Document

Predicate = Callable[[Document], bool]
_TOKEN = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<word>[A-Za-z0-9_][\w.\-/:@]*)|(?P<mark>[(),]))")
_WORDS = {"true": True, "false": False, "null": None}


def compile_filter(text: str, names: frozenset[str], *, advanced: bool) -> Predicate:
    """Return the predicate of a $filter over the filterable properties *names*.

    Raises BadRequest for a malformed filter and UnsupportedQuery for one that is not served.
    """
    parser = _Parser(text, names, advanced)
    predicate = parser.either()
    if parser.peek() is not None:
        raise BadRequest(f"Invalid filter clause: unexpected '{parser.peek()}' in '{text}'.")
    return predicate


def _fold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _scan(text: str) -> list[str]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if not found:
            raise BadRequest(f"Invalid filter clause: syntax error at position {position} in '{text}'.")
        tokens.append(found.group().strip())
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent; each method consumes what it names and returns a predicate or a value."""

    def __init__(self, text: str, names: frozenset[str], advanced: bool) -> None:
        self.text, self.names, self.advanced = text, names, advanced
        self.tokens, self.at = _scan(text), 0

    def peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, wanted: str | None = None) -> str:
        token = self.peek()
        if token is None or (wanted is not None and token.lower() != wanted):
            raise BadRequest(f"Invalid filter clause: expected '{wanted or 'a value'}' in '{self.text}'.")
        self.at += 1
        return token

    def either(self) -> Predicate:
        left = self.both()
        while (self.peek() or "").lower() == "or":
            self.take()
            left = _any_of(left, self.both())
        return left

    def both(self) -> Predicate:
        left = self.term()
        while (self.peek() or "").lower() == "and":
            self.take()
            left = _all_of(left, self.term())
        return left

    def term(self) -> Predicate:
        word = self.take()
        if word == "(":
            inner = self.either()
            self.take(")")
            return inner
        if word.lower() == "not":
            self.need_advanced("not")
            inner = self.term()
            return lambda document: not inner(document)
        if word.lower() in ("startswith", "endswith"):
            return self.affix(word.lower())
        return self.any_member(word) if word.endswith("/any") else self.comparison(word)

    def affix(self, function: str) -> Predicate:
        if function == "endswith":
            self.need_advanced(function)
        self.take("(")
        name = self.property(self.take())
        self.take(",")
        value = str(_fold(self.value()))
        self.take(")")
        return lambda document: bool(getattr(str(_fold(document.get(name) or "")), function)(value))

    def any_member(self, token: str) -> Predicate:
        name = self.property(token.removesuffix("/any"))
        self.take("(")
        variable = self.take().rstrip(":")
        member, _, inline = variable.partition(":")
        first = inline or self.take()
        if first.lower() == "startswith":
            start = str(self.argument(member))
            self.take(")")
            return lambda document: any(str(_fold(i)).startswith(start) for i in document.get(name) or ())
        if first != member:
            raise BadRequest(f"Invalid filter clause: '{self.text}'.")
        self.take("eq")
        value = _fold(self.value())
        self.take(")")
        return lambda document: value in [_fold(item) for item in document.get(name) or ()]

    def argument(self, member: str) -> Any:
        """The second argument of `startswith(member,'…')`."""
        self.take("(")
        self.take(member.lower())
        self.take(",")
        value = _fold(self.value())
        self.take(")")
        return value

    def comparison(self, token: str) -> Predicate:
        name, operator = self.property(token), self.take().lower()
        if operator == "in":
            values = self.values()
            return lambda document: _fold(document.get(name)) in values
        if operator not in ("eq", "ne"):
            raise UnsupportedQuery(f"Unsupported or invalid query filter clause: operator '{operator}'.")
        value = _fold(self.value())
        if operator == "eq":
            return lambda document: bool(_fold(document.get(name)) == value)
        self.need_advanced("ne")
        return lambda document: bool(_fold(document.get(name)) != value)

    def values(self) -> list[Any]:
        self.take("(")
        found = [_fold(self.value())]
        while self.peek() == ",":
            self.take()
            found.append(_fold(self.value()))
        self.take(")")
        return found

    def value(self) -> Any:
        token = self.take()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.lower() in _WORDS:
            return _WORDS[token.lower()]
        if re.fullmatch(r"[0-9a-fA-F-]{36}", token):
            return token
        raise BadRequest(f"Invalid filter clause: '{token}' is not a value in '{self.text}'.")

    def property(self, name: str) -> str:
        if name not in self.names:
            raise UnsupportedQuery(
                f"Unsupported or invalid query filter clause specified for property '{name}'."
            )
        return name

    def need_advanced(self, operator: str) -> None:
        if not self.advanced:
            raise UnsupportedQuery(
                f"Operator '{operator}' is only supported with $count=true and the header "
                "ConsistencyLevel: eventual."
            )


def _any_of(left: Predicate, right: Predicate) -> Predicate:
    return lambda document: left(document) or right(document)


def _all_of(left: Predicate, right: Predicate) -> Predicate:
    return lambda document: left(document) and right(document)
