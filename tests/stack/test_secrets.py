"""SEC: no secret and no token anywhere but where a person asked to see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.seed.names import LEAK_MARKER
from tests.support.emulator import RunningEmulator
from tests.support.leaks import CommandLines, leaking_files, leaks_in, spellings
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack


def everything(*runs: Done) -> bytes:
    """All output of the runs."""
    return "\n".join(run.text for run in runs).encode()


def test_no_secret_leaves_a_whole_life(project: Callable[..., Project], emulator: RunningEmulator) -> None:
    """Deploy, again, verify, hand-over, a failed run and remove leave no secret in output or files."""
    stack = project()
    lines = CommandLines()
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
    assert not leaks_in(sampled)
    assert leaking_files(stack.folder, emulator.folder) == []


def test_the_hand_over_shows_the_secret_when_asked(deployed: Project) -> None:
    """--show-secret prints it, as text and as JSON; without the flag it is hidden."""
    secret = deployed.outputs()["clientSecret"]
    assert secret in deployed.connector("handover", "--show-secret").out
    shown = deployed.connector("handover", "--show-secret", "--json").json
    assert shown["values"]["clientSecret"] == secret
    assert deployed.connector("handover", "--json").json["values"]["clientSecret"] is None


def test_the_search_finds_a_planted_leak(deployed: Project) -> None:
    """The search is no empty promise: a secret in a file is found raw, encoded and inside base64."""
    secret = deployed.outputs()["clientSecret"]
    plant = deployed.folder / "tmp" / "planted.log"
    for text in sorted(spellings(f"x={secret}")) + sorted(spellings(f"{secret}&y")):
        plant.write_bytes(b"client_secret: " + text)
        assert leaking_files(deployed.folder / "tmp") == [plant]
    plant.unlink()
    assert leaking_files(deployed.folder / "tmp") == []
