"""The client against the emulator: every way to log in, throttling, request ids, the trace."""

from __future__ import annotations

import contextvars
import json
import math
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from connector.dataverse import jobs
from connector.errors import RefusedError
from connector.wire.trace import trace_to
from emulator.context import Context
from emulator.keys import SigningKey
from emulator.login.federation import assertion, issuer
from emulator.seed import FULL_DEPLOYER
from tests.emulator_flows.conftest import NoSleep, Run, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.certificate import Certificate
from tests.support.emulator import RunningEmulator
from tests.support.graph import FULL_APPLICATION, Graph

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")
ORG = "0c0c0c01-0000-4000-8000-000000000001"
AUDIENCE = "api://AzureADTokenExchange"
THROTTLES = ("0x80072322", "0x80072321", "0x80072326")


class MovingClock(NoSleep):
    """Waiting moves the emulator's clock too, so that its memory of Retry-After runs out."""

    def __init__(self, emulator: RunningEmulator) -> None:
        super().__init__()
        self.emulator = emulator

    async def sleep(self, seconds: float) -> None:
        """Let the time pass on both sides."""
        await super().sleep(seconds)
        self.emulator.clock(f"+{math.ceil(seconds)}s")


def _without_secret(emulator: RunningEmulator, **more: str) -> dict[str, str]:
    gone = {"ARM_CLIENT_SECRET": "", "AZURE_CLIENT_SECRET": ""}
    return emulator.env | gone | more


@pytest.mark.parametrize("code", THROTTLES)
def test_each_service_protection_limit_is_waited_out(stack: ConnectedStack, code: str) -> None:
    """All three codes with Retry-After: the run waits as long as it was told, and comes to its end."""
    knob = {"code": code, "retryAfter": "2", "calls": 3}
    stack.emulator.edit("organizations", ORG, {"throttle": knob})
    clock = MovingClock(stack.emulator)
    assert runner(stack, clock)(jobs.apply_and_prove)[1].result == "proved"
    refused = [line for line in stack.org_requests() if line["status"] == 429]
    assert len(refused) >= 3
    assert clock.time >= 6


@pytest.mark.parametrize("status", ["429", "503"])
@pytest.mark.parametrize("form", ["seconds", "fraction", "date"])
def test_retry_after_is_read_in_each_form(
    stack: ConnectedStack, clock: NoSleep, status: str, form: str
) -> None:
    """Seconds, fractions and an HTTP date; reads and idempotent actions are sent again after it."""
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    value, least = {"seconds": ("3", 3.0), "fraction": ("0.25", 0.25), "date": (moment, 20.0)}[form]
    stack.emulator.fault("GET", "/api/data/v9.2/solutions", answer=status, retry_after=value)
    stack.emulator.fault("POST", "/api/data/v9.2/roles({id})/*", answer=status, retry_after=value)
    moving = MovingClock(stack.emulator)
    assert runner(stack, moving)(jobs.apply_and_prove)[1].result == "proved"
    assert moving.time >= 2 * least - 1


def test_waiting_ends_and_the_refusal_keeps_code_and_request_id(
    stack: ConnectedStack, run: Run, clock: NoSleep
) -> None:
    """A limit that outlasts the deadline is one clear error, and nothing was written."""
    knob = {"code": "0x80072322", "retryAfter": "200", "calls": 9}
    stack.emulator.edit("organizations", ORG, {"throttle": knob})
    with pytest.raises(RefusedError, match="too many requests") as caught:
        run(jobs.apply)
    error = caught.value
    assert (error.status, error.service_code, error.retry_after) == (429, "0x80072322", 200.0)
    assert error.request_id
    assert clock.time == 0
    assert {line["method"] for line in stack.org_requests()} == {"GET"}


def test_the_deployer_logs_in_by_certificate(
    stack: ConnectedStack, graph: Graph, clock: NoSleep, tmp_path: Path
) -> None:
    """A certificate file in ARM_CLIENT_CERTIFICATE_PATH does all that a secret does."""
    certificate = Certificate()
    certificate.register(graph)
    path = tmp_path / "deployer.pem"
    path.write_bytes(certificate.pem())
    environ = _without_secret(stack.emulator, ARM_CLIENT_CERTIFICATE_PATH=str(path))
    assert runner(stack, clock, environ)(jobs.apply_and_prove)[1].result == "proved"


@pytest.mark.parametrize("way", ["file", "token"])
def test_the_deployer_logs_in_by_workload_identity(
    stack: ConnectedStack, graph: Graph, clock: NoSleep, tmp_path: Path, way: str
) -> None:
    """A pipeline's own token, in a file or in a variable, is exchanged for the deployer's."""
    emulator = stack.emulator
    key = SigningKey(emulator.folder / "signing-key.pem")
    ctx = Context(emulator.store, key, emulator.port)
    subject = "repo:contoso/connect:environment:production"
    body = {"name": "pipeline", "issuer": issuer(ctx), "subject": subject, "audiences": [AUDIENCE]}
    answer = graph.post(f"/applications/{FULL_APPLICATION}/federatedIdentityCredentials", body)
    assert answer.status_code == 201, answer.text
    token = assertion(ctx, subject, AUDIENCE)
    path = tmp_path / "token"
    path.write_text(token)
    told = {"ARM_OIDC_TOKEN_FILE_PATH": str(path)} if way == "file" else {"ARM_OIDC_TOKEN": token}
    environ = _without_secret(emulator, **told)
    assert runner(stack, clock, environ)(jobs.apply_and_prove)[1].result == "proved"


def test_a_person_logs_in_by_the_azure_cli(
    stack: ConnectedStack, clock: NoSleep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any identity in the environment the CLI's token is used: `az account get-access-token`."""
    emulator = stack.emulator
    tokens = {emulator.org(1): emulator.token(emulator.org(1)), emulator.authority: emulator.token()}
    (tmp_path / "tokens.json").write_text(json.dumps(tokens))
    script = tmp_path / "az"
    script.write_text(f"#!{sys.executable}\n{_AZ}")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    person = {"ARM_CLIENT_ID": "", "AZURE_CLIENT_ID": "", "ARM_USE_CLI": "true"}
    environ = _without_secret(emulator, **person)
    assert runner(stack, clock, environ)(jobs.apply_and_prove)[1].result == "proved"


_AZ = """
import json, pathlib, sys, time
asked = sys.argv[sys.argv.index("--resource") + 1].rstrip("/")
tokens = json.loads((pathlib.Path(__file__).parent / "tokens.json").read_text())
print(json.dumps({"accessToken": tokens[asked], "expires_on": int(time.time()) + 3000,
                  "expiresOn": "2099-01-01 00:00:00.000000", "tokenType": "Bearer"}))
"""


def _traced(work: Callable[[], object], path: Path) -> list[dict[str, object]]:
    def traced() -> object:
        trace_to(str(path))
        return work()

    contextvars.copy_context().run(traced)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_trace_has_a_line_for_each_request_and_no_secret(
    stack: ConnectedStack, run: Run, tmp_path: Path
) -> None:
    """Logins, reads, writes and lost answers; neither token nor secret stands in it, nor the leak marker."""
    path = tmp_path / "trace.jsonl"
    stack.emulator.fault("GET", "/api/data/v9.2/solutions", answer="reset-before")
    lines = _traced(lambda: run(jobs.apply_and_prove), path)
    logged = [line for line in stack.org_requests() if line["status"]]
    answered = [line for line in lines if line["host"] == stack.host and line["status"]]
    assert len(answered) == len(logged)
    assert any(line["error"] for line in lines)
    assert any(str(line["path"]).endswith("/token") for line in lines)
    assert all(isinstance(line["seconds"], float) for line in answered)
    text = path.read_text()
    secrets = [stack.outputs.client_secret.get_secret_value(), "Bearer", "eyJ", "Marker"]
    assert [secret for secret in secrets if secret in text] == []


def test_a_trace_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """Exit 2, before anything is sent."""
    from connector.errors import SettingsError

    with pytest.raises(SettingsError) as caught:
        trace_to(str(tmp_path / "none" / "trace.jsonl"))
    assert caught.value.code == "trace.file"


def test_who_the_federated_deployer_is_stays_the_same(stack: ConnectedStack, run: Run) -> None:
    """The record's `by` names the application and how it logged in, never with what."""
    report = run(jobs.apply)
    assert FULL_DEPLOYER in report.by
    assert "secret" in report.by
    assert stack.emulator.env["ARM_CLIENT_SECRET"] not in report.by
