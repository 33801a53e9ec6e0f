"""Pulumi.STACK.yaml in every state that editors and accidents leave it in."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.settings import check_stack_file

GOOD = "config:\n  dynamics-connect:cloud: public\n"
BOMB = "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n"


def check(folder: Path, content: bytes) -> None:
    """Look at a stack file of that content."""
    (folder / "Pulumi.dev.yaml").write_bytes(content)
    check_stack_file("dev", folder)


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.encode("utf-8-sig"),
        b"",
        b"# nothing yet\n",
    ],
    ids=["plain", "Windows line ends", "byte order mark", "empty", "comment"],
)
def test_what_editors_leave_is_fine(tmp_path: Path, content: bytes) -> None:
    """Line ends, a byte order mark and an empty file are no mistakes."""
    check(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (GOOD + GOOD, "given twice"),
        (GOOD + "  dynamics-connect:cloud: china\n", "given twice"),
        ("config:\n\ta: b\n", "indent with blanks, not with tabs"),
        (BOMB, "aliases are not allowed"),
        ("config: x\n" * 1_000_000, "is larger than"),
        ("config: [a\n", "is not good YAML"),
        ("- a\n", "holds none"),
    ],
    ids=["key twice", "setting twice", "tab", "alias bomb", "10 MB", "broken", "a list"],
)
def test_what_cannot_be_settings_is_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    """The message names the file and what is wrong with it."""
    with pytest.raises(SettingsError, match=r"Pulumi\.dev\.yaml") as caught:
        check(tmp_path, content.encode())
    assert words in caught.value.message
    assert len(caught.value.problems) == 1


def test_a_stack_without_a_file_is_left_to_the_engine(tmp_path: Path) -> None:
    """A stack's settings may all be defaults: no file is no mistake here."""
    check_stack_file("dev", tmp_path)


def test_the_file_bears_the_last_part_of_a_stacks_name(tmp_path: Path) -> None:
    """A stack named with organization and project reads the file of its own name."""
    (tmp_path / "Pulumi.dev.yaml").write_text("- a\n")
    with pytest.raises(SettingsError):
        check_stack_file("org/project/dev", tmp_path)
