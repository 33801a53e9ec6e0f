"""`fleet status` of many tenants: wall against what waiting and computing take at least, and its memory.

The floor is the longer of two: the waiting (dependent steps by latency by tenants, over concurrency)
and the computing (CPU seconds of both processes over cores). The report of a thousand stacks is
measured beside it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from connector.fleet.report import report_page
from connector.fleet.status import AT_ONCE
from tests.bench.fleet_preview import HOLD, children_cpu, cpu_of
from tests.support.emulator import RunningEmulator
from tests.support.fleet import DeployedFleet
from tests.support.person import CHROMIUM
from tests.unit.report_samples import varied

_MEGABYTES = 200
_LOGIN = ("/.well-known/openid-configuration", "/oauth2/v2.0/token")


def measure_status(latency_ms: int, tenants: int) -> dict[str, Any]:
    """The status of so many tenants once; raises SystemExit when one of them is not in order."""
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as folder:
        options = ("--tenants", str(tenants), "--latency-ms", str(latency_ms))
        emulator = RunningEmulator(Path(folder) / "emulator", *options)
        try:
            return _measure(DeployedFleet(Path(folder) / "fleet", emulator), latency_ms)
        finally:
            emulator.stop()


def _measure(fleet: DeployedFleet, latency_ms: int) -> dict[str, Any]:
    fleet.emulator.requests(reset=True)
    before, served = children_cpu(), cpu_of(fleet.emulator.process.pid)
    began = time.monotonic()
    with subprocess.Popen(
        fleet.command("fleet", "status", "--json", "--records", str(fleet.records)),
        cwd=fleet.root,
        env=fleet.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        out, _ = process.communicate()
    wall = time.monotonic() - began
    cpu = children_cpu() - before + cpu_of(fleet.emulator.process.pid) - served
    body, tenants = json.loads(out), len(fleet.tenants)
    if body["counts"]["in_order"] != tenants:
        raise SystemExit(f"bench: {body['counts']}")
    rounds = max(row["rounds"] for row in body["stacks"]) + _login_rounds(fleet)
    waiting = rounds * latency_ms / 1000 * tenants / AT_ONCE
    floor = max(waiting, cpu / (os.cpu_count() or 1))
    return {
        "command": "fleet status",
        "stacks": tenants,
        "at once": AT_ONCE,
        "wall s": round(wall, 1),
        "CPU s": round(cpu, 1),
        "rounds": rounds,
        "waiting s": round(waiting, 1),
        "floor s": round(floor, 1),
        "ratio": round(wall / floor, 2),
        "hold": f"≤ {HOLD}, ≤ {_MEGABYTES} MB",
        "peak MB": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6),
    }


def _login_rounds(fleet: DeployedFleet) -> int:
    """The login's dependent steps: what azure-identity asks about a tenant, then the token."""
    paths = {line["path"] for line in fleet.emulator.requests() if line["service"] == "login"}
    return sum(any(path.endswith(end) for path in paths) for end in _LOGIN)


def measure_report(stacks: int) -> dict[str, Any]:
    """Size of a report, and the seconds that Chromium takes to open it: the median of five."""
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as folder, sync_playwright() as play:
        path = Path(folder) / "report.html"
        path.write_text(report_page("agency", varied(stacks)), encoding="utf-8")
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        seconds = []
        for _ in range(5):
            began = time.monotonic()
            page.goto(path.as_uri())
            page.get_by_text(f"{stacks} of {stacks} stacks").wait_for()
            seconds.append(time.monotonic() - began)
        browser.close()
        return {
            "command": "the report",
            "stacks": stacks,
            "MB": round(path.stat().st_size / 1e6, 2),
            "opens in s": round(sorted(seconds)[2], 2),
            "hold": "≤ 3 MB, ≤ 2 s",
        }
