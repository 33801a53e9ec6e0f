"""The engine's process: what it inherits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connector.cli.engine.events import EventReader
from connector.cli.engine.process import run_pulumi

_TOLD = re.compile("PULUMI_(OPTION|DEBUG)_")


def test_the_engine_is_not_told_to_log_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`PULUMI_OPTION_VERBOSE=11` and its like would put secrets into the words of an error."""
    stand_in = tmp_path / "pulumi"
    stand_in.write_text("#!/bin/sh\nenv\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for flag in ("VERBOSE", "LOGTOSTDERR", "LOGFLOW", "SHOW_SECRETS", "EVENT_LOG", "PARALLEL"):
        monkeypatch.setenv(f"PULUMI_OPTION_{flag}", "11")
    monkeypatch.setenv("PULUMI_DEBUG_GRPC", str(tmp_path / "calls.json"))
    told = [line for line in run_pulumi(["up"], tmp_path).out.splitlines() if _TOLD.match(line)]
    assert told == ["PULUMI_OPTION_PARALLEL=11"]


def _event(severity: str, message: str) -> str:
    """A diagnostic as the engine writes it."""
    diagnostic = {"urn": "urn:x", "prefix": f"{severity}: ", "message": message, "severity": severity}
    return json.dumps({"sequence": 1, "timestamp": 2, "diagnosticEvent": diagnostic}) + "\n"


def test_a_debug_diagnostic_is_dropped_before_anything_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider's hold Graph's answers, a new secret among them; one that is cut off counts as such."""
    planted = _event("debug", '{"secretText": "Planted~1"}')
    (tmp_path / "out").write_text(f"{planted}{_event('error', 'refused')}no event\n{planted[:-20]}")
    stand_in = tmp_path / "pulumi"
    stand_in.write_text("#!/bin/sh\ncat out\nexit 255\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    reader = EventReader(lambda _: None)
    seen: list[str] = []

    def take(line: str) -> None:
        seen.append(line)
        reader.take(line)

    ran = run_pulumi(["up", "--json"], tmp_path, take)
    assert [len(seen), ran.code] == [2, 255]
    assert "Planted" not in "".join(seen) + ran.out + repr(ran)
    assert reader.failure("") == "refused"
    assert repr(ran) == "Ran(code=255)"


def test_a_digest_comes_through_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a preview prints is one object over many lines, none of which is an event of its own."""
    digest = json.dumps({"diagnostics": [], "steps": [{"op": "x", "what": '"diagnosticEvent"'}]}, indent=2)
    (tmp_path / "out").write_text(digest)
    stand_in = tmp_path / "pulumi"
    stand_in.write_text("#!/bin/sh\ncat out\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert run_pulumi(["preview", "--json"], tmp_path).out == digest


def test_an_event_that_is_cut_off_is_no_reason() -> None:
    """A failed run shows the engine's last words, and half an object is none of them."""
    reader = EventReader(lambda _: None)
    reader.take('{"sequence": 1, "resOutputsEvent": {"Planted')
    assert reader.failure("killed") == "killed"
