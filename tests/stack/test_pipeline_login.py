"""A fleet deployed from a pipeline's job: engine, provider and SDK log in, and no secret is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import yaml

from emulator.seed import CONTOSO, FULL_DEPLOYER
from tests.support.emulator import RunningEmulator
from tests.support.leaks import leaking_files, spellings
from tests.support.pipeline import JOB_TOKEN, PipelineService, trust, without_secret
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
SUBJECT = "repo:agency/tenants:environment:production"


@pytest.fixture
def service(emulator: RunningEmulator) -> Iterator[PipelineService]:
    """A pipeline service whose job runs in an approved environment."""
    running = PipelineService(emulator, SUBJECT)
    yield running
    running.stop()


def in_a_job(stack: Project, variables: dict[str, str], *arguments: str) -> Done:
    """One of the fleet's verbs with the variables of a job and none of a login."""
    kept = without_secret(stack.env)
    stack.env = {name: value for name, value in kept.items() if not name.endswith("CLIENT_ID")} | variables
    return stack.run(stack.python, "-m", "connector", "fleet", *arguments)


@pytest.mark.parametrize("kind", ["github", "azure"])
def test_a_fleet_is_deployed_from_a_job_without_a_stored_secret(
    project: Callable[..., Project], emulator: RunningEmulator, service: PipelineService, kind: str
) -> None:
    """fleet.yaml's writer logs in through the provider and the SDK; the job's token is left nowhere."""
    trust(emulator, SUBJECT)
    stack = project()
    entry = {
        "tenantId": CONTOSO,
        "dynamicsUrl": emulator.org(1),
        "login": {"writer": FULL_DEPLOYER},
        "settings": {"protect": False},
    }
    written = {"name": "north", "defaults": {"cloud": "emulator"}, "stacks": {"acme": entry}}
    (stack.root / "fleet.yaml").write_text(yaml.safe_dump(written))
    variables = getattr(service, kind)
    made = in_a_job(stack, variables, "sync", "--create")
    assert made.code == 0, made.text
    done = in_a_job(stack, variables, "deploy", "--only", "acme", "--json")
    assert done.code == 0, done.text
    assert done.json["counts"]["succeeded"] == 1
    assert {asked.method for asked in service.seen} == {"GET" if kind == "github" else "POST"}
    assert JOB_TOKEN not in done.text
    assert leaking_files(stack.folder) == []
    assert leaking_files(stack.folder, marks=spellings(JOB_TOKEN)) == []


def test_a_job_that_the_tenant_does_not_trust_changes_nothing(
    project: Callable[..., Project], emulator: RunningEmulator, service: PipelineService
) -> None:
    """A pull request's job is refused as the writer, and the refusal says whose token it was."""
    trust(emulator, SUBJECT)
    service.subject = "repo:agency/tenants:pull_request"
    stack = project()
    variables = without_secret(stack.env) | service.github
    stack.env = variables
    emulator.requests(reset=True)
    done = stack.connector("deploy", "--json")
    assert (done.code, done.json["error"]["key"]) == (3, "AADSTS700213"), done.text
    assert service.subject in done.text
    lines = [line for line in emulator.requests() if "/oauth2/" not in line["path"]]
    assert [line["path"] for line in lines if line["method"] not in ("GET", "HEAD")] == []
