"""One plan in a process of its own: `python -m tests.bench.planning`, told what to do on standard input.

Prints JSON: seconds of the plan, peak memory in MiB, requests, rounds, and how many lines it has.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from connector.cli.screen import plan as plan_view
from connector.dataverse import jobs
from connector.settings import load_settings
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session


def main() -> None:
    """Make one plan and its Markdown."""
    told = json.load(sys.stdin)
    print(json.dumps(asyncio.run(_plan(told))))


async def _plan(told: dict[str, Any]) -> dict[str, Any]:
    settings = load_settings(told["raw"], stack="dev", project_dir=Path(told["folder"]))
    outputs = StackOutputs.from_mapping(told["outputs"])
    async with Session(settings, environ=told["env"]) as session:
        began = time.monotonic()
        report = await jobs.plan(settings, outputs, session)
        page = plan_view.markdown(report, settings.role_name)
        seconds = time.monotonic() - began
    return {
        "seconds": round(seconds, 3),
        "mebibytes": round(_peak_kibibytes() / 1024, 1),
        "requests": report.effort.requests,
        "rounds": report.effort.rounds,
        "privileges": report.privileges.wanted,
        "lines": len(report.changes),
        "characters": len(page),
        "result": report.result,
    }


def _peak_kibibytes() -> int:
    """Peak of this program alone: getrusage's would begin with the size of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main()
