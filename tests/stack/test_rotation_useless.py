"""Rotation where the newest secret opens nothing any more, or seems to: it goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.seed import CONTOSO
from tests.stack.test_rotation import in_entra, opens, rotate, slots_in_file
from tests.support.project import Project

pytestmark = pytest.mark.stack
PAST = "2020-01-01T00:00:00Z"
#: Loaded by every Python of a run: a clock that is 400 days ahead.
FAST_CLOCK = """
import datetime
class Ahead(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(days=400)
datetime.datetime = Ahead
"""


def application(stack: Project) -> dict[str, Any]:
    """The stack's application as the directory holds it."""
    (found,) = stack.emulator.store.find(CONTOSO, "applications", appId=stack.outputs()["clientId"])
    return found


def end(stack: Project, *labels: str) -> None:
    """Let secrets have ended, in the directory and in the state."""
    held = application(stack)
    for one in held["passwordCredentials"]:
        if one["displayName"] in labels:
            one["endDateTime"] = PAST
    stack.emulator.store.put(CONTOSO, "applications", held["id"], held)
    state = json.loads(stack.pulumi("stack", "export").out)
    for row in state["deployment"]["resources"]:
        if row["urn"].rpartition("-secret-")[2] in labels:
            row["outputs"]["endDate"] = PAST
    file = stack.folder / "state.json"
    file.write_text(json.dumps(state))
    assert stack.pulumi("stack", "import", "--file", str(file)).code == 0


def remove(stack: Project, *labels: str) -> None:
    """Remove secrets as a person in the portal does."""
    held = application(stack)
    left = [one for one in held["passwordCredentials"] if one["displayName"] not in labels]
    stack.emulator.store.put(CONTOSO, "applications", held["id"], held | {"passwordCredentials": left})


def test_a_useless_newest_secret_holds_nothing_up(project: Callable[..., Project], tmp_path: Path) -> None:
    """Both ended, both removed, the newest ended alone, and a clock that is ahead: each time it goes on."""
    stack = project(protect=True)
    assert stack.connector("deploy").code == 0
    assert rotate(stack, "begin").code == 0

    end(stack, "a-1", "b-2")
    shown = rotate(stack, "status", "--json")
    assert (shown.code, shown.json["result"]) == (0, "begin"), shown.text
    begun = rotate(stack, "auto", "--json")
    assert (begun.code, begun.json["result"]) == (21, "begun"), begun.text
    assert (in_entra(stack), slots_in_file(stack)) == (["a-3", "b-2"], {"a": 3, "b": 2})

    remove(stack, "a-3", "b-2")
    begun = rotate(stack, "begin", "--json")
    assert (begun.code, begun.json["result"]) == (0, "begun"), begun.text
    assert (in_entra(stack), slots_in_file(stack)) == (["b-4"], {"a": 3, "b": 4})
    done = rotate(stack, "finish", "--reconnected", "--yes", "--json")
    assert (done.code, slots_in_file(stack)) == (0, {"b": 4}), done.text

    assert rotate(stack, "begin").code == 0
    used = stack.outputs()
    end(stack, "a-5")
    begun = rotate(stack, "begin", "--json")
    assert (begun.code, begun.json["result"]) == (0, "begun"), begun.text
    assert (in_entra(stack), slots_in_file(stack)) == (["a-5", "b-4"], {"a": 5, "b": 4})
    new = stack.outputs()
    assert new["clientSecretKeyId"] != used["clientSecretKeyId"]
    assert opens(stack, new["clientId"], new["clientSecret"])

    (tmp_path / "sitecustomize.py").write_text(FAST_CLOCK)
    kept = stack.run(
        stack.python,
        "-m",
        "connector",
        "rotate",
        "auto",
        "--stack",
        stack.stack,
        "--json",
        PYTHONPATH=str(tmp_path),
    )
    assert (kept.code, kept.json["error"]["code"]) == (20, "rotation.reconnect"), kept.text
    assert "ahead of Graph's" in kept.err
    assert in_entra(stack) == ["a-5", "b-4"]


def test_a_third_secret_by_hand_written_settings_is_no_dead_end(project: Callable[..., Project]) -> None:
    """Plain pulumi makes it and may not delete the first: finish retires one old secret after the other."""
    stack = project(protect=True)
    assert stack.connector("deploy").code == 0
    assert rotate(stack, "begin").code == 0
    stack.settings["slots"] = {"a": 3, "b": 2}
    stack.write_settings()
    assert stack.pulumi("up", "--yes", "--skip-preview").code != 0
    assert in_entra(stack) == ["a-1", "a-3", "b-2"]
    first = rotate(stack, "finish", "--reconnected", "--yes")
    assert first.code == 0, first.text
    assert "b-2 is still there" in first.err
    assert (in_entra(stack), slots_in_file(stack)) == (["a-3", "b-2"], {"a": 3, "b": 2})
    second = rotate(stack, "finish", "--reconnected", "--yes")
    assert second.code == 0, second.text
    assert (in_entra(stack), slots_in_file(stack)) == (["a-3"], {"a": 3})
