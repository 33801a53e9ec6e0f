"""A lock is freed only where this machine's own notes say that its run is dead."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.cli.engine import run_notes as noting
from connector.cli.engine.locks import free_left, locks_in, met_unreadable_lock, read_locks, refusal
from connector.cli.engine.process import run_pulumi
from connector.cli.engine.pulumi import Engine, EngineError
from connector.cli.engine.run_notes import Process, forget_note, is_gone, leave_note, notes, process_of
from connector.cli.open_stack import ask_locks
from connector.cli.screen.console import Screen
from tests.unit.processes import ended, engine, noted

HOST = socket.gethostname()
UP = ["up", "--stack", "acme"]
Place = Callable[..., Path]

pytestmark = pytest.mark.skipif(not Path("/proc/self/ns/time").exists(), reason="no PID namespaces here")


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the notes, of this test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own-state"))
    return tmp_path / "own-state" / "dynamics-connect" / "runs"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Write a lock as the engine does; returns its file."""
    (tmp_path / "locks").mkdir()

    def place(pid: int, *, host: str = HOST, after: float = 0.0) -> Path:
        at = datetime.now(UTC) + timedelta(seconds=after)
        held = {"pid": pid, "username": "me", "hostname": host, "timestamp": at.isoformat()}
        file = tmp_path / "locks" / f"{pid}-{host}-{after}.json"
        file.write_text(json.dumps(held))
        file.with_name(f"{file.name}.attrs").write_text("{}")
        return file

    return place


def test_the_lock_of_a_dead_run_goes_and_no_other(place: Place) -> None:
    """That file alone, and the attributes beside it."""
    left, foreign = place(noted("acme")), place(1, host="elsewhere")
    assert [lock.file for lock in free_left(left.parent, "organization/dynamics-connect/acme")] == [left]
    assert sorted(file.name for file in left.parent.iterdir()) == [foreign.name, f"{foreign.name}.attrs"]


def test_a_live_run_keeps_its_lock(place: Place) -> None:
    """It is noted, and it is there."""
    with engine("acme") as pid:
        assert free_left(place(pid).parent, "acme") == ()


def test_without_a_note_nobody_is_dead(place: Place) -> None:
    """The same host and no such process: that is what another container looks like from here."""
    assert free_left(place(ended()).parent, "acme") == ()


@pytest.mark.parametrize(
    ("changed", "after"),
    [
        ({"host": "elsewhere"}, 0.0),
        ({"stack": "other"}, 0.0),
        ({"boot": "another"}, 0.0),
        ({"namespace": "pid:[1]+time:[1]"}, 0.0),
        # A stale note of a pid that another process has had since, or that had it before.
        ({}, 3600.0),
        ({}, -3600.0),
    ],
)
def test_a_note_that_does_not_match_frees_nothing(
    place: Place, runs: Path, changed: dict[str, str], after: float
) -> None:
    """Host, stack, boot, namespace and time must all be those of the lock."""
    lock = place(noted("acme"), after=after)
    (note,) = runs.iterdir()
    note.write_text(json.dumps(json.loads(note.read_text()) | changed))
    assert free_left(lock.parent, "acme") == ()
    assert lock.exists()


def test_a_match_in_another_namespace_keeps_the_lock(place: Place, runs: Path) -> None:
    """Two processes of one id, one dead here and one perhaps alive there: nobody knows whose lock it is."""
    lock = place(noted("acme"))
    (note,) = runs.iterdir()
    other = json.loads(note.read_text()) | {"namespace": "pid:[1]+time:[1]"}
    (runs / "other.json").write_text(json.dumps(other))
    assert free_left(lock.parent, "acme") == ()


def test_a_pid_that_was_given_away_again_is_another_process(runs: Path, place: Place) -> None:
    """The start time tells them apart: the noted one is gone."""
    lock = place(os.getpid())
    leave_note(os.getpid(), UP, datetime.now(UTC) - timedelta(seconds=5))
    (note,) = runs.iterdir()
    assert free_left(lock.parent, "acme") == ()
    note.write_text(json.dumps(json.loads(note.read_text()) | {"start": "1"}))
    assert len(free_left(lock.parent, "acme")) == 1


def test_a_process_elsewhere_is_neither_gone_nor_there() -> None:
    """Another boot or namespace cannot be asked; this process is there, and an ended one is gone."""
    here = process_of(os.getpid())
    assert here is not None
    assert is_gone(here) is False
    assert is_gone(Process("another", here.namespace, here.pid, here.start)) is None
    assert is_gone(Process(here.boot, "pid:[1]", here.pid, here.start)) is None
    assert is_gone(Process(here.boot, here.namespace, ended(), "1")) is True
    assert (Process.parse(str(here)), Process.parse("")) == (here, None)


def test_a_system_without_such_names_notes_and_frees_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On macOS and Windows a person frees what a killed run left."""
    lock = place(noted("acme"))
    monkeypatch.setattr(noting, "_here", lambda: None)
    assert free_left(lock.parent, "acme") == ()
    assert leave_note(os.getpid(), UP, datetime.now(UTC)) is None


def test_a_folder_that_others_may_look_into_is_not_believed(place: Place, runs: Path) -> None:
    """Somebody else could have written the note."""
    lock = place(noted("acme"))
    runs.chmod(0o755)
    assert free_left(lock.parent, "acme") == ()


def test_a_run_that_ends_by_itself_leaves_no_note(runs: Path) -> None:
    """It gave its lock back; a killed one, and one that broke within itself, did not."""
    for code, stays in ((0, False), (255, False), (-9, True), (2, True)):
        note = leave_note(os.getpid(), UP, datetime.now(UTC))
        assert note is not None
        assert (runs.stat().st_mode & 0o777, note.stat().st_mode & 0o777) == (0o700, 0o600)
        forget_note(note, code)
        assert note.exists() is stays


def test_commands_that_take_no_lock_are_not_noted() -> None:
    """A preview leaves no trace."""
    for command in (["preview", "--stack", "acme"], ["config", "--json", "--stack", "acme"], ["whoami"]):
        assert leave_note(os.getpid(), command, datetime.now(UTC)) is None


def test_notes_of_an_earlier_boot_and_very_old_ones_are_swept(runs: Path) -> None:
    """The next note takes them away; those of another machine that shares the folder stay."""
    noted("acme")
    (note,) = runs.iterdir()
    held = json.loads(note.read_text()) | {"boot": "another"}
    for name, host in (("before", HOST), ("shared", "elsewhere"), ("old", "elsewhere")):
        (runs / f"{name}.json").write_text(json.dumps(held | {"host": host}))
    os.utime(runs / "old.json", (0, 0))
    noted("acme")
    assert sorted(one.host for one in notes()) == sorted([HOST, HOST, "elsewhere"])
    assert not {"before.json", "old.json"} & {file.name for file in runs.iterdir()}


def test_the_engine_is_noted_while_it_runs(
    tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note is there when the engine begins its work; killed, it leaves the note."""
    stand_in = tmp_path / "pulumi"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for last, left in (("exit 1", 0), ("kill -9 $$", 1)):
        stand_in.write_text(f"#!/bin/sh\nuntil ls {runs}/*.json; do :; done\necho $$\n{last}\n")
        stand_in.chmod(0o755)
        ran = run_pulumi(UP, tmp_path)
        assert len(notes()) == left
    assert notes()[0].process.pid == int(ran.out.split()[-1])


def test_every_other_lock_is_named_with_holder_age_and_command(place: Place) -> None:
    """What a person needs to decide; the engine's own words name holders of other backends."""
    folder = place(7, host="elsewhere", after=-7300.0).parent
    words = refusal("acme", read_locks(folder))
    assert "me@elsewhere (pid 7), since " in words
    assert "(2 hours ago)" in words
    assert "`pulumi cancel --stack acme`" in words
    said = "locked\n  azblob://s/x.json: created by a@b (pid 9) at 2026-11-24T10:00:00.123456789Z"
    assert "a@b (pid 9), since 2026-11-24 10:00:00 UTC" in refusal("acme", locks_in(said))
    assert refusal("acme", ()).startswith("stack acme is locked by another run. It is not known")


@pytest.mark.parametrize("left", ["", '{"pid": 7', "[]", '{"pid": 7, "username": "", "hostname": ""}'])
def test_a_lock_that_cannot_be_read_is_named_by_its_file(place: Place, left: str) -> None:
    """A full disk leaves it empty: it is never freed, and the file and the command are named."""
    file = place(noted("acme"))
    file.write_text(left)
    assert free_left(file.parent, "acme") == ()
    assert f"{file} cannot be read" in refusal("acme", read_locks(file.parent))


def test_the_engines_words_for_such_a_lock() -> None:
    """What pulumi 3.259 was seen to say of an empty one and of empty attributes; a checkpoint's differ."""
    for words in ("error: unexpected end of JSON input\n", "error: EOF"):
        assert met_unreadable_lock(words)
    assert not met_unreadable_lock("error: failed to load checkpoint: EOF")


def test_a_backend_elsewhere_is_not_asked_and_the_result_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No command of the engine only asks, so an object store's locks are met where the engine takes one."""
    (tmp_path / "pulumi").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    screen = Screen(as_json=True)
    for _ in range(2):
        ask_locks(screen, Engine("acme", env={"PULUMI_BACKEND_URL": "azblob://state"}))
    screen.result({"verb": "apply"})
    said = capsys.readouterr()
    sentence = json.loads(said.out)["locks"]
    assert sentence.startswith("whether another run is at work on stack acme was not asked before writing")
    assert said.err.count(sentence) == 1


def test_a_dead_runs_lock_gives_way_and_any_other_stops_the_verb(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked before the first write, as the engine would be in the middle."""
    (tmp_path / "pulumi").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    locks = tmp_path / ".pulumi" / "locks" / "organization" / "dynamics-connect"
    locks.mkdir(parents=True)
    said: list[str] = []
    stack = Engine("acme", said.append, env={"PULUMI_BACKEND_URL": tmp_path.as_uri()})
    assert stack.ask_locks() == ""
    place(noted("acme")).parent.rename(locks / "acme")
    assert stack.ask_locks() == ""
    assert [line.split(":")[0] for line in said] == [
        "the stack's lock belongs to a run that is dead; taking it away"
    ]
    (locks / "acme" / "torn.json").touch()
    with pytest.raises(EngineError, match=r"torn\.json cannot be read"):
        stack.ask_locks()
