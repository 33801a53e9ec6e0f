"""The schemas in docs/schemas hold what the verbs print, and nothing looser."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import typer
from jsonschema import Draft202012Validator
from pydantic import SecretStr
from referencing import Registry, Resource

from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.dataverse.matrix import Cell, MatrixRow
from connector.dataverse.reports import ApplyReport, PlanReport, ProofReport, RemoveReport
from connector.errors import ConnectError, DriftError, NoSuchStackError
from connector.records.handover import Handover, HandoverField
from connector.report import Action, Cause, Change, Effort, PrivilegeCount, Verdict
from connector.settings.profile import HandoverValue
from connector.settings.values import Right
from tests.docs.documents import DOCS

SCHEMAS = {path.stem: json.loads(path.read_text("utf-8")) for path in (DOCS / "schemas").glob("*.json")}
REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)
CHANGES = tuple(Change(action, "security role", "a role", "") for action in Action)
COUNT = PrivilegeCount(64, 63, ("prvWriteLead",), ())
EFFORT = Effort(16, 5, 2, 0.71)
IDS = {"applicationId": "a", "roleId": "r", "userId": "u"}
CAUSE = Cause("dataverse.privilege_missing", "prvWriteLead", "the role lacks prvWriteLead; run apply")

Printed = Callable[[str, Outcome | ConnectError], dict[str, Any]]


def check(verb: str, body: dict[str, Any]) -> list[str]:
    """What a verb's schema finds wrong with a body."""
    validator = Draft202012Validator(SCHEMAS[verb], registry=REGISTRY)
    return [error.message for error in validator.iter_errors(body)]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """What a verb that comes to this outcome, or ends with this error, prints with --json."""

    def run(verb: str, outcome: Outcome | ConnectError) -> dict[str, Any]:
        def work(_: Screen) -> Outcome:
            if isinstance(outcome, ConnectError):
                raise outcome
            return outcome

        with suppress(typer.Exit):
            run_verb(verb, Screen(as_json=True), work)
        body: dict[str, Any] = json.loads(capsys.readouterr().out)
        return body

    return run


def outcome(report: ApplyReport | ProofReport | RemoveReport, **more: Any) -> Outcome:
    """A report as the verbs hand it on."""
    return Outcome(report.to_json() | more, report.error)


def proof(verdict: Verdict = Verdict.PROVED, cause: Cause | None = None) -> ProofReport:
    """A proof with further findings."""
    report = ProofReport("verify", "dev", verdict.value, (), COUNT, EFFORT, IDS | {"organizationId": "o"})
    return replace(report, verdict=verdict, cause=cause, others=(CAUSE,) if cause else ())


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_are_schemas(name: str) -> None:
    """Each file is valid JSON Schema and named by its id."""
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"{name}.json"


@pytest.mark.parametrize("result", ["changed", "unchanged", "pending"])
def test_apply_prints_its_schema(printed: Printed, result: str) -> None:
    """An ApplyReport with every kind of change is of apply's shape."""
    ids = IDS | {"applicationIdUri": "x", "adopted": "role"}
    report = ApplyReport("apply", "dev", result, CHANGES, COUNT, EFFORT, ids)
    assert check("apply", printed("apply", outcome(report))) == []


@pytest.mark.parametrize("result", ["changes", "unchanged", "refused"])
def test_plan_prints_its_schema(printed: Printed, result: str) -> None:
    """A PlanReport with a matrix, and with the refusal that apply would end with."""
    cells = {right: Cell(action, "Global", "Basic") for right, action in zip(Right, Action, strict=False)}
    rows = (MatrixRow("lead", ("documented", "stack"), "", cells), MatrixRow("list", (), "covered", {}))
    refusal = DriftError("differs", code="dataverse.foreign_role", key="r") if result == "refused" else None
    report = PlanReport(
        "plan", "dev", result, CHANGES, COUNT, EFFORT, {"roleId": "r"}, matrix=rows, refusal=refusal
    )
    assert check("plan", printed("plan", Outcome(report.to_json(), refusal))) == []


@pytest.mark.parametrize("verdict", list(Verdict))
def test_verify_prints_its_schema(printed: Printed, verdict: Verdict) -> None:
    """A ProofReport of each verdict is of verify's shape, with the error that it ends with."""
    cause = None if verdict is Verdict.PROVED else CAUSE
    body = printed("verify", outcome(proof(verdict, cause)))
    assert check("verify", body) == []
    assert (body["error"] is None) == (cause is None)


@pytest.mark.parametrize("verb", ["deploy", "post_deploy"])
@pytest.mark.parametrize("result", ["changed", "unchanged", "failed", "inconclusive"])
def test_deploy_prints_its_schema(printed: Printed, verb: str, result: str) -> None:
    """A proof with the changes of both halves is of deploy's and post_deploy's shape."""
    changes = [change.to_json() for change in CHANGES]
    body = printed(verb, outcome(proof(), verb=verb, result=result, changes=changes))
    assert check(verb, body) == []


@pytest.mark.parametrize("result", ["removed", "nothing"])
def test_remove_prints_its_schema(printed: Printed, result: str) -> None:
    """What was removed is of remove's shape, with counts or without."""
    short = {"verb": "remove", "stack": "dev", "result": result, "changes": [c.to_json() for c in CHANGES]}
    assert check("remove", printed("remove", Outcome(short))) == []
    report = RemoveReport("remove", "dev", result, CHANGES, effort=EFFORT)
    assert check("remove", printed("remove", outcome(report))) == []


@pytest.mark.parametrize("show", [False, True])
def test_handover_prints_its_schema(printed: Printed, show: bool) -> None:
    """The values of every field that a form may have, the secret null or shown."""
    fields = [
        HandoverField(str(v), v, SecretStr("s") if v is HandoverValue.CLIENT_SECRET else "x")
        for v in HandoverValue
    ]
    values = Handover("A title", tuple(fields)).to_json(show_secret=show)
    body = {"verb": "handover", "stack": "dev", "result": "shown", "values": values}
    assert check("handover", printed("handover", Outcome(body))) == []


@pytest.mark.parametrize("result", ["posted", "updated", "unchanged"])
def test_comment_prints_its_schema(printed: Printed, result: str) -> None:
    """What was done, on which pull request, and whether it was cut."""
    body = {"result": result, "pullRequest": "7", "url": "https://g.example/1", "cut": False}
    assert check("comment", printed("comment", Outcome(body))) == []


@pytest.mark.parametrize("verb", sorted(set(SCHEMAS) - {"report"}))
def test_errors_print_the_schema(printed: Printed, verb: str) -> None:
    """A run that ends before it has anything to report is of its verb's shape too."""
    error = NoSuchStackError("there is no stack", code="stack.unknown", key="nope")
    body = printed(verb, error)
    assert body["result"] == "error"
    assert check(verb, body) == []


def test_the_schemas_refuse_what_is_wrong(printed: Printed) -> None:
    """An unknown member, a missing one, an unknown action and another verb's result are found."""
    body = printed("verify", outcome(proof()))
    assert check("verify", body | {"clientSecret": "x"})
    assert check("verify", {k: v for k, v in body.items() if k != "privileges"})
    assert check("verify", body | {"changes": [{"action": "made", "kind": "", "name": "", "detail": ""}]})
    assert check("verify", body | {"result": "removed"})
    assert check("apply", body)


def test_every_verb_with_json_has_a_schema() -> None:
    """Each verb that takes --json has its schema, and each schema but the shared one its verb."""
    from connector.cli.main import app

    commands = app.commands
    groups = {n: list(getattr(c, "commands", {}).values()) or [c] for n, c in commands.items()}
    verbs = {n for n, cs in groups.items() if any("--json" in p.opts for c in cs for p in c.params)}
    assert verbs | {"post_deploy", "report"} == set(SCHEMAS)
