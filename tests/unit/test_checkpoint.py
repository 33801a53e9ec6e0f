"""A file backend whose files a killed engine left torn: mended where that is safe, else left alone."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.cli.engine.backend import root_of
from connector.cli.engine.broken import is_torn, make_whole
from connector.cli.engine.run_notes import leave_note
from tests.unit.processes import ended, noted

WHOLE = json.dumps({"version": 3, "checkpoint": {"stack": "organization/dynamics-connect/acme"}})
OLDER = json.dumps({"version": 3, "checkpoint": {}})


@pytest.fixture(autouse=True)
def _own_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own-state"))


@pytest.fixture
def backend(tmp_path: Path) -> Path:
    """A backend with one stack, as the engine leaves it; returns the checkpoint's file."""
    folder = tmp_path / ".pulumi" / "stacks" / "dynamics-connect"
    folder.mkdir(parents=True)
    for name, text in (("acme.json", WHOLE), ("acme.json.bak", OLDER)):
        (folder / name).write_text(text)
        (folder / f"{name}.attrs").write_text('{"user.content_type":"application/json","md5":"AA=="}\n')
    return folder / "acme.json"


def mend(checkpoint: Path, stack: str = "acme", query: str = "") -> str:
    """Mend the stack of that file."""
    return make_whole(root_of(checkpoint.parents[3].as_uri() + query), "dynamics-connect", stack)


def attributes(checkpoint: Path) -> Path:
    """The file of its attributes."""
    return checkpoint.with_name("acme.json.attrs")


def lock(checkpoint: Path, host: str, pid: int | str) -> None:
    """Hold the stack, as the engine writes it."""
    folder = checkpoint.parents[2] / "locks" / "organization" / "dynamics-connect" / "acme"
    folder.mkdir(parents=True)
    held = {"pid": pid, "username": "me", "hostname": host, "timestamp": datetime.now(UTC).isoformat()}
    (folder / "7e1b4f5e.json").write_text(json.dumps(held))


@pytest.mark.parametrize(
    ("words", "torn"),
    [
        ("error: failed to load checkpoint: EOF", True),
        ('failed to load checkpoint: blob (key "a/b.json") (code=Unknown): unexpected EOF', True),
        ("failed to load checkpoint: place 1: unexpected end of JSON input", True),
        ("failed to load checkpoint: permission denied", False),
        ("Post https://graph.microsoft.com: EOF", False),
    ],
)
def test_the_engines_words_of_a_torn_file(words: str, torn: bool) -> None:
    """Words that pulumi 3.259 was seen to say, and two that mean something else."""
    assert is_torn(words) is torn


@pytest.mark.parametrize("left", ["", '{"user.ca'])
@pytest.mark.parametrize("query", ["", "?no_tmp_dir=true"])
def test_torn_attributes_go_and_the_checkpoint_stays(backend: Path, left: str, query: str) -> None:
    """The checkpoint itself is whole: only the file of its attributes is taken away."""
    attributes(backend).write_text(left)
    assert "acme.json.attrs was torn" in mend(backend, query=query)
    assert (attributes(backend).exists(), backend.read_text()) == (False, WHOLE)
    assert mend(backend) == ""


def test_a_torn_checkpoint_is_put_back_from_its_backup(backend: Path) -> None:
    """One write older; the torn one is kept, and the attributes of another content go."""
    backend.write_text(WHOLE[:20])
    assert "acme.json.bak is in its place" in mend(backend, stack="organization/dynamics-connect/acme")
    assert backend.read_text() == OLDER
    assert (backend.with_name("acme.json.torn").read_text(), attributes(backend).exists()) == (
        WHOLE[:20],
        False,
    )


@pytest.mark.parametrize("backup", [None, "", '{"version'])
def test_without_a_whole_backup_nothing_changes(backend: Path, backup: str | None) -> None:
    """A person decides what to put there."""
    backend.write_text("")
    beside = backend.with_name("acme.json.bak")
    beside.unlink() if backup is None else beside.write_text(backup)
    assert mend(backend) == ""
    assert (backend.read_text(), attributes(backend).exists()) == ("", True)


def test_a_live_or_distant_holder_keeps_its_files(backend: Path) -> None:
    """Another run may be writing just now: of this machine, of another, or one that cannot be read."""
    attributes(backend).write_text("")
    leave_note(os.getpid(), ["up", "--stack", "acme"], datetime.now(UTC))
    here, dead = socket.gethostname(), ended()
    # The last is of this host and of no process of this namespace, and no note says whose it was.
    holders = [(here, os.getpid()), ("elsewhere", dead), ("elsewhere", "x"), (here, dead)]
    for host, pid in holders:
        lock(backend, host, pid)
        assert mend(backend) == ""
        assert attributes(backend).read_text() == ""
        held = backend.parents[2] / "locks"
        held.rename(held.with_name(f"locks-{host}-{pid}"))


def test_the_lock_of_a_dead_run_is_no_hindrance(backend: Path) -> None:
    """It is what a killed run leaves beside the torn file."""
    attributes(backend).write_text("")
    lock(backend, socket.gethostname(), noted("acme"))
    assert mend(backend)
    assert not attributes(backend).exists()


@pytest.mark.parametrize("url", ["s3://bucket/path", "https://api.pulumi.com", "", "file://relative"])
def test_a_backend_elsewhere_is_left_alone(url: str) -> None:
    """Object stores write whole objects; their files are not ours to reach."""
    assert make_whole(root_of(url), "dynamics-connect", "acme") == ""


def test_what_cannot_be_taken_away_stays(backend: Path) -> None:
    """The engine's own error is shown then, and no traceback."""
    attributes(backend).unlink()
    attributes(backend).mkdir()
    assert mend(backend) == ""
    assert attributes(backend).is_dir()
