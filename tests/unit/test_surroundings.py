"""What lies around the project changes nothing: a CDPATH, and a virtual environment above it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.emulator import PROJECT

HOST = PROJECT / "toolchain" / "language_host" / "pulumi-language-python"
SCRIPTS = [path for path in sorted((PROJECT / "scripts").iterdir()) if path.suffix == "" and path.is_file()]


def interpreter(folder: Path, says: str) -> None:
    """A virtual environment whose interpreter says which one it is."""
    program = folder / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho {says}\n")
    program.chmod(0o755)


def run(*command: str, at: Path, **env: str) -> str:
    """What a command prints to standard output, and nothing else."""
    variables = {"PATH": os.environ["PATH"], **env}
    done = subprocess.run(command, cwd=at, env=variables, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_goes_where_cdpath_says(path: Path) -> None:
    """`cd scripts/..` searches CDPATH first, and prints where it went."""
    lines = re.findall(r"^.*\bcd \"?\$.*$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    assert [line for line in lines if "CDPATH='' cd " not in line] == []


def test_a_cdpath_leads_to_no_other_project(tmp_path: Path) -> None:
    """Another checkout on CDPATH runs nothing, and nothing is added to what a shell evaluates."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        (folder / ".local").mkdir(parents=True)
        (folder / ".local" / "toolchain.json").touch()
        (folder / "scripts").mkdir()
        interpreter(folder, folder.name)
    shutil.copy2(PROJECT / "scripts" / "env", ours / "scripts")
    assert run("bash", "-c", "scripts/env --tools", at=ours, CDPATH=str(theirs)) == "ours\n"


@pytest.mark.parametrize("below", ["", "policies"])
def test_a_virtual_environment_above_the_project_is_never_run(tmp_path: Path, below: str) -> None:
    """The language host takes the project's own, from its policies too, and else the active one."""
    project = tmp_path / "shared" / "project"
    (project / "policies").mkdir(parents=True)
    (project / "Pulumi.yaml").touch()
    shutil.copy2(HOST, tmp_path)
    interpreter(tmp_path / "shared", "theirs")
    active = tmp_path / "active" / "bin" / "python3"
    active.parent.mkdir(parents=True)
    active.write_text("#!/bin/sh\necho active\n")
    active.chmod(0o755)
    env = {"VIRTUAL_ENV": str(active.parent.parent)}
    host = str(tmp_path / HOST.name)
    assert run(host, at=project / below, **env) == "active\n"
    interpreter(project, "ours")
    assert run(host, at=project / below, **env) == "ours\n"
    assert run(host, at=tmp_path / "shared", **env) == "active\n"
