"""Collecting problems, and turning pydantic's into ours."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from connector.errors import Problem

_VALUE_LIMIT = 120
_WORD = 5


def shown(value: object) -> str:
    """A value as a message shows it: quoted and cut."""
    text = repr(value)
    return text if len(text) <= _VALUE_LIMIT else text[: _VALUE_LIMIT - 1] + "…"


def covered(problems: Iterable[Problem], secrets: Mapping[str, object]) -> tuple[Problem, ...]:
    """The problems without any value of settings that are kept encrypted; *secrets* holds those by key."""
    words = [word for value in secrets.values() for word in _words(value)]
    return tuple(_covered(one, secrets, words) for one in problems)


def _covered(problem: Problem, secrets: Mapping[str, object], words: Sequence[str]) -> Problem:
    message = problem.message
    for word in words:
        message = message.replace(word, "[secret]")
    of_secret = re.split(r"[.\[ ]", problem.key, maxsplit=1)[0] in secrets
    value = "[secret]" if of_secret and problem.value else problem.value
    return replace(problem, value=value, message=message)


def _words(value: object) -> Iterator[str]:
    """Every text inside a value that is long enough to be a secret, and no word of our own sentence."""
    if isinstance(value, str):
        yield from [value] if len(value) > _WORD else []
    elif isinstance(value, Mapping):
        yield from (word for one in value.values() for word in _words(one))
    elif isinstance(value, list | tuple):
        yield from (word for one in value for word in _words(one))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like the one given, or None when nothing is like it."""
    lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else None


def key_path(location: Sequence[int | str], prefix: str = "") -> str:
    """`redirectUris.web[1]` from pydantic's location."""
    path = prefix
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def from_pydantic(error: ValidationError, model: type[BaseModel], *, prefix: str = "") -> Iterator[Problem]:
    """Each of pydantic's errors as a problem with the rule, the allowed values, and a near key."""
    for item in error.errors(include_url=False, include_context=True):
        location = item["loc"]
        key = key_path(location, prefix)
        value = shown(item["input"])
        kind = item["type"]
        if kind == "extra_forbidden":
            yield _unknown_key(key, str(location[-1]), _keys_at(model, location[:-1]))
        elif kind == "missing":
            yield Problem(_rule(key, "settings.missing"), key, "", "is required; give it a value")
        elif kind in ("enum", "literal_error"):
            allowed = item.get("ctx", {}).get("expected", "")
            yield Problem(_rule(key, "settings.value"), key, value, f"must be one of {allowed}")
        else:
            yield Problem(_rule(key, "settings.value"), key, value, _sentence(item["msg"]))


def _rule(key: str, otherwise: str) -> str:
    """The rule of a key: permissions and lines of a security role have one of their own."""
    if key.startswith("permissions["):
        return "settings.permission"
    is_line = re.match(r"(dataverse\.(add|remove)|role\.(tables|forbidden))\[", key)
    return "settings.role_line" if is_line else otherwise


def _unknown_key(key: str, name: str, known: Sequence[str]) -> Problem:
    near = nearest(name, known)
    hint = f"did you mean {near!r}? " if near else ""
    message = f"is not a known key; {hint}known here: {', '.join(known)}"
    return Problem("settings.unknown_key", key, "", message)


def _sentence(text: str) -> str:
    plain = text.removeprefix("Value error, ").replace("Input should be", "must be")
    return plain.replace("a valid boolean, unable to interpret input", "true or false")


def _keys_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    current: Any = model
    for part in location:
        # The type of a list's items is found with the list's own.
        if not isinstance(part, int):
            current = _inside(current, part)
    fields = getattr(_model_in(current), "model_fields", {})
    return sorted(field.alias or name for name, field in fields.items())


def _inside(annotation: Any, key: str) -> Any:
    """The type of what stands under a key: of a mapping's values, whatever the key, or of a model's field."""
    if get_origin(annotation) is dict:
        return get_args(annotation)[1]
    fields = getattr(_model_in(annotation), "model_fields", {})
    return next((field.annotation for name, field in fields.items() if key in (name, field.alias)), None)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
