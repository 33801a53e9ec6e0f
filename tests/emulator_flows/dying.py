"""A process that runs one job and dies around its nth write: `-m tests.emulator_flows.dying JOB N HOW`.

Settings, outputs and environment come on standard input, so that no secret is an argument.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import sys
from typing import Any

import httpx

from connector.dataverse import jobs
from connector.settings import load_settings
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session
from tests.support.emulator import PROJECT
from tests.support.watched import Watched


def main() -> int:
    """Run the job; 130 when it was interrupted, no code at all when it was killed."""
    # A shell starts background jobs with interrupts ignored, and that would be inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    job, nth, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    told = json.load(sys.stdin)
    try:
        asyncio.run(_work(job, told, _transport(told, nth, how)))
    except KeyboardInterrupt:
        return 130
    return 0


async def _work(job: str, told: dict[str, Any], transport: Watched) -> None:
    settings = load_settings(told["raw"], stack="dev", project_dir=PROJECT)
    outputs = StackOutputs.from_mapping(told["outputs"])
    async with Session(settings, environ=told["env"], transport=transport) as session:
        await getattr(jobs, job)(settings, outputs, session)


def _transport(told: dict[str, Any], nth: int, how: str) -> Watched:
    count = 0
    moment, deadly = how.split("-")[1], signal.SIGINT if how.startswith("interrupt") else signal.SIGKILL

    def before(request: httpx.Request) -> None:
        nonlocal count
        if request.method != "GET" and "/api/data/" in request.url.path:
            count += 1
            request.extensions["number"] = count
            if moment == "before" and count == nth:
                os.kill(os.getpid(), deadly)

    def after(request: httpx.Request) -> None:
        if moment == "after" and request.extensions.get("number") == nth:
            os.kill(os.getpid(), deadly)

    trust = ssl.create_default_context(cafile=told["env"]["SSL_CERT_FILE"])
    return Watched(trust, before=before, after=after)


if __name__ == "__main__":
    raise SystemExit(main())
