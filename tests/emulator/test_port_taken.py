"""The emulator or the demo started twice: what runs is named and left alone."""

from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from emulator.cli import main
from tests.support.emulator import PROJECT


def test_a_taken_port_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, and one message with the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["serve", "--dir", str(tmp_path), "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert f"port {port} is taken on 127.0.0.1" in said
    assert "--port" in said
    assert "Errno" not in said


def test_the_demo_leaves_an_emulator_alone_that_runs(tmp_path: Path) -> None:
    """Even with --fresh: the state of the running one stays."""
    shutil.copytree(PROJECT / "scripts", tmp_path / "scripts")
    state = tmp_path / ".local" / "emulator" / "state.db"
    state.parent.mkdir(parents=True)
    state.touch()
    # Where something serves on the demo's port already, it is taken just as well.
    with suppress(OSError), socket.create_server(("127.0.0.1", 8443)):
        _demo_refuses(tmp_path)
    assert state.exists()


def _demo_refuses(folder: Path) -> None:
    done = subprocess.run(
        ["scripts/demo", "--fresh"], cwd=folder, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 1
    assert "port 8443 is taken" in done.stderr
    assert "scripts/env" in done.stderr
