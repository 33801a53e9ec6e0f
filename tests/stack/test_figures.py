"""The figures to hold, counted in the emulator's log: requests and rounds of the Dataverse half."""

from __future__ import annotations

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.project import Project
from tests.support.rounds import of_service, overlap, rounds_of

pytestmark = pytest.mark.stack


def test_requests_and_rounds_are_held(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Apply with proof: 6 rounds, 18 requests; nothing to do: 3 and 9; remove: 12 Graph, 14 Dataverse."""
    emulator = RunningEmulator(tmp_path_factory.mktemp("emulator"), "--latency-ms", "300")
    try:
        stack = Project(tmp_path_factory.mktemp("project") / "p", emulator)
        up = stack.pulumi("up", "--yes", "--skip-preview")
        assert up.code == 0, up.text
        _check(stack, rounds=6, requests=18, result="changed")
        _check(stack, rounds=3, requests=9, result="unchanged")
        emulator.requests(reset=True)
        removed = stack.connector("remove", "--yes", "--json")
        assert removed.code == 0, removed.text
        log = emulator.requests()
        assert len(of_service(log, "graph")) <= 12
        assert len(of_service(log, "dataverse")) <= 14
        assert removed.json["result"] == "removed"
    finally:
        emulator.stop()


def _check(stack: Project, *, rounds: int, requests: int, result: str) -> None:
    stack.emulator.requests(reset=True)
    done = stack.run(stack.python, "scripts/post_deploy.py", "--stack", stack.stack, "--json")
    assert done.code == 0, done.text
    log = stack.emulator.requests()
    dataverse = of_service(log, "dataverse")
    (probe,) = [line for line in dataverse if line["status"] == 401]
    # The probe runs beside the login and nothing but the login waits with it: no round of its own.
    assert any(overlap(probe, login) for login in of_service(log, "login"))
    chain = rounds_of(line for line in dataverse if line is not probe)
    assert done.json["result"] == result
    assert len(dataverse) <= requests
    assert chain <= rounds
    assert (done.json["requests"], done.json["rounds"]) == (len(dataverse), chain)
