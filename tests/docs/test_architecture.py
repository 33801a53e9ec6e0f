"""The map of the code is true: every room is named, every path and name in it is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.documents import PROJECT, first_column, read, section

_PATH = re.compile(r"`([\w.\-]+(?:/[\w.\-]*)+|[\w.\-]+\.(?:py|md|toml|in))`")
_NAMES = re.compile(r"`([^`\s]+)` \(((?:`\w+`(?:, )?)+)\)")
#: Folders without a Python package that a change may begin in.
_OTHERS = {"docs", "pipelines", "policies", "profiles", "scripts"}


def _modules(folder: Path) -> set[str]:
    """The packages and loose modules at the top of a folder, as the page spells them."""
    packages = {f"{one.parent.relative_to(PROJECT)}/" for one in folder.glob("*/__init__.py")}
    return packages | {str(one.relative_to(PROJECT)) for one in folder.glob("*.py") if one.stem != "__init__"}


def _rooms() -> set[str]:
    above = {f"{one.parent.name}/" for one in PROJECT.glob("*/__init__.py")} | {f"{one}/" for one in _OTHERS}
    return above | _modules(PROJECT / "connector") | _modules(PROJECT / "connector" / "cli")


def test_every_room_is_on_the_map() -> None:
    """Each folder of the project, and each folder and module at the top of connector/ and its cli/."""
    assert first_column(section(read("architecture.md"), "## The rooms")) == _rooms()


@pytest.mark.parametrize("room", ["connector", "connector/cli"])
def test_the_map_and_the_contracts_name_the_same_floors(room: str) -> None:
    """From the top down, in the order of import-linter's layers."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c.get("containers") == [room.replace("/", ".")])
    names = [name for layer in layers for name in re.findall(r"\w+", layer)]
    rows = re.findall(rf"^\| `{room}/(\w+)(?:/|\.py)`", read("architecture.md"), re.MULTILINE)
    assert rows == names


@pytest.mark.parametrize(("page", "least"), [("docs/architecture.md", 100), ("CONTRIBUTING.md", 15)])
def test_every_path_on_the_map_is_there(page: str, least: int) -> None:
    """What a reader is sent to exists."""
    paths = _PATH.findall((PROJECT / page).read_text("utf-8"))
    assert len(paths) > least
    assert [path for path in paths if not (PROJECT / path).exists()] == []


def test_every_name_on_the_map_is_in_its_file() -> None:
    """A name in parentheses behind a file is spelled there."""
    found = [(path, re.findall(r"\w+", names)) for path, names in _NAMES.findall(read("architecture.md"))]
    assert len(found) > 10
    gone = [(path, name) for path, names in found for name in names if not _spells(PROJECT / path, name)]
    assert gone == []


def _spells(path: Path, name: str) -> bool:
    return re.search(rf"\b{name}\b", path.read_text("utf-8")) is not None


def test_every_tier_of_tests_is_described() -> None:
    """Each folder of tests stands in CONTRIBUTING's table of them."""
    text = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    tiers = {f"tests/{one.parent.name}" for one in (PROJECT / "tests").glob("*/test_*.py")}
    assert first_column(section(text, "## Tests")) >= tiers
