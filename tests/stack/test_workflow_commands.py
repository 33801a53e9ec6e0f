"""The commands of the workflow files, run as a job would run them: a pull request, then a deployment."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.seed import CONTOSO, FULL_DEPLOYER
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.pipeline import PipelineService, trust, without_secret
from tests.support.project import Done, Project
from tests.support.pull_requests import AzurePullRequests, GitHubPullRequests, PullRequests
from tests.support.workflows import AZURE, GITHUB, Job, jobs

pytestmark = pytest.mark.stack
SUBJECT = "repo:agency/tenants:pull_request"
KINDS = {"github": (GITHUB, GitHubPullRequests), "azure": (AZURE, AzurePullRequests)}


class Runner:
    """Runs the commands of jobs in a checkout; `variables` are those that the service gives to each job."""

    def __init__(self, stack: Project, variables: dict[str, str]) -> None:
        self.stack, self.variables = stack, variables
        self.output = stack.folder / "tmp" / "output"
        self.output.touch()

    def run(self, job: Job, **env: str) -> list[Done]:
        """Every command but the set-up, with the step's own variables left to *env*."""
        commands = [command for command in job.commands if command != "./scripts/setup"]
        plain = [re.sub(r"\$\(System\.JobPositionInPhase\)", "1", command) for command in commands]
        done = [self.stack.run("bash", "-c", command, **self.variables, **env) for command in plain]
        assert [one.text for one in done if one.code != 0] == []
        return done

    def stacks(self, done: Done) -> str:
        """The stacks of the first job of the matrix that a step handed out."""
        if "##vso[" in done.out:
            (value,) = re.findall(r"##vso\[task\.setvariable variable=jobs;isOutput=true\](.*)", done.out)
            return str(json.loads(value)["part_1"]["stacks"])
        value = self.output.read_text().splitlines()[-1].removeprefix("jobs=")
        return str(json.loads(value)["include"][0]["stacks"])


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    """Each service in turn."""
    return str(request.param)


@pytest.fixture
def tokens(emulator: RunningEmulator) -> Iterator[PipelineService]:
    """What gives the job its tokens."""
    running = PipelineService(emulator, SUBJECT)
    yield running
    running.stop()


@pytest.fixture
def comments(kind: str) -> Iterator[PullRequests]:
    """What keeps the pull request's comments."""
    running = KINDS[kind][1]()
    yield running
    running.stop()


@pytest.fixture
def checkout(project: Callable[..., Project], emulator: RunningEmulator) -> Project:
    """A checkout of a fleet with one stack in ring canary, that no backend has yet."""
    stack = project()
    shutil.copytree(PROJECT / "policies", stack.root / "policies", dirs_exist_ok=True)
    local = stack.root / ".local"
    local.mkdir(exist_ok=True)
    shutil.copy2(PROJECT / ".local" / "toolchain.json", local)
    (local / "pulumi").symlink_to(stack.folder / "pulumi")
    settings: dict[str, Any] = {
        "assignments": {"users": ["adele@contoso.example"], "required": True},
        "redirectUris": {"web": ["https://app.example/back"]},
    }
    entry = {"tenantId": CONTOSO, "dynamicsUrl": emulator.org(1), "ring": "canary", "settings": settings}
    login = {"reader": FULL_DEPLOYER, "writer": FULL_DEPLOYER}
    fleet = {
        "name": "north",
        "defaults": {"cloud": "emulator", "login": login},
        "rings": [{"name": "canary"}, {"name": "everyone"}],
        "stacks": {"acme": entry},
    }
    (stack.root / "fleet.yaml").write_text(yaml.safe_dump(fleet))
    kept = without_secret(stack.env)
    stack.env = {name: value for name, value in kept.items() if not name.endswith("CLIENT_ID")}
    written = stack.run(stack.python, "-m", "connector", "fleet", "sync")
    assert written.code == 0, written.text
    return stack


def test_a_pull_request_and_its_merge(
    checkout: Project,
    emulator: RunningEmulator,
    tokens: PipelineService,
    comments: PullRequests,
    kind: str,
    tmp_path: Path,
) -> None:
    """A new stack is previewed in one comment and made by nobody; once merged and made, it is deployed."""
    trust(emulator, SUBJECT)
    files = {path.stem: jobs(path) for path in KINDS[kind][0]}
    runner = Runner(checkout, {"PYTHONDONTWRITEBYTECODE": "1"})
    service = {"TF_BUILD": "True"} if kind == "azure" else {"GITHUB_OUTPUT": str(runner.output)}
    runner.variables |= service
    login: dict[str, str] = getattr(tokens, kind) | {"ARM_USE_CLI": "false", "PAGE": "preview-1.md"}
    pull = files["pull-request"]

    runner.run(pull["fork"])
    stacks = runner.stacks(runner.run(pull["matrix"])[-1])
    assert stacks == "acme"
    emulator.requests(reset=True)
    runner.run(pull["preview"], STACKS=stacks, **login)
    written = [line for line in emulator.requests() if line["method"] not in ("GET", "HEAD")]
    assert [line["path"] for line in written if "/oauth2/" not in line["path"]] == []
    folder = checkout.root / ("pages" if kind == "github" else "preview")
    folder.mkdir()
    shutil.move(checkout.root / "preview-1.md", folder)
    for _ in range(2):
        runner.run(pull["comment"], **comments.variables(tmp_path))
    (comment,) = comments.texts
    assert "## acme: changes" in comment
    assert "### Entra ID" in comment
    assert "| role assignment |" in comment

    made = checkout.run(checkout.python, "-m", "connector", "fleet", "sync", "--create")
    assert made.code == 0, made.text
    tokens.subject = "repo:agency/tenants:environment:production"
    trust(emulator, tokens.subject, name="production")
    deploy = files["deploy"]["canary" if kind == "github" else "canary.deploy"]
    runner.run(deploy, STACKS=stacks, **login)
    assert json.loads((checkout.root / "records" / "acme.json").read_text())["proof"]["verdict"] == "proved"
    runner.run(files["nightly"]["drift"], STACKS=stacks, **login)
