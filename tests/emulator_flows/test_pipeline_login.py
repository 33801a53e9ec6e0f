"""Logging in from a pipeline's job without any stored secret, as GitHub and Azure Pipelines let it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConnectError, LoginError, SettingsError, UnreachableError
from connector.settings import load_settings
from connector.wire import login as identity
from connector.wire import trace
from connector.wire.deployer import LoginKind, read_deployer
from connector.wire.pipeline_tokens import fetch_token, read_request
from connector.wire.session import Session
from emulator.seed import CONTOSO, FULL_DEPLOYER
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.pipeline import AUDIENCE, CONNECTION, JOB_TOKEN, PipelineService, trust, without_secret

SUBJECT = "repo:agency/tenants:pull_request"


@pytest.fixture
def service(emulator: RunningEmulator) -> Iterator[PipelineService]:
    """A pipeline service whose job runs for a pull request."""
    running = PipelineService(emulator, SUBJECT)
    yield running
    running.stop()


def session(emulator: RunningEmulator, variables: dict[str, str]) -> Session:
    """A session of stack `dev` with the job's variables and no secret."""
    values = {"cloud": "emulator", "tenantId": CONTOSO, "dynamicsUrl": emulator.org(1)}
    values |= {"profile": "marketo-measure"}
    settings = load_settings(values, stack="dev", project_dir=PROJECT)
    return Session(settings, environ=without_secret(emulator.env) | variables)


async def log_in(emulator: RunningEmulator, variables: dict[str, str]) -> str:
    """The Graph token that the deployer gets."""
    async with session(emulator, variables) as open_session:
        return await open_session.deployer.token(f"{emulator.authority}/.default")


@pytest.mark.parametrize("kind", ["github", "azure"])
async def test_a_job_logs_in_with_its_own_token(
    emulator: RunningEmulator, service: PipelineService, kind: str
) -> None:
    """Both services' job tokens become an access token; the address keeps the query that it came with."""
    trust(emulator, SUBJECT)
    assert await log_in(emulator, getattr(service, kind))
    (asked,) = service.seen
    azure = {"api-version": "7.1", "serviceConnectionId": CONNECTION}
    wanted = {"run": "7", "audience": AUDIENCE}
    assert (asked.method, asked.query) == (("GET", wanted) if kind == "github" else ("POST", wanted | azure))


async def test_every_access_token_is_asked_for_with_a_fresh_token(
    emulator: RunningEmulator, service: PipelineService
) -> None:
    """A job's token lives for minutes, so Dataverse is not asked with the one that Graph was."""
    trust(emulator, SUBJECT)
    async with session(emulator, service.github) as open_session:
        await open_session.deployer.token(f"{emulator.authority}/.default")
        emulator.clock("+10m")
        await open_session.deployer.token(f"{emulator.org(1)}/.default")
    assert len(service.seen) == 2


async def test_the_arm_names_go_before_the_services_own(
    emulator: RunningEmulator, service: PipelineService
) -> None:
    """As in the azuread provider, ARM_OIDC_REQUEST_URL and _TOKEN count first."""
    trust(emulator, SUBJECT)
    wrong = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://127.0.0.1:1/", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"}
    arm = {"ARM_OIDC_REQUEST_URL": service.url, "ARM_OIDC_REQUEST_TOKEN": JOB_TOKEN}
    assert await log_in(emulator, {"ARM_USE_OIDC": "true", **wrong, **arm})


@pytest.mark.parametrize(
    ("trusted", "code", "words"),
    [
        ({"subject": "repo:agency/tenants:environment:production"}, "AADSTS700213", SUBJECT),
        ({"issuer": "https://token.actions.githubusercontent.com"}, "AADSTS70021", "/issuer"),
        ({"audiences": ["api://other"]}, "AADSTS700212", AUDIENCE),
    ],
)
async def test_a_refused_token_is_explained_with_what_it_said(
    emulator: RunningEmulator, service: PipelineService, trusted: dict[str, Any], code: str, words: str
) -> None:
    """The message names the code and the presented subject, issuer or audience, and no token."""
    trust(emulator, SUBJECT, **trusted)
    with pytest.raises(LoginError) as caught:
        await log_in(emulator, service.github)
    assert (caught.value.code, caught.value.key) == ("login.refused", code)
    assert words in caught.value.message
    assert JOB_TOKEN not in caught.value.message


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_job_that_gets_no_token_says_which_permission_it_lacks(
    emulator: RunningEmulator, service: PipelineService, status: int
) -> None:
    """A refusal by the pipeline's service is not one by Entra."""
    service.answers = [status]
    with pytest.raises(LoginError, match="id-token: write") as caught:
        await log_in(emulator, service.github)
    assert (caught.value.code, caught.value.exit_code) == ("login.no_token", 3)


@pytest.mark.parametrize("body", [{"value": None}, {"value": 7}, {"oidcToken": "x"}])
async def test_an_answer_without_a_token_is_refused(
    emulator: RunningEmulator, service: PipelineService, body: Any
) -> None:
    """What is no token does not reach the login service."""
    service.body = body
    with pytest.raises(LoginError, match="holds no token"):
        await log_in(emulator, service.github)


async def test_a_busy_service_is_asked_again(
    emulator: RunningEmulator, service: PipelineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking for a token changes nothing, so 503 is tried again."""
    monkeypatch.setattr("azure.core.pipeline.transport._base.time.sleep", lambda _: None)
    trust(emulator, SUBJECT)
    service.answers = [503, 503]
    assert await log_in(emulator, service.azure)
    assert len(service.seen) == 3


def test_a_service_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is about the service's host and holds no token."""
    monkeypatch.setattr("azure.core.pipeline.transport._base.time.sleep", lambda _: None)
    environ = {"ARM_OIDC_REQUEST_URL": "http://127.0.0.1:1/token", "ARM_OIDC_REQUEST_TOKEN": JOB_TOKEN}
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1") as caught:
        fetch_token(read_request(environ), {})
    assert JOB_TOKEN not in caught.value.message


@pytest.mark.parametrize(
    ("variables", "error", "words"),
    [
        ({}, LoginError, "id-token: write"),
        ({"ARM_OIDC_REQUEST_URL": "https://x.example/"}, LoginError, "no token to ask with"),
        (
            {"ARM_OIDC_REQUEST_URL": "http://x.example/", "ARM_OIDC_REQUEST_TOKEN": "t"},
            SettingsError,
            "https://",
        ),
        (
            {"SYSTEM_OIDCREQUESTURI": "https://x.example/", "SYSTEM_ACCESSTOKEN": "t"},
            SettingsError,
            "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
        ),
        (
            {
                "ARM_OIDC_REQUEST_URL": "https://x.example/",
                "ARM_OIDC_REQUEST_TOKEN": "t",
                "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": "$(readerConnectionId)",
            },
            SettingsError,
            r"'\$\(readerConnectionId\)'.* does not have",
        ),
    ],
)
def test_a_job_without_what_it_needs_is_told_before_any_request(
    variables: dict[str, str], error: type[ConnectError], words: str
) -> None:
    """Permission, token, address and service connection are checked at once, and none is guessed."""
    environ = {"ARM_USE_OIDC": "true", "ARM_CLIENT_ID": FULL_DEPLOYER, **variables}
    with pytest.raises(error, match=words):
        read_deployer(environ, CONTOSO)


def test_a_job_that_names_nobody_is_refused() -> None:
    """Without a client id the person logged in is not taken instead."""
    with pytest.raises(LoginError, match=r"fleet\.yaml"):
        read_deployer({"ARM_USE_OIDC": "true"}, CONTOSO)


def test_without_the_switch_a_jobs_token_is_not_used() -> None:
    """Like the provider, the connector logs in by OIDC only when ARM_USE_OIDC says so."""
    job = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://x.example/", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
    with pytest.raises(LoginError, match=r"ARM_CLIENT_ID is set, but none of .*ARM_USE_OIDC=true"):
        read_deployer({"ARM_CLIENT_ID": FULL_DEPLOYER, **job}, CONTOSO)
    meant = {"ARM_CLIENT_ID": FULL_DEPLOYER, "ARM_USE_CLI": "true", **job}
    assert read_deployer(meant, CONTOSO).kind is LoginKind.CLI


async def test_no_token_of_the_job_is_shown_or_traced(
    emulator: RunningEmulator, service: PipelineService, tmp_path: Path
) -> None:
    """The trace names the request for a token, without query, header or body; a deployer hides its proof."""
    trust(emulator, SUBJECT)
    path = tmp_path / "trace.jsonl"
    trace.trace_to(str(path))
    await log_in(emulator, service.github)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert ["/token" in line["path"] for line in lines].count(True) >= 2
    assert {line["path"] for line in lines if line["host"].startswith("127.0.0.1:")} == {"/token"}
    assert JOB_TOKEN not in path.read_text()
    described = read_deployer({"ARM_CLIENT_ID": FULL_DEPLOYER, **service.github}, CONTOSO)
    assert JOB_TOKEN not in repr(described) + str(described)
    assert identity.LoginKind.PIPELINE.value in str(described)
