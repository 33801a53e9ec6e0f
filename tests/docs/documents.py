"""The documents, and what the code says that they must hold."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from tests.support.source import parsed

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"
_CODE = re.compile(r"[a-z]+\.[a-z_]*[a-z]")


def documents() -> list[Path]:
    """README, CONTRIBUTING, changelog and everything in docs/ that is text for people."""
    above = (PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))
    return [*above, *sorted(DOCS.rglob("*.md"))]


def read(name: str) -> str:
    """A document of docs/ by its file name."""
    return (DOCS / name).read_text(encoding="utf-8")


def generator() -> ModuleType:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def section(text: str, heading: str) -> str:
    """The part of a document under a heading, up to the next heading of the same or a higher level."""
    level = heading.split(" ", 1)[0]
    rest = text.partition(f"\n{heading}\n")[2]
    assert rest, f"no heading {heading!r}"
    return re.split(rf"\n#{{1,{len(level)}}} ", rest)[0]


def first_column(text: str) -> set[str]:
    """Everything in backticks in the first column of the tables of a text."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def error_codes(*folders: str) -> set[str]:
    """Every error code that the code of some folders spells out."""
    found: set[str] = set()
    for folder in folders:
        for path in (PROJECT / folder).rglob("*.py"):
            tree = parsed(path)
            found.update(code for node in ast.walk(tree) for code in _codes_of(node))
    return found


def _codes_of(node: ast.AST) -> Iterator[str]:
    for part in _places(node):
        for leaf in ast.walk(part):
            if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and _CODE.fullmatch(leaf.value):
                yield leaf.value


def _places(node: ast.AST) -> Iterator[ast.AST]:
    """Where a code can stand: `code=…`, `code = …`, a default of `code`, first of Problem and Cause."""
    if isinstance(node, ast.keyword) and node.arg == "code":
        yield node.value
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Problem", "Cause"):
        yield from node.args[:1]
    elif isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "code" for t in node.targets):
        yield node.value
    elif isinstance(node, ast.arguments):
        pairs = zip(node.kwonlyargs, node.kw_defaults, strict=True)
        yield from (default for name, default in pairs if name.arg == "code" and default is not None)
