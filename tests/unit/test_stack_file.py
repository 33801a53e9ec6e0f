"""Pulumi.STACK.yaml in every state that editors and accidents leave it in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.settings import check_stack_file
from connector.settings.stack_file import stack_config, stack_file

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
        ("config:\n  ? [a, b]\n  : c\n", "a key must be a word"),
        ("config: [a]\n", "must be a block of lines"),
        ("config: x\n", "must be a block of lines"),
        ("config:\n  3: x\n", "is no key"),
        ("config:\n  ~: x\n", "is no key"),
        ("a: " + "[" * 3000, "nested too deeply"),
        ("a: 2026-99-99\n", "no good date or number"),
        (f"a: 0x{'f' * 4000}\n", "no good date or number"),
        ("a: !!int ''\n", "no good date or number"),
        ("a: !!map [b]\n", "expected a mapping"),
    ],
    ids=[
        *("key twice", "setting twice", "tab", "alias bomb", "10 MB", "broken", "a list", "a list as key"),
        *("config a list", "config a word", "a number as key", "no key", "3000 deep", "no date"),
        *("a number too long", "no number", "a list called a mapping"),
    ],
)
def test_what_cannot_be_settings_is_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    """The message names the file and what is wrong with it."""
    with pytest.raises(SettingsError, match=r"Pulumi\.dev\.yaml") as caught:
        check(tmp_path, content.encode())
    assert words in caught.value.message
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("lines", "key", "words"),
    [
        ("dynamic-connect:consent: link", "dynamic-connect:consent", "'dynamics-connect:consent'"),
        ("Dynamics-Connect:tenantID: x", "Dynamics-Connect:tenantID", "'dynamics-connect:tenantId'"),
        ("dynamics_connect:zzz: x", "dynamics_connect:zzz", "begin with dynamics-connect:"),
        ("cloud: public\n  dynamics-connect:cloud: usgov", "dynamics-connect:cloud", "what 'cloud' says"),
        ("dynamics-connect:cloud: usgov\n  cloud: public", "cloud", "keep 'dynamics-connect:cloud' alone"),
        ("cloud: public\n  dynamics-connect:config:cloud: usgov", "dynamics-connect:config:cloud", "again"),
    ],
)
def test_a_key_that_would_lie_unread_is_refused(tmp_path: Path, lines: str, key: str, words: str) -> None:
    """A namespace that is nearly the project's, and a key in two spellings: the nearest good key is named."""
    with pytest.raises(SettingsError) as caught:
        check(tmp_path, f"config:\n  {lines}\n".encode())
    assert [problem.key for problem in caught.value.problems] == [key]
    assert words in caught.value.message


def test_keys_of_providers_and_keys_without_a_namespace_pass(tmp_path: Path) -> None:
    """Pulumi reads a key without a namespace as the project's, and other namespaces are others' business."""
    lines = ("azuread:tenantId: x", "pulumi:tags: {}", "azure-native:location: x", "cloud: china")
    check(tmp_path, ("config:\n" + "".join(f"  {line}\n" for line in lines)).encode())
    assert stack_config(tmp_path / "Pulumi.dev.yaml") == {"cloud": "china"}


def test_a_stack_without_a_file_is_left_to_the_engine(tmp_path: Path) -> None:
    """A stack's settings may all be defaults: no file is no mistake here."""
    check_stack_file("dev", tmp_path)


def test_the_file_bears_the_last_part_of_a_stacks_name(tmp_path: Path) -> None:
    """A stack named with organization and project reads the file of its own name."""
    (tmp_path / "Pulumi.dev.yaml").write_text("- a\n")
    with pytest.raises(SettingsError):
        check_stack_file("org/project/dev", tmp_path)


def test_r29_it_is_where_the_projects_file_says(tmp_path: Path) -> None:
    """`stackConfigDir` is read from Pulumi.yaml, anew when it changed; else the file lies beside it."""
    project = tmp_path / "Pulumi.yaml"
    assert stack_file("dev", tmp_path) == tmp_path / "Pulumi.dev.yaml"
    project.write_text("name: x\nstackConfigDir: stacks/live\n")
    assert stack_file("acme/x/dev", tmp_path) == tmp_path / "stacks" / "live" / "Pulumi.dev.yaml"
    project.write_text("name: x\n")
    os.utime(project, ns=(1, 1))
    assert stack_file("dev", tmp_path) == tmp_path / "Pulumi.dev.yaml"
