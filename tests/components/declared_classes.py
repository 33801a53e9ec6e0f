"""Which resource classes of the provider components/ declares, with which properties: read from its text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pulumi
import pulumi_azuread as azuread

from tests.components.resource_table import Row
from tests.support.source import parsed


def used_in(folder: Path) -> dict[str, set[str]]:
    """Each resource class by its name, with the engine's names of the properties that are given to it."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        for kind, properties in _used_in(parsed(path)):
            found.setdefault(kind, set()).update(properties)
    return found


def _used_in(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pulumi_azuread"):
            yield from ((one.name, set()) for one in node.names if _is_resource(one.name))
        if isinstance(node, ast.Attribute) and _is_resource(node.attr):
            yield node.attr, set()
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and isinstance(called, ast.Attribute) and _is_resource(called.attr):
            # `**given` has no name of its own: it counts as a property that no row can have.
            names = (keyword.arg or "**" for keyword in node.keywords if keyword.arg != "opts")
            yield called.attr, {_camel(name) for name in names}


def _is_resource(name: str) -> bool:
    found = getattr(azuread, name, None)
    return isinstance(found, type) and issubclass(found, pulumi.Resource)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def missing(used: Mapping[str, set[str]], rows: Iterable[Row]) -> set[str]:
    """The classes, and the properties as `Class.property`, that no row asserts."""
    asserted: dict[str, set[str]] = {}
    for row in rows:
        asserted.setdefault(row.kind, set()).update(row.properties)
    classes = set(used) - set(asserted)
    lost = {f"{kind}.{one}" for kind in used for one in used[kind] - asserted.get(kind, set())}
    return classes | lost
