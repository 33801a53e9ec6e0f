"""The language host of the built tools goes when its engine does."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from connector.cli.engine.run_notes import is_dead
from tests.unit.settings_samples import PROJECT

ENGINE = """\
import subprocess, sys
host = subprocess.Popen([sys.executable, "-u", sys.argv[1]], stdout=subprocess.PIPE, text=True)
print(host.pid, host.stdout.readline().strip(), flush=True)
host.wait()
"""


def test_a_killed_engine_leaves_no_language_host_behind() -> None:
    """An engine that is killed tells nobody; the host notices that it is alone, and ends."""
    host = PROJECT / "toolchain" / "language_host" / "language_host.py"
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(host)], stdout=subprocess.PIPE, text=True
    ) as engine:
        assert engine.stdout is not None
        pid, port = (int(word) for word in engine.stdout.readline().split())
        assert port > 0
        assert not is_dead(pid)
        engine.kill()
    pause, deadline = threading.Event(), time.monotonic() + 30
    while not is_dead(pid) and time.monotonic() < deadline:
        pause.wait(0.1)
    assert is_dead(pid)
