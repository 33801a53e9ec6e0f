"""The verbs `plan` and `apply --plan` on the real engine: what a reviewer gets, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.dataverse import Dataverse
from tests.support.project import Project

pytestmark = pytest.mark.stack


def test_a_plan_comes_before_the_first_up(project: Callable[..., Project]) -> None:
    """With no outputs yet the plan stands, exits 7 where no change was expected, and applies after `up`."""
    stack = project()
    first = stack.connector("plan", "--json", "--out", "plan.json", "--trace", "trace.jsonl")
    assert first.code == 0, first.text
    assert "application id pending" in {change["name"] for change in first.json["changes"]}
    assert stack.connector("plan", "--expect-no-changes").code == 7
    page = stack.connector("plan", "--markdown")
    assert "| campaign | +org | +org | +org |" in page.out
    assert stack.pulumi("up", "--yes", "--skip-preview").code == 0
    applied = stack.connector("apply", "--plan", "plan.json", "--json")
    assert (applied.code, applied.json["result"]) == (0, "changed"), applied.text
    _check_trace((stack.root / "trace.jsonl").read_text(), stack)
    assert stack.connector("plan", "--expect-no-changes", "--json").json["result"] == "unchanged"
    again = stack.connector("apply", "--plan", "plan.json", "--json")
    assert (again.code, again.json["error"]["code"]) == (7, "plan.moved")


def _check_trace(text: str, stack: Project) -> None:
    lines = [json.loads(line) for line in text.splitlines()]
    hosts = {line["host"] for line in lines}
    assert {f"localhost:{stack.emulator.port}", f"127.0.1.1:{stack.emulator.port}"} <= hosts
    assert set(lines[0]) == {"time", "method", "host", "path", "status", "requestId", "seconds", "error"}
    assert "oauth2/v2.0/token" in text
    assert "eyJ" not in text
    assert stack.emulator.env["ARM_CLIENT_SECRET"] not in text


def test_the_record_says_who_changed_what_from_what_to_what(deployed: Project) -> None:
    """After an apply that mended a depth the record names caller, privilege, old and new depth."""
    store, dataverse = deployed.emulator, Dataverse(deployed.emulator)
    record = json.loads(next((deployed.root / ".local" / "records").glob("*.json")).read_text())
    lead = dataverse.privilege("prvReadLead")
    store.edit("roles", record["roleId"], {"privileges": {lead: "Basic"}})
    mended = deployed.connector("apply", "--json")
    assert mended.code == 0, mended.text
    record = json.loads(next((deployed.root / ".local" / "records").glob("*.json")).read_text())
    assert "d0000000-0000-4000-8000-000000000001" in record["appliedBy"]
    change = next(c for c in record["applied"] if c["name"] == "prvReadLead")
    assert (change["action"], change["before"], change["after"]) == ("changed", "Basic", "Global")
    assert record["appliedAt"]


def test_stripping_needs_the_word_yes(deployed: Project) -> None:
    """Without it nothing is read or written, and the exit code says that a person is needed."""
    asked = deployed.connector("apply", "--strip-extra-roles", "--json")
    assert (asked.code, asked.json["error"]["code"]) == (20, "apply.unconfirmed")
