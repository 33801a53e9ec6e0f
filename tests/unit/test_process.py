"""The engine's process: what it inherits."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.cli.process import run_pulumi


def test_the_engine_is_not_told_to_log_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`PULUMI_OPTION_VERBOSE=11` and its like would put secrets into the words of an error."""
    stand_in = tmp_path / "pulumi"
    stand_in.write_text("#!/bin/sh\nenv\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for flag in ("VERBOSE", "LOGTOSTDERR", "LOGFLOW", "SHOW_SECRETS", "PARALLEL"):
        monkeypatch.setenv(f"PULUMI_OPTION_{flag}", "11")
    told = [line for line in run_pulumi(["up"], tmp_path).out.splitlines() if "PULUMI_OPTION" in line]
    assert told == ["PULUMI_OPTION_PARALLEL=11"]
