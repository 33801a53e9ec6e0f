"""The stack's file is edited in one place, and the change is a patch that git takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.settings.stack_file import stack_file
from connector.stack.slots_file import unified_diff, with_slots

HEAD = "# Customer: Contoso\nconfig:\n  a:b: 'x'   # quoted\n"
TAIL = "\n  # who may sign in\n  a:c:\n      - one\nencryptionsalt: v1:q=\n"
BLOCK = "  dynamics-connect:slots: # two\n    a: 1 # May\n"
FILES = [
    HEAD + BLOCK + TAIL,
    HEAD + "  dynamics-connect:slots: {a: 1} # flow\n" + TAIL,
    HEAD + "  dynamics-connect:slots: '{\"a\": 1}'\n" + TAIL,
    HEAD + "  slots: {a: 1} # flow\n" + TAIL,
    HEAD + TAIL,
    HEAD + TAIL.rstrip("\n"),
    (HEAD + BLOCK + TAIL).replace("\n", "\r\n"),
    "encryptionsalt: v1:q=\n",
    "config:\n    a:b:\n    - 1\n    - 2",
    "config:\n  a:b: |\n    text\n",
]


def other_lines(text: str) -> list[str]:
    """Every line but those of the slots."""
    ours = ("a:", "b:", "dynamics-connect:slots", "slots")
    return [line for line in text.splitlines() if not line.strip().startswith(ours)]


@pytest.mark.parametrize("slots", [{"a": 1, "b": 2}, {"b": 2}, {"a": 3, "b": 2}])
@pytest.mark.parametrize("text", FILES)
def test_everything_but_the_slots_stays(text: str, slots: dict[str, int]) -> None:
    """Comments, quotes, order, indentation and line ends are kept, and so is a comment beside a slot."""
    changed = with_slots(text, slots)
    added = ["config:"] if "config:" not in text else []
    assert other_lines(changed) == other_lines(text) + added
    assert changed.count("\r\n") in (0, changed.count("\n"))
    if "# May" in text and slots.get("a") == 1:
        assert "a: 1 # May" in changed
    assert with_slots(changed, slots) == changed


@pytest.mark.parametrize("written", ["slots", "dynamics-connect:slots", "dynamics-connect:config:slots"])
def test_the_key_keeps_the_spelling_it_has(written: str) -> None:
    """A second spelling of one key beside the first would be refused by the next run."""
    changed = with_slots(f"config:\n  {written}: {{a: 1}}\n", {"b": 2})
    assert changed == f"config:\n  {written}: {{b: 2}}\n"


def test_the_patch_is_one_that_git_applies(tmp_path: Path) -> None:
    """In the project's folder, with or without a line end at the end of the file."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for number, text in enumerate(FILES):
        name = f"Pulumi.s{number}.yaml"
        changed = with_slots(text, {"a": 1, "b": 2})
        (tmp_path / name).write_text(text, newline="")
        (tmp_path / "p").write_text(unified_diff(text, changed, name), newline="")
        subprocess.run(["git", "apply", "--whitespace=nowarn", "p"], cwd=tmp_path, check=True)
        assert (tmp_path / name).read_bytes().decode() == changed
    assert unified_diff("a\n", "a\n", "x") == ""


@pytest.mark.parametrize("text", ["config: {a:b: 1}\n", "config: [\n", "config: text\n"])
def test_a_file_that_cannot_be_edited_is_refused_by_name(text: str) -> None:
    """One clear error, nothing written."""
    with pytest.raises(SettingsError, match=r"Pulumi\.x\.yaml"):
        with_slots(text, {"b": 2}, name="Pulumi.x.yaml")


def test_the_file_is_named_by_the_stacks_last_part(tmp_path: Path) -> None:
    """As the engine names it."""
    assert stack_file("org/project/prod", tmp_path).name == "Pulumi.prod.yaml"


def test_a_patch_has_lines_as_git_counts_them() -> None:
    """Characters that end a line for Python and not for git stay within theirs."""
    before = "# one\x85two\u2028three\nconfig:\n  dynamics-connect:slots: {a: 1}\n"
    patch = unified_diff(before, before.replace("a: 1", "a: 2"), "f.yaml")
    assert " # one\x85two\u2028three\n" in patch
    assert patch.split("\n")[2] == "@@ -1,3 +1,3 @@"
