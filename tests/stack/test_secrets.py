"""SEC: no secret and no token anywhere but where a person asked to see it."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable

import pyrage
import pytest

from emulator.seed.names import LEAK_MARKER
from tests.stack.test_rotation import rotate
from tests.stack.test_rotation_killed import kill
from tests.support.emulator import RunningEmulator
from tests.support.leaks import CommandLines, leaking_files, leaks_in, spellings
from tests.support.project import Done, Project
from tests.support.spoilt import Call, spoil

pytestmark = pytest.mark.stack


def everything(*runs: Done) -> bytes:
    """All output of the runs."""
    return "\n".join(run.text for run in runs).encode()


def test_no_secret_leaves_a_whole_life(project: Callable[..., Project], emulator: RunningEmulator) -> None:
    """Deploy, again, verify, hand-over, a failed run and remove leave no secret in output or files."""
    stack = project()
    lines = CommandLines(stack.folder)
    runs = [
        stack.connector("deploy"),
        stack.connector("deploy", "--json"),
        stack.pulumi("preview", "--diff"),
        stack.pulumi("up", "--yes", "--json"),
        stack.connector("verify", "--json"),
        stack.connector("handover"),
        stack.connector("handover", "--json"),
        stack.connector("verify", ARM_CLIENT_SECRET="wrong", AZURE_CLIENT_SECRET="wrong"),
    ]
    assert [run.code for run in runs] == [0, 0, 0, 0, 0, 0, 0, 3], everything(*runs)
    secret = stack.outputs()["clientSecret"]
    assert LEAK_MARKER in secret
    runs.append(stack.connector("remove", "--yes"))
    sampled = lines.close()
    assert not leaks_in(everything(*runs))
    assert b"pulumi" in sampled
    assert b"connector" in sampled
    assert not leaks_in(sampled)
    assert leaking_files(stack.folder, emulator.folder) == []


def test_no_secret_leaves_a_rotation(project: Callable[..., Project], emulator: RunningEmulator) -> None:
    """Begin, killed and gone on with, status, sealed hand-over, trace, a failed proof, finish: none."""
    stack = project()
    lines = CommandLines(stack.folder)
    runs = [stack.connector("deploy")]
    secrets = [stack.outputs()["clientSecret"]]
    assert kill(stack, "secret", {}, "begin")
    runs += [rotate(stack, "begin", "--json"), rotate(stack, "status", "--patch", "p"), rotate(stack, "auto")]
    secrets.append(stack.outputs()["clientSecret"])
    public = str(pyrage.x25519.Identity.generate().to_public())
    runs += [
        stack.connector("status"),
        stack.connector("handover", "--to-age", public),
        stack.connector("handover", "--to-age", public, "--to-file", "sealed.age", "--json"),
        stack.connector("verify", "--trace", "trace.jsonl"),
    ]
    emulator.fault("POST", "/{tenant}/oauth2/v2.0/token", answer="500", times=9)
    runs.append(stack.connector("verify", "--trace", "trace.jsonl", "--json"))
    emulator.store.db.execute("DELETE FROM faults")
    runs.append(rotate(stack, "finish", "--reconnected", "--yes", "--json"))
    sampled = lines.close()
    assert [run.code for run in runs[:8]] == [0, 0, 0, 20, 0, 0, 0, 0], everything(*runs)
    assert (runs[8].code != 0, runs[9].code) == (True, 0), everything(*runs)
    assert all(LEAK_MARKER in secret for secret in secrets)
    assert len(set(secrets)) == 2
    assert not leaks_in(everything(*runs))
    assert b"pulumi" in sampled
    assert b"connector" in sampled
    assert not leaks_in(sampled)
    assert leaking_files(stack.folder, emulator.folder) == []


def test_no_secret_leaves_a_deployment_that_was_killed_or_failed(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Killed once the secret is made and in the half after it, refused after it was made: none, in no log."""
    stack = project()
    lines = CommandLines(stack.folder)
    made = Call("POST", "/v1.0/applications/{id}/addPassword")
    runs = [
        spoil(stack, ("deploy",), made, "killed after"),
        spoil(stack, ("deploy", "--json"), Call("POST", "/api/data/v9.2/roles"), "killed before"),
    ]
    emulator.fault("POST", "/api/data/v9.2/roles", answer="500", times=99)
    runs.append(stack.connector("deploy", "--json"))
    emulator.store.db.execute("DELETE FROM faults")
    assert runs[2].code != 0, everything(*runs)
    runs.append(stack.connector("deploy", "--json"))
    assert runs[3].code == 0, everything(*runs)
    sampled = lines.close()
    assert LEAK_MARKER in stack.outputs()["clientSecret"]
    assert not leaks_in(everything(*runs))
    assert not leaks_in(sampled)
    logs = [path.read_bytes()[:2] for path in (stack.folder / "pulumi" / "logs").iterdir()]
    assert b"\x1f\x8b" in logs  # gzip: without the search inside it there would be nothing to find
    assert leaking_files(stack.folder, emulator.folder) == []


def test_the_hand_over_in_a_file_is_the_owners_alone(deployed: Project) -> None:
    """Mode 0600 and whole; a second one does not overwrite it; the sealed one opens with its key alone."""
    secret = deployed.outputs()["clientSecret"]
    committed = deployed.connector("handover", "--to-file", "handover.json", "--json")
    assert (committed.code, committed.json["error"]["code"]) == (2, "handover.git"), committed.text
    path = deployed.root / ".local" / "handover.json"
    done = deployed.connector("handover", "--to-file", str(path), "--json")
    assert (done.code, done.json["result"]) == (0, "written"), done.text
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["clientSecret"] == secret
    again = deployed.connector("handover", "--to-file", str(path), "--json")
    assert (again.code, again.json["error"]["code"]) == (2, "handover.file")
    path.unlink()
    key, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    sealed = deployed.connector("handover", "--to-age", str(key.to_public()))
    file = str(deployed.folder / "for-them.age")
    assert (
        "sealed; send it to"
        in deployed.connector("handover", "--to-age", str(key.to_public()), "--to-file", file).err
    )
    assert sealed.out.startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    assert secret in pyrage.decrypt(sealed.out.encode(), [key]).decode()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed.out.encode(), [other])


def test_the_hand_over_shows_the_secret_when_asked(deployed: Project) -> None:
    """--show-secret prints it, as text and as JSON; without the flag it is hidden."""
    secret = deployed.outputs()["clientSecret"]
    assert secret in deployed.connector("handover", "--show-secret").out
    shown = deployed.connector("handover", "--show-secret", "--json").json
    assert shown["values"]["clientSecret"] == secret
    unasked = deployed.connector("handover", "--json")
    assert (unasked.json["values"]["clientSecret"], unasked.json["proved"]) == (None, True)
    assert "warning" not in unasked.err
    doubted = deployed.connector("handover", "--records", str(deployed.folder / "none"), "--json")
    assert (doubted.code, doubted.json["proved"]) == (0, False)
    assert "no proof on record here" in doubted.err


def test_the_search_finds_a_planted_leak(deployed: Project) -> None:
    """The search is no empty promise: found raw, encoded, in base64, in gzip whole or cut off, in a name."""
    secret = deployed.outputs()["clientSecret"]
    plant = deployed.folder / "tmp" / "planted.log"
    for text in sorted(spellings(f"x={secret}")) + sorted(spellings(f"{secret}&y")):
        plant.write_bytes(b"client_secret: " + text)
        assert leaking_files(deployed.folder / "tmp") == [plant]
    packed = gzip.compress(b"x" * 5000 + secret.encode() + os.urandom(5000))
    for data in (packed, b"PLOG" + packed, gzip.compress(packed), packed[:-3000]):
        plant.write_bytes(data)
        assert leaking_files(deployed.folder / "tmp") == [plant]
    plant.unlink()
    named = deployed.folder / "tmp" / f"{LEAK_MARKER}.log"
    named.touch()
    assert leaking_files(deployed.folder / "tmp") == [named]
    named.unlink()
    assert leaking_files(deployed.folder / "tmp") == []
