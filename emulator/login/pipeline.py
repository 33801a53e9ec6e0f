"""Pipeline services: where a running job asks for its token, and what stands in that token.

GitHub Actions: github docs, actions/reference/security/oidc (request URL, `audience`, the subject of
pull requests and environments, old and immutable). Azure Pipelines: azure-identity's
AzurePipelinesCredential and azure-devops docs, distributedtask/oidctoken/create.
"""

from __future__ import annotations

from typing import Any

import jwt

from emulator.context import Call, Context, Reply
from emulator.login.federation import assertion, issuer
from emulator.seed.names import LEAK_MARKER

AUDIENCE = "api://AzureADTokenExchange"
GITHUB = "/pipeline/github/token"
AZURE_DEVOPS = "/pipeline/azure-devops/oidctoken"
_JOB_SECONDS = 6 * 3600


def github_subject(
    repository: str, context: str, owner_id: str | None = None, repository_id: str | None = None
) -> str:
    """The subject of a job of OWNER/REPO: `context` is `pull_request`, `environment:NAME` or `ref:…`.

    With both ids in the form of repositories made, renamed or moved since July 2026.
    """
    owner, name = repository.split("/", 1)
    if owner_id and repository_id:
        return f"repo:{owner}@{owner_id}/{name}@{repository_id}:{context}"
    return f"repo:{owner}/{name}:{context}"


def azure_devops_issuer(ctx: Context) -> str:
    """The issuer of service connections, as Azure DevOps would show it."""
    return f"{issuer(ctx)}/azure-devops"


def github_job(ctx: Context, subject: str) -> dict[str, str]:
    """The variables that a GitHub job with `id-token: write` sees."""
    token = _job_token(ctx, {"sub": subject, "job": issuer(ctx)})
    url = f"{ctx.authority}{GITHUB}?api-version=2.0"
    return {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": token}


def azure_devops_job(ctx: Context, subject: str, connection: str, of: str = "") -> dict[str, str]:
    """The variables of an Azure Pipelines job with one service connection; `of` is its issuer."""
    claims = {"sub": subject, "job": of or azure_devops_issuer(ctx), "connection": connection}
    return {
        "SYSTEM_OIDCREQUESTURI": f"{ctx.authority}{AZURE_DEVOPS}",
        "SYSTEM_ACCESSTOKEN": _job_token(ctx, claims),
        "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": connection,
    }


def _job_token(ctx: Context, claims: dict[str, str]) -> str:
    """What a job shows to get its token: it names the job and opens nothing else."""
    now = int(ctx.now())
    own = {"iss": f"{ctx.authority}/pipeline", "aud": f"{ctx.authority}/pipeline"}
    return ctx.key.sign(own | claims | {"iat": now, "exp": now + _JOB_SECONDS, "marker": LEAK_MARKER})


def github_token(call: Call) -> Reply:
    """GET the request URL with `&audience=`: `{"value": JWT}`; without it the owner's URL is the audience."""
    job = _job(call)
    if job is None or "connection" in job:
        return Reply(401, {"message": "The job's request token is missing, wrong or expired."})
    subject = str(job["sub"])
    owner = subject.removeprefix("repo:").split("/")[0].split("@")[0]
    audience = call.query.get("audience") or f"https://github.com/{owner}"
    return Reply(body={"count": 1, "value": assertion(call.ctx, subject, audience, str(job["job"]))})


def azure_devops_token(call: Call) -> Reply:
    """POST the request URI with the connection's id: `{"oidcToken": JWT}`, its audience always Entra's."""
    job = _job(call)
    if job is None or "connection" not in job:
        return Reply(401, {"message": "TF400813: The user is not authorized to access this resource."})
    if call.query.get("serviceConnectionId") != job["connection"]:
        return Reply(404, {"message": "The service connection was not found, or the job may not use it."})
    return Reply(body={"oidcToken": assertion(call.ctx, str(job["sub"]), AUDIENCE, str(job["job"]))})


def _job(call: Call) -> dict[str, Any] | None:
    """The claims of the job that asks, or None."""
    scheme, _, token = call.header("authorization").partition(" ")
    try:
        claims = call.ctx.key.read(token) if scheme.lower() == "bearer" else {}
    except jwt.InvalidTokenError:
        return None
    mine = claims.get("aud") == f"{call.ctx.authority}/pipeline"
    return claims if mine and float(claims["exp"]) > call.ctx.now() else None
