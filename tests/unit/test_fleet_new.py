"""`fleet new` asks a person, and without one it names what is missing."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from connector.fleet.new import with_stack
from tests.unit.settings_samples import PROJECT


def _new(file: Path, *options: str, answers: str | None = None) -> tuple[int, str]:
    """Run it; with *answers* on a terminal of its own. Exit code and all that it said."""
    command = [sys.executable, "-m", "connector", "fleet", "new", "--fleet", str(file), *options]
    if answers is None:
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        return done.returncode, done.stdout + done.stderr
    ours, theirs = pty.openpty()
    os.write(ours, answers.encode())
    done = subprocess.run(command, cwd=PROJECT, stdin=theirs, capture_output=True, text=True, check=False)
    os.close(theirs)
    os.close(ours)
    return done.returncode, done.stdout + done.stderr


def test_a_person_is_asked_for_what_is_not_given(tmp_path: Path) -> None:
    """Four questions at most, in the order of the file; options are not asked for again."""
    file = tmp_path / "fleet.yaml"
    file.write_text("name: agency\nstacks:\n")
    answers = "acme-prod\n11111111-1111-4111-8111-111111111111\nhttps://acme.crm4.dynamics.com\n"
    code, said = _new(file, "--owner", "anna@agency.example", answers=answers)
    assert code == 0, said
    assert "Who answers" not in said
    assert yaml.safe_load(file.read_text())["stacks"]["acme-prod"] == {
        "tenantId": "11111111-1111-4111-8111-111111111111",
        "dynamicsUrl": "https://acme.crm4.dynamics.com",
        "owner": "anna@agency.example",
    }


def test_without_a_terminal_the_missing_options_are_named(tmp_path: Path) -> None:
    """All of them at once, exit code 2, and no file is begun."""
    code, said = _new(tmp_path / "fleet.yaml", "--stack", "acme")
    assert code == 2
    assert all(option in said for option in ("--tenant-id", "--dynamics-url", "--owner"))
    assert not list(tmp_path.iterdir())


def test_a_bad_answer_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """The rule is named, and nothing is written."""
    file = tmp_path / "fleet.yaml"
    file.write_text("name: agency\n")
    code, said = _new(file, answers="acme\ncontoso\nhttps://acme.crm4.dynamics.com\nanna\n")
    assert code == 2
    assert "stacks.acme.tenantId" in said
    assert file.read_text() == "name: agency\n"


def _cloud_given(file: Path, url: str, cloud: str) -> tuple[int, str]:
    options = ("--stack", "acme", "--tenant-id", "11111111-1111-4111-8111-111111111111", "--owner", "anna")
    return _new(file, *options, "--dynamics-url", url, "--cloud", cloud)


@pytest.mark.parametrize(
    ("cloud", "url"),
    [
        ("usgov", "https://acme.crm.microsoftdynamics.us"),
        ("china", "https://acme.crm.dynamics.cn"),
        ("emulator", "https://127.0.1.1:8443"),
    ],
)
def test_a_fleet_of_another_cloud_is_begun_without_an_editor(tmp_path: Path, cloud: str, url: str) -> None:
    """The first stack says its cloud; its address is checked against that one."""
    file = tmp_path / "fleet.yaml"
    code, said = _cloud_given(file, url, cloud)
    assert code == 0, said
    assert yaml.safe_load(file.read_text())["stacks"]["acme"]["cloud"] == cloud


@pytest.mark.parametrize(
    ("head", "url", "cloud"),
    [
        ("", "https://acme.crm4.dynamics.com", "public"),
        ("defaults: {cloud: china}\n", "https://acme.crm.dynamics.cn", "china"),
    ],
)
def test_the_fleets_usual_cloud_is_not_written_again(tmp_path: Path, head: str, url: str, cloud: str) -> None:
    """What defaults or the project say already stays said once."""
    file = tmp_path / "fleet.yaml"
    file.write_text(f"name: agency\n{head}")
    code, said = _cloud_given(file, url, cloud)
    assert code == 0, said
    assert "cloud" not in yaml.safe_load(file.read_text())["stacks"]["acme"]


def test_an_unknown_cloud_is_refused(tmp_path: Path) -> None:
    """The clouds are named, and no file is begun."""
    code, said = _cloud_given(tmp_path / "fleet.yaml", "https://acme.crm4.dynamics.com", "azure")
    assert code == 2
    assert "stacks.acme.cloud" in said
    assert "'usgov'" in said
    assert not list(tmp_path.iterdir())


OPTIONS = (
    *("--stack", "acme", "--owner", "anna", "--tenant-id", "11111111-1111-4111-8111-111111111111"),
    *("--dynamics-url", "https://acme.crm4.dynamics.com"),
)


def test_line_ends_and_byte_order_mark_stay(tmp_path: Path) -> None:
    """A file of Windows: every character that was there is there still."""
    file = tmp_path / "fleet.yaml"
    before = "\ufeffname: agency  # ours\r\nstacks:\r\n".encode()
    file.write_bytes(before)
    code, said = _new(file, *OPTIONS)
    assert code == 0, said
    after = file.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == after.count(b"\r\n")


@pytest.mark.parametrize(
    ("named", "words"),
    [(".", "is a folder"), ("none/fleet.yaml", "cannot be written"), ("latin.yaml", "is not UTF-8 text")],
)
def test_a_file_that_will_not_do_is_one_sentence(tmp_path: Path, named: str, words: str) -> None:
    """No traceback, exit code 2."""
    (tmp_path / "latin.yaml").write_bytes(b"name: f\n# \xff\n")
    code, said = _new(tmp_path / named, *OPTIONS)
    assert (code, "Traceback" in said) == (2, False)
    assert words in said


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Kunde Süd", "Kunde-S-d"), ("2026", "2026"), ("true", "true"), ("東京", "fleet"), ("acme", "acme")],
)
def test_a_fleet_is_begun_in_a_folder_of_any_name(tmp_path: Path, folder: str, name: str) -> None:
    """What a fleet's name may not hold is left out."""
    project = tmp_path / folder
    shutil.copytree(PROJECT / "profiles", project / "profiles")
    shutil.copy2(PROJECT / "Pulumi.yaml", project / "Pulumi.yaml")
    stack = {"tenantId": OPTIONS[5], "dynamicsUrl": OPTIONS[7]}
    _, fleet = with_stack(project / "fleet.yaml", "acme", stack, project_dir=project)
    assert fleet.name == name
