"""The figures to hold, counted in the emulator's log: requests and rounds of both halves.

What a look-up costs is the azuread provider's doing (facts of its wire: `get_user` reads the user, then
all of its fields, then the manager; `get_group` members and owners; `get_service_principal` one field
of /beta). A preview's own requests are what is left: the cloud's metadata and the token.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.project import Project
from tests.support.rounds import of_service, overlap, rounds_of

pytestmark = pytest.mark.stack


def test_requests_and_rounds_are_held(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Preview: 6 and the look-ups. Apply with proof: 6 rounds, 18 requests; nothing to do: 3 and 9.

    Remove: 12 Graph, 14 Dataverse.
    """
    emulator = RunningEmulator(tmp_path_factory.mktemp("emulator"), "--latency-ms", "300")
    try:
        stack = Project(tmp_path_factory.mktemp("project") / "p", emulator)
        up = stack.pulumi("up", "--yes", "--skip-preview")
        assert up.code == 0, up.text
        _check_preview(stack)
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


#: The reference stack names two APIs, a user and a group: what each look-up asks for at most.
LOOK_UPS = {"servicePrincipals": 2 * 2, "users": 3, "groups": 3}


def _check_preview(stack: Project) -> None:
    """A plain preview without a change: each object looked up once, nothing read of the resources."""
    stack.emulator.requests(reset=True)
    done = stack.pulumi("preview", "--expect-no-changes")
    assert done.code == 0, done.text
    log = stack.emulator.requests()
    kinds = Counter(_looked_up(line) for line in log)
    assert kinds.pop("") <= 6
    assert {kind: n for kind, n in kinds.items() if n > LOOK_UPS.get(kind, 0)} == {}
    asked = [(line["path"], line["query"]) for line in log if "%24filter" in (line["query"] or "")]
    assert len(asked) == len(set(asked)) == 4
    assert {line["method"] for line in of_service(log, "graph")} == {"GET"}


def _looked_up(line: dict[str, Any]) -> str:
    """The kind of object that a request of a look-up is for; empty for a request of the preview's own.

    A refresh reads the stack's service principal too: without the filter, and its own fields.
    """
    _, _, kind, *_ = (*line["path"].split("/"), "", "", "")
    read = kind in ("users", "groups") or "%24filter" in line["query"] or "samlMetadataUrl" in line["query"]
    return kind if line["service"] == "graph" and read else ""
