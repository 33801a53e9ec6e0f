"""The pipeline's side of a federated login: a job asks its service for a token, and logs in with it."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest
from azure.identity import AzurePipelinesCredential

from emulator.login.federation import issuer
from emulator.login.pipeline import (
    AUDIENCE,
    azure_devops_issuer,
    azure_devops_job,
    github_job,
    github_subject,
)
from emulator.seed import CONTOSO, FULL_DEPLOYER
from tests.emulator.test_federation import PATH, context, credential, log_in
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.graph import Graph

CONNECTION = "sc://acme/tenants/production"


def ask(emulator: RunningEmulator, job: dict[str, str], audience: str = AUDIENCE) -> httpx.Response:
    """Ask the GitHub request URL as a job does."""
    url = f"{job['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience={audience}"
    token = job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    return emulator.http().get(url, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    ("ids", "subject"),
    [
        ((None, None), "repo:acme/tenants:environment:production"),
        (("12", "34"), "repo:acme@12/tenants@34:environment:production"),
    ],
    ids=["old", "immutable"],
)
def test_a_github_job_logs_in_with_the_token_of_its_request_url(
    emulator: RunningEmulator, graph: Graph, ids: tuple[str | None, str | None], subject: str
) -> None:
    """The request URL gives a token with the job's subject in either format, and Entra takes it."""
    assert github_subject("acme/tenants", "environment:production", *ids) == subject
    graph.post(PATH, credential(emulator, subject=subject))
    answer = ask(emulator, github_job(context(emulator), subject))
    assert answer.status_code == 200, answer.text
    assert log_in(emulator, answer.json()["value"]).status_code == 200


def test_refusal_github_token_without_the_jobs_request_token(emulator: RunningEmulator) -> None:
    """No request token, a wrong one, or one that has expired: 401 and no token."""
    job = github_job(context(emulator), "repo:acme/tenants:pull_request")
    for wrong in ("none", "non.sen.se", emulator.token()):
        assert ask(emulator, job | {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": wrong}).status_code == 401
    emulator.clock("+7h")
    assert ask(emulator, job).status_code == 401


def test_refusal_github_token_for_the_default_audience(emulator: RunningEmulator, graph: Graph) -> None:
    """A job that names no audience gets a token for its owner's URL, which Entra refuses (700212)."""
    subject = "repo:acme/tenants:pull_request"
    graph.post(PATH, credential(emulator, subject=subject))
    job = github_job(context(emulator), subject)
    answer = ask(emulator, job, "")
    assert log_in(emulator, answer.json()["value"]).json()["error_codes"] == [700212]


def test_refusal_request_token_as_an_assertion(emulator: RunningEmulator, graph: Graph) -> None:
    """The token that a job asks with is none that it could log in with."""
    subject = "repo:acme/tenants:pull_request"
    graph.post(PATH, credential(emulator, subject=subject))
    job = github_job(context(emulator), subject)
    refused = log_in(emulator, job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
    assert (refused.status_code, refused.json()["error_codes"]) == (401, [70021])


@pytest.mark.parametrize("entra", [False, True], ids=["azure-devops-issuer", "entra-issuer"])
def test_azure_identity_logs_in_from_azure_pipelines(
    emulator: RunningEmulator, graph: Graph, monkeypatch: pytest.MonkeyPatch, entra: bool
) -> None:
    """AzurePipelinesCredential gets the token of a service connection, of either issuer, and logs in."""
    ctx = context(emulator)
    named = f"{emulator.authority}/{CONTOSO}/v2.0" if entra else azure_devops_issuer(ctx)
    subject = "/eid1/c/pub/t/dGVuYW50/a/YXBw/sc/organization/connection" if entra else CONNECTION
    graph.post(PATH, credential(emulator, issuer=named, subject=subject))
    job = azure_devops_job(ctx, subject, "connection-1", named)
    monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", job["SYSTEM_OIDCREQUESTURI"])
    with AzurePipelinesCredential(
        tenant_id=CONTOSO,
        client_id=FULL_DEPLOYER,
        service_connection_id="connection-1",
        system_access_token=job["SYSTEM_ACCESSTOKEN"],
        authority=emulator.authority,
        disable_instance_discovery=True,
        connection_verify=str(emulator.ca),
    ) as login:
        assert login.get_token(f"{emulator.authority}/.default").token


def test_refusal_azure_pipelines_token_for_another_connection(emulator: RunningEmulator) -> None:
    """A job gets the token of a connection that it may use, and of no other; nor without its token."""
    job = azure_devops_job(context(emulator), CONNECTION, "connection-1")
    url, token = f"{job['SYSTEM_OIDCREQUESTURI']}?api-version=7.1", job["SYSTEM_ACCESSTOKEN"]
    for connection, shown, status in (("other", token, 404), ("connection-1", "nonsense", 401)):
        headers = {"Authorization": f"Bearer {shown}"}
        answer = emulator.http().post(f"{url}&serviceConnectionId={connection}", headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (
            ["--github", "acme/tenants", "--owner-id", "1", "--repository-id", "2"],
            ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
        ),
        (["--azure-devops", CONNECTION], ["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"]),
    ],
)
def test_the_control_verb_prints_a_jobs_variables(
    emulator: RunningEmulator, arguments: list[str], names: list[str]
) -> None:
    """`python -m emulator job` prints export lines that a shell takes over."""
    place = ["--port", str(emulator.port), "--dir", str(emulator.folder)]
    command = [sys.executable, "-m", "emulator", "job", *arguments, *place]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    printed = [line.removeprefix("export ").partition("=")[0] for line in done.stdout.splitlines()]
    assert printed[: len(names)] == names


def test_a_github_jobs_issuer_is_the_one_of_assertions(emulator: RunningEmulator) -> None:
    """Both ways to a token play the same issuer, so that one credential serves both."""
    ctx = context(emulator)
    value = ask(emulator, github_job(ctx, "repo:acme/tenants:pull_request")).json()["value"]
    assert ctx.key.read(value)["iss"] == issuer(ctx)
