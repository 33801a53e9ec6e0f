"""The command line itself: blank options, misuse, help."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from connector.catalogue.explain import explain
from connector.cli import main as command_line
from connector.cli.engine.pulumi import Engine
from connector.cli.screen.console import Screen
from connector.errors import SettingsError
from connector.report import counted
from tests.unit.settings_samples import PROJECT

NEEDED = {"adopt": ["--application-id", "x"], "comment": ["page.md"], "fleet matrix": ["--shards", "1"]}


def verbs() -> Iterator[tuple[str, Any]]:
    """Every verb by name; those of a group with the group's."""
    for name, command in command_line.app.commands.items():
        inner = getattr(command, "commands", None)
        yield from ((f"{name} {verb}", one) for verb, one in inner.items()) if inner else [(name, command)]


def text_options() -> list[tuple[str, str]]:
    """Every option that takes a text, with its verb."""
    return [
        (verb, parameter.opts[0])
        for verb, command in verbs()
        for parameter in command.params
        if parameter.param_type_name == "option" and parameter.type_descriptor.annotation in {str, list[str]}
    ]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of the command line with these arguments."""
    monkeypatch.setattr(sys, "argv", ["connector", *arguments])
    return command_line.main()


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize(("verb", "option"), text_options())
def test_a_blank_option_is_refused_before_anything_is_read(
    verb: str, option: str, blank: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--stack "$UNSET"` is no way to say "the selected stack", nor is any other option without a value."""
    monkeypatch.setenv("PATH", "")
    arguments = [*verb.split(), *NEEDED.get(verb, []), option, blank]
    assert run(monkeypatch, *arguments) == 2
    said = capsys.readouterr().err
    assert (option in said, "is empty" in said, len(said.splitlines())) == (True, True, 1)


def test_every_stack_option_is_among_them() -> None:
    """The test above sees the options that name a stack, of the destroying verbs too."""
    assert {verb for verb, option in text_options() if option == "--stack"} >= {
        "remove",
        "deploy",
        "apply",
        "adopt",
        "rotate finish",
        "fleet new",
    }


def test_the_engine_takes_no_blank_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever calls it: a blank name never becomes the selected stack."""
    monkeypatch.setenv("PULUMI_STACK", "dev")
    with pytest.raises(SettingsError) as caught:
        Engine("")
    assert (caught.value.code, caught.value.exit_code) == ("stack.blank", 2)


@pytest.mark.parametrize("option", ["--stack", "--records"])
def test_the_script_after_a_plain_update_refuses_them_too(option: str, tmp_path: Path) -> None:
    """scripts/post_deploy.py reads its own arguments."""
    command = [sys.executable, str(PROJECT / "scripts" / "post_deploy.py"), option, ""]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, "is empty" in done.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [(), ("rotate",), ("fleet",)])
def test_no_arguments_show_the_help(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The help is no error."""
    assert run(monkeypatch, *arguments) == 2
    assert capsys.readouterr().err.startswith("Usage: ")


def test_a_stack_without_its_option_is_told_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`remove acme-prod` says how a stack is named."""
    assert run(monkeypatch, "remove", "acme-prod") == 2
    said = capsys.readouterr().err
    assert said == "error: Got unexpected extra argument(s) (acme-prod); a stack is named with --stack\n"


def test_a_table_in_a_pipe_is_not_folded_and_ends_no_line_in_blanks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One pair a line, however long; no pairs are no line."""
    screen = Screen(as_json=False)
    screen.table([])
    screen.table([("yes", "a [b] " + "long " * 60), ("unknown", "")])
    lines = capsys.readouterr().err.split("\n")
    assert lines == [("yes     a [b] " + "long " * 60).rstrip(), "unknown", ""]


def test_one_stack_is_no_stacks() -> None:
    """A number and its noun."""
    assert [counted(number, "stack") for number in (0, 1, 3)] == ["0 stacks", "1 stack", "3 stacks"]


def connect(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """scripts/connect, of a checkout in *folder* that has no toolchain, called from *folder*."""
    root = folder / "checkout"
    (root / "scripts").mkdir(parents=True)
    shutil.copy2(PROJECT / "scripts" / "connect", root / "scripts" / "connect")
    (root / "scripts" / "env").write_text("#!/bin/sh\necho export FROM_ENV=1\n")
    (root / "scripts" / "env").chmod(0o755)
    (root / ".venv").symlink_to(sys.prefix)
    (root / "connector").symlink_to(PROJECT / "connector")
    command = [str(root / "scripts" / "connect"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_script_works_in_the_callers_folder(tmp_path: Path) -> None:
    """Files that options name are the caller's, and modules are the project's."""
    (tmp_path / "page.md").write_bytes(b"\xff")
    (tmp_path / "connector").mkdir()
    (tmp_path / "connector" / "__main__.py").write_text("print('another')")
    done = connect(tmp_path, "explain", "incorrect", "passphrase")
    assert (done.returncode, "PULUMI_CONFIG_PASSPHRASE" in done.stdout) == (0, True), done.stderr
    again = subprocess.run(
        [str(tmp_path / "checkout" / "scripts" / "connect"), "plan", "--out", "connector"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (again.returncode, "is a folder" in again.stderr) == (2, True), again.stderr


@pytest.mark.parametrize("called", ["bin/connect", "checkout/scripts/connect"])
def test_the_script_is_found_by_a_link_and_with_a_cdpath(tmp_path: Path, called: str) -> None:
    """A link on PATH leads to the checkout, and `cd` prints nothing where CDPATH finds the folder."""
    assert connect(tmp_path, "explain", "7").returncode == 0
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "connect").symlink_to(tmp_path / "checkout" / "scripts" / "connect")
    done = subprocess.run(
        ["bash", called, "explain", "7"],
        cwd=tmp_path,
        env={**os.environ, "CDPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "exit code 7" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE", "never ask"),
        ('constructing secrets manager of type "passphrase": unable to find the key', "never ask"),
        ("PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", "pulumi login"),
    ],
)
def test_the_engines_words_are_explained(said: str, word: str) -> None:
    """What a shell without a passphrase or a backend meets first."""
    assert word in str(explain(f"error: {said}"))


def test_explain_takes_words_that_are_not_quoted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pasted sentence is one text."""
    assert run(monkeypatch, "explain", "error:", "incorrect", "passphrase") == 0
    assert "PULUMI_CONFIG_PASSPHRASE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("explain - <&-", 1, "nothing to explain"),
        ("explain - </dev/null", 1, "nothing to explain"),
        ("fleet new --stack a <&-", 2, "--tenant-id"),
        (r"explain - < <(printf 'AADSTS7000215 \xff')", 0, "the client secret is wrong"),
    ],
)
def test_standard_input_may_be_closed_or_hold_anything(command: str, code: int, words: str) -> None:
    """No traceback: a job's runner closes it, and a log that is pasted is of any encoding."""
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m connector {command}"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        check=False,
        text=True,
    )
    said = done.stdout + done.stderr
    assert (done.returncode, "Traceback" in said) == (code, False), said
    assert words in said


def test_a_terminal_of_another_encoding_ends_no_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows writes a file or a pipe in its own code page, which has no arrow."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    assert run(monkeypatch, "explain", "7") == 0
    print("org → unit")
    sys.stdout.flush()
    written = sys.stdout.buffer.getvalue()  # type: ignore[attr-defined]  # the BytesIO
    assert rb"org \u2192 unit" in written


def test_ids_stay_whole_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty columns fold an id and do not cut it."""
    screen = Screen(as_json=False)
    screen.console = Console(file=io.StringIO(), width=40, force_terminal=True, soft_wrap=True)
    screen.table([("slot a", "generation 1, ends in 179 days (44b1c950-b462-44f3-9bab-dd52fd3be649)")])
    written = screen.console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO
    assert "…" not in written
    assert "44b1c950-b462-44f3-9bab-dd52fd3be649" in "".join(written.split())


def test_the_help_says_of_each_verb_what_its_own_docstring_says() -> None:
    """Read as text for the list, and by Typer for the verb's own help: both are the same sentence."""
    for group in (command_line.app, command_line.app.commands["rotate"], command_line.app.commands["fleet"]):
        for name, command in group.commands.items():
            assert " ".join(str(command.help).split()) == " ".join(group.verbs.says(name).split()), name


def test_only_the_verb_that_is_typed_is_imported() -> None:
    """The help imports the groups' tables and no verb, and `explain` none of the others."""
    tables = "connector.cli.verbs.fleet connector.cli.verbs.rotate"
    code = (
        "import sys; from connector.cli.main import main; sys.argv[1:] = {!r}\ntry: main()\n"
        "except SystemExit: pass\nprint(*sorted(m for m in sys.modules if '.cli.verbs.' in m))"
    )
    for arguments, wanted in ((["--help"], tables), (["explain", "7"], "connector.cli.verbs.explain")):
        command = [sys.executable, "-c", code.format(arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT)
        assert done.stdout.splitlines()[-1] == wanted
