"""Files and folders that options name: refused before the work, with one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from connector.cli import main as command_line
from connector.cli import paths
from connector.cli.paths import file_to_write, keep_out_of_git, records_folder
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.verbs.fleet.job import RunOptions, run_fleet
from connector.cli.verbs.fleet.options import fleet_path
from connector.errors import SettingsError
from tests.unit.fleet_samples import entry, good, read
from tests.unit.settings_samples import PROJECT


def test_a_file_that_can_be_written_is_whole_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path is the caller's; nothing is left behind by looking at it."""
    monkeypatch.chdir(tmp_path)
    assert file_to_write("--out", "plan.json") == tmp_path / "plan.json"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "there").write_text("kept")
    assert file_to_write("--out", "there") == tmp_path / "there"
    assert (tmp_path / "there").read_text() == "kept"
    assert file_to_write("--markdown", None) is None
    assert file_to_write("--markdown", "-", stdout=True) is None


@pytest.mark.parametrize("named", ["none/x.md", ".", "file/x.md", "/proc/nope"])
def test_a_file_that_cannot_be_written_is_named(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder there, a folder itself, a file for a folder, and a place where nobody may write."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="--out") as caught:
        file_to_write("--out", named)
    assert (caught.value.code, caught.value.exit_code) == ("path.file", 2)


@pytest.mark.parametrize(
    ("named", "write"), [("file", False), ("file/in", False), ("file", True), ("/proc/nope", True)]
)
def test_a_records_folder_that_is_none_is_refused(
    named: str, write: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a proof is made that could not be kept."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="--records") as caught:
        records_folder(named, write=write)
    assert caught.value.code == "path.folder"


def test_a_records_folder_is_made_by_those_who_write(tmp_path: Path) -> None:
    """A verb that reads makes none."""
    assert records_folder(str(tmp_path / "new")) == tmp_path / "new"
    assert list(tmp_path.iterdir()) == []
    assert records_folder(str(tmp_path / "a" / "new"), write=True).is_dir()


def test_a_secret_stays_out_of_git(tmp_path: Path) -> None:
    """A work tree holds it where ignored, a folder still to be made too; in the project only .local."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("*.secret\nlater/\n")
    (tmp_path / "sub").mkdir()
    keep_out_of_git("--to-file", tmp_path / "sub" / "acme.secret")
    keep_out_of_git("--to-file", tmp_path / "later" / "acme.txt")
    keep_out_of_git("--to-file", PROJECT / ".local" / "acme.txt")
    for path in (tmp_path / "acme.txt", tmp_path / "sub" / "acme.txt", PROJECT / "docs" / "acme.txt"):
        with pytest.raises(SettingsError, match="client secret") as caught:
            keep_out_of_git("--to-file", path)
        assert (caught.value.code, caught.value.exit_code) == ("handover.git", 2)


def test_the_project_keeps_it_out_without_git_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that was downloaded as an archive."""
    monkeypatch.setattr(paths, "PROJECT_DIR", tmp_path)
    monkeypatch.setattr(paths, "_LOCAL", tmp_path / ".local")
    keep_out_of_git("--to-file", tmp_path / ".local" / "acme.txt")
    with pytest.raises(SettingsError, match="in the project's folder"):
        keep_out_of_git("--to-file", tmp_path / "acme.txt")


@pytest.mark.parametrize(
    "arguments",
    [
        ("preview", "--markdown", "none/x.md"),
        ("plan", "--out", "none/x.json"),
        ("handover", "--to-file", "none/x.txt"),
        ("rotate", "begin", "--patch", "none/x.patch"),
        ("rotate", "status", "--patch", "none/x.patch"),
        *(
            (*verb.split(), "--records", "file")
            for verb in (
                "deploy",
                "preview",
                "plan",
                "apply",
                "adopt --application-id x",
                "verify",
                "status",
                "remove",
                "rotate begin",
                "rotate status",
            )
        ),
    ],
    ids=" ".join,
)
def test_verbs_look_before_they_ask_the_engine(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without an engine on PATH the answer is still the path's: it comes first."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", ["connector", *arguments])
    assert command_line.main() == 2
    said = capsys.readouterr().err
    assert arguments[-2] in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize(("name", "named"), [("markdown", "none/x.md"), ("records", "/proc/nope")])
def test_a_fleet_looks_before_it_starts_a_process(name: str, named: str, tmp_path: Path) -> None:
    """Its page and its record are written at the end, and must not fail there."""
    fleet = read(tmp_path, good(stacks={"acme": entry(1)}))
    options: dict[str, Any] = {"records": str(tmp_path / "records"), name: named}
    with pytest.raises(SettingsError, match=f"--{name}"):
        run_fleet(Screen(as_json=False), fleet, "preview", RunOptions(**options))


STDOUT = [
    ("plan", "--out", "-"),
    ("handover", "--to-file", "-"),
    ("rotate", "begin", "--patch", "-"),
    ("plan", "--markdown", "--json"),
    ("preview", "--markdown", "-", "--json"),
]


@pytest.mark.parametrize("arguments", STDOUT)
def test_standard_output_is_no_file_and_holds_one_result(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-` was taken for no option at all; and with `--json` Markdown was left out without a word."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", ["connector", *arguments])
    assert command_line.main() == 2
    assert "[path.stdout]" in capsys.readouterr().err


def test_a_link_into_a_work_tree_is_in_the_work_tree(tmp_path: Path) -> None:
    """The secret would be committed all the same."""
    tree = tmp_path / "tree"
    (tree / "docs").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    (tmp_path / "link").symlink_to(tree / "docs")
    with pytest.raises(SettingsError, match="Git work tree"):
        keep_out_of_git("--to-file", tmp_path / "link" / "secret.txt")


def test_what_the_file_system_refuses_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is too long, no room, no rights: the file and the reason, JSON where it is asked for."""

    def work(_: Screen) -> Outcome:
        Path("x" * 300).stat()
        return Outcome()

    with pytest.raises(typer.Exit) as left:
        run_verb("status", Screen(as_json=True), work)
    said = capsys.readouterr()
    assert left.value.exit_code == 1
    assert "File name too long" in said.err
    assert json.loads(said.out)["error"]["code"] == "local.file"


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe", "x"), ConnectionResetError()])
def test_other_errors_of_the_system_are_no_files(error: OSError) -> None:
    """A reader that went away, and what names no file, stay what they are."""

    def work(_: Screen) -> Outcome:
        raise error

    with pytest.raises(type(error)):
        run_verb("status", Screen(as_json=False), work)


def test_preflight_reads_the_records_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As every other verb that reads one: the folder is looked at before the engine is."""
    monkeypatch.setenv("PATH", "")
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["connector", "preflight", "--records", str(tmp_path / "file")])
    assert command_line.main() == 2
    assert "is no folder" in capsys.readouterr().err


def test_a_fleet_that_is_not_named_is_the_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`scripts/connect` works from any folder, and another checkout's fleet.yaml there is not this one's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").touch()
    assert fleet_path(None) == PROJECT / "fleet.yaml"
    assert fleet_path("fleet.yaml") == Path("fleet.yaml")
    assert fleet_path("other.yaml") == PROJECT / "other.yaml"
