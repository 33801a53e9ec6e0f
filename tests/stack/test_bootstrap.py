"""The pipeline's whole login: bootstrap, then real provider and azure-identity with a job's own tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connector.bootstrap.model import AUDIENCE
from emulator.context import Context
from emulator.login.federation import assertion, issuer
from emulator.login.pipeline import azure_devops_issuer, azure_devops_job, github_job, github_subject
from emulator.seed import CONTOSO
from tests.docs.test_schemas import check
from tests.support.emulator import RunningEmulator
from tests.support.identities import context
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
REPOSITORY = "acme/tenants"
IDS = ("4711", "815")
PULL_REQUEST = github_subject(REPOSITORY, "pull_request")
REVIEW = github_subject(REPOSITORY, "environment:review")
PRODUCTION = github_subject(REPOSITORY, "environment:production", *IDS)
SECRETS = ("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID")


class Jobs:
    """Jobs of one repository: each logs in with a token that the pipeline's service gives it."""

    def __init__(self, stack: Project, ctx: Context) -> None:
        self.stack, self.ctx = stack, ctx
        self.login: dict[str, str] = {}

    def bootstrap(self, *options: str) -> Done:
        """As the full deployer, who is the administrator here."""
        pipeline = ["--github", REPOSITORY, "--owner-id", IDS[0], "--repository-id", IDS[1]]
        more = ["--github-issuer", issuer(self.ctx), "--json", *options]
        done = self.stack.connector("bootstrap", *pipeline, *more)
        if done.code == 0:
            self.login = done.json["login"]
        return done

    def of(self, who: str, subject: str) -> dict[str, str]:
        """A GitHub job: provider and tool ask its request URL alike."""
        shared = {"ARM_USE_OIDC": "true", "ARM_CLIENT_ID": self.login[who]}
        return {**dict.fromkeys(SECRETS, ""), **shared, **github_job(self.ctx, subject)}

    def with_token(self, who: str, *, audience: str = AUDIENCE, by: str = "") -> dict[str, str]:
        """A job that brings an approved review's token itself, for another audience or of another issuer."""
        file = Path(self.stack.env["TMPDIR"]) / "token"
        file.write_text(assertion(self.ctx, REVIEW, audience, by))
        shared = {"ARM_CLIENT_ID": self.login[who], "ARM_OIDC_TOKEN_FILE_PATH": str(file)}
        return {**dict.fromkeys(SECRETS, ""), **shared}


@pytest.fixture
def jobs(project: Callable[..., Project], emulator: RunningEmulator) -> Jobs:
    """A stack that exists and holds nothing, and its pipeline."""
    return Jobs(project(), context(emulator))


def test_the_pipeline_reviews_as_reader_and_deploys_as_writer(jobs: Jobs, emulator: RunningEmulator) -> None:
    """An approved review previews and plans and may not deploy; the environment deploys to proof."""
    planned = jobs.bootstrap("--plan")
    assert (planned.code, planned.json["result"]) == (0, "changes"), planned.text
    assert (check("bootstrap", planned.json), jobs.login) == ([], {"reader": None, "writer": None})
    unasked = jobs.bootstrap()
    assert (unasked.code, unasked.json["error"]["code"]) == (20, "bootstrap.unconfirmed"), unasked.text
    assert not [one for one in emulator.dump()[CONTOSO]["applications"] if "pipeline" in one["displayName"]]
    made = jobs.bootstrap("--yes")
    assert made.code == 0, made.text
    assert check("bootstrap", made.json) == []
    for who, id in jobs.login.items():
        assert f"    {who}: {id}" in made.err
    assert f"ARM_TENANT_ID={CONTOSO}" in made.err
    assert "EmulatorSecretMarker" not in made.text
    again = jobs.bootstrap()
    assert (again.code, again.json["result"]) == (0, "unchanged"), again.text
    stack, reader = jobs.stack, jobs.of("reader", REVIEW)

    preview = stack.pulumi("preview", **jobs.of("reader", REVIEW))
    assert preview.code == 0, preview.text
    plan = stack.connector("plan", "--json", **reader)
    assert (plan.code, plan.json["result"]) == (0, "changes"), plan.text
    both = stack.connector("preview", "--json", **reader)
    assert (both.code, both.json["result"]) == (0, "changes"), both.text

    refused = stack.pulumi("up", "--yes", **jobs.of("reader", REVIEW))
    assert refused.code != 0
    assert "Authorization_RequestDenied" in refused.text
    deploy = stack.connector("deploy", "--json", **reader)
    assert (deploy.code, deploy.json["error"]["code"]) == (4, "entra.caller_rights"), deploy.text
    names = {one["displayName"] for one in emulator.dump()[CONTOSO]["applications"]}
    assert stack.settings["displayName"] not in names

    deployed = stack.connector("deploy", "--json", **jobs.of("writer", PRODUCTION))
    assert (deployed.code, deployed.json["result"]) == (0, "changed"), deployed.text
    review = stack.connector("preview", "--refresh", "--json", **jobs.of("reader", REVIEW))
    assert (review.code, review.json["result"]) == (0, "unchanged"), review.text
    status = stack.connector("status", "--json", **jobs.of("reader", REVIEW))
    assert (status.code, status.json["result"]) == (0, "in_order"), status.text
    proof = stack.connector("verify", "--json", **jobs.of("reader", REVIEW))
    assert (proof.code, proof.json["result"]) == (0, "proved"), proof.text


def test_every_other_token_is_refused_and_explained(jobs: Jobs, emulator: RunningEmulator) -> None:
    """Another environment, a pull request that nobody approved, another audience, another issuer."""
    assert jobs.bootstrap("--yes").code == 0
    stack = jobs.stack
    other = github_subject(REPOSITORY, "environment:staging")
    wrong = [
        (lambda: jobs.of("writer", other), "AADSTS700213", "environment:NAME"),
        (lambda: jobs.of("writer", PULL_REQUEST), "AADSTS700213", "pull_request"),
        (lambda: jobs.of("reader", PULL_REQUEST), "AADSTS700213", "pull_request"),
        (lambda: jobs.with_token("reader", audience="https://a.example"), "AADSTS700212", AUDIENCE),
        (lambda: jobs.with_token("reader", by="https://issuer.example"), "AADSTS70021", "issuer"),
    ]
    for job, code, words in wrong:
        done = stack.connector("plan", "--json", **job())
        assert (done.code, done.json["error"]["key"]) == (3, code), done.text
        assert words in done.json["error"]["message"]
    preview = stack.pulumi("preview", **jobs.of("writer", PULL_REQUEST))
    assert preview.code != 0
    assert "AADSTS700213" in preview.text


def test_a_writer_deploys_with_what_it_owns_alone(jobs: Jobs, emulator: RunningEmulator) -> None:
    """`--owned-only --narrow-role`, its service principal among the owners: deployed, then unchanged."""
    made = jobs.bootstrap("--yes", "--owned-only", "--narrow-role", "--no-assignments")
    assert made.code == 0, made.text
    owner = made.json["identities"][1]["servicePrincipalObjectId"]
    assert f"owners: [{owner}]" in made.err
    stack = jobs.stack
    stack.settings |= {"owners": [owner], "assignments": None}
    stack.write_settings()
    for result in ("changed", "unchanged"):
        done = stack.connector("deploy", "--json", **jobs.of("writer", PRODUCTION))
        assert (done.code, done.json["result"]) == (0, result), done.text


def test_azure_pipelines_logs_in_through_the_provider(jobs: Jobs) -> None:
    """Three service connections; the provider asks for the token of the reviews' and previews."""
    subjects = {kind: f"sc://acme/tenants/{kind}" for kind in ("reader", "review", "writer")}
    named = ["--azure-devops-issuer", azure_devops_issuer(jobs.ctx)]
    for who, subject in subjects.items():
        named += ["--azure-devops-subject", f"{who}={subject}"]
    made = jobs.stack.connector("bootstrap", "--json", "--yes", *named)
    assert made.code == 0, made.text
    job = azure_devops_job(jobs.ctx, subjects["review"], "connection-1")
    login = {"ARM_USE_OIDC": "true", "ARM_CLIENT_ID": made.json["login"]["reader"]}
    preview = jobs.stack.pulumi("preview", **dict.fromkeys(SECRETS, ""), **login, **job)
    assert preview.code == 0, preview.text


def test_a_stack_that_does_not_exist_yet_is_bootstrapped_and_not_made(jobs: Jobs) -> None:
    """Its file is enough: the pipeline comes before the stack."""
    stack = jobs.stack
    assert stack.pulumi("stack", "rm", "--yes", "--preserve-config").code == 0
    before = stack.stack_file.read_text()
    assert jobs.bootstrap("--yes").code == 0
    assert stack.stack_file.read_text() == before
    assert "test" not in stack.run("pulumi", "stack", "ls", "--json", "--non-interactive").out
