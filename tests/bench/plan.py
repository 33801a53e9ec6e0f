"""Plans of a role of 2,000 privileges in an organization of 200 business units, without added latency."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from connector.dataverse import jobs
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.dataverse import Dataverse
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.large import PROFILE, enlarge, write_profile

UNITS, TABLES = 200, 250


def measure_plan(latency_ms: int, *, units: int = UNITS, tables: int = TABLES) -> list[dict[str, Any]]:
    """Measure a plan from nothing, one with nothing to do, and one of a role that drifted."""
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as folder:
        emulator = RunningEmulator(Path(folder) / "emulator", "--latency-ms", str(latency_ms))
        try:
            return _measure_all(emulator, Path(folder), units, tables)
        finally:
            emulator.stop()


def _measure_all(emulator: RunningEmulator, folder: Path, units: int, tables: int) -> list[dict[str, Any]]:
    enlarge(emulator, units=units, tables=tables)
    write_profile(folder, tables=tables)
    stack = ConnectedStack(emulator, project_dir=folder, profile=PROFILE)
    found = [_measure("plan, from nothing", stack, folder)]
    role_id = asyncio.run(_apply(stack))
    found.append(_measure("plan, nothing to do", stack, folder))
    _spoil(stack, role_id)
    found.append(_measure("plan, every tenth privilege lowered", stack, folder))
    return found


async def _apply(stack: ConnectedStack) -> str:
    async with stack.session() as session:
        report = await jobs.apply(stack.settings, stack.outputs, session)
    return str(report.ids["roleId"])


def _spoil(stack: ConnectedStack, role_id: str) -> None:
    held = Dataverse(stack.emulator).document("roles", role_id)["privileges"]
    lowered = dict.fromkeys(list(held)[::10], "Basic")
    stack.emulator.edit("roles", role_id, {"privileges": lowered})


def _measure(name: str, stack: ConnectedStack, folder: Path) -> dict[str, Any]:
    outputs = stack.outputs.model_dump(mode="json", by_alias=True)
    outputs["clientSecret"] = stack.outputs.client_secret.get_secret_value()
    told = {"raw": stack.raw, "outputs": outputs, "env": stack.emulator.env, "folder": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.planning"],
        cwd=PROJECT,
        input=json.dumps(told),
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, **stack.emulator.env},
    )
    if done.returncode != 0:
        raise SystemExit(f"bench: {name} ended with {done.returncode}:\n{done.stderr}")
    return {"command": name, **json.loads(done.stdout)}
