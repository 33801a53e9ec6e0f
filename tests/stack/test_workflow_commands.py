"""The steps of the workflow files, run as a job would run them: a pull request, then a deployment."""

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
from tests.support.leaks import leaks_in
from tests.support.pipeline import PipelineService, trust, without_secret
from tests.support.project import Done, Project
from tests.support.pull_requests import AzurePullRequests, GitHubPullRequests, PullRequests
from tests.support.repository import Repository
from tests.support.workflows import AZURE, GITHUB, Job, jobs

pytestmark = pytest.mark.stack
SUBJECT = "repo:agency/tenants:environment:review"
KINDS = {"github": (GITHUB, GitHubPullRequests), "azure": (AZURE, AzurePullRequests)}


class Runner:
    """Runs the steps of jobs in a checkout; `variables` are those that the service gives to each job.

    Jobs of a pull request get its *repository*, checked out as the job's own step says.
    """

    def __init__(
        self, stack: Project, variables: dict[str, str], repository: Repository | None = None
    ) -> None:
        self.stack, self.variables, self.repository = stack, variables, repository
        self.output = stack.folder / "tmp" / "output"
        self.output.touch()

    def run(self, job: Job, **env: str) -> list[Done]:
        """Every command but the set-up, with the step's own variables left to *env*."""
        if self.repository is not None:
            self.repository.check_out(job)
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


def runner_of(checkout: Project, kind: str, repository: Repository) -> Runner:
    """A runner of a service for a pull request."""
    runner = Runner(checkout, {"PYTHONDONTWRITEBYTECODE": "1", "COMMIT": repository.head}, repository)
    service = {"TF_BUILD": "True"} if kind == "azure" else {"GITHUB_OUTPUT": str(runner.output)}
    runner.variables |= service
    return runner


def login_of(tokens: PipelineService, kind: str) -> dict[str, str]:
    """What a job that logs in sees besides."""
    given: dict[str, str] = getattr(tokens, kind)
    return given | {"ARM_USE_CLI": "false", "PAGE": "preview-1.md"}


def as_artefact(checkout: Project, kind: str) -> None:
    """Put a job's page where the job that comments downloads it to."""
    folder = checkout.root / ("pages" if kind == "github" else "preview")
    folder.mkdir()
    shutil.move(checkout.root / "preview-1.md", folder)


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
    repository = Repository(checkout.root, without=("fleet.yaml", "Pulumi.acme.yaml"))
    runner = runner_of(checkout, kind, repository)
    login = login_of(tokens, kind)
    pull = files["pull-request"]

    runner.run(pull["fork"])
    stacks = runner.stacks(runner.run(pull["matrix"])[-1])
    assert stacks == "acme"
    emulator.requests(reset=True)
    runner.run(pull["preview"], STACKS=stacks, **login)
    written = [line for line in emulator.requests() if line["method"] not in ("GET", "HEAD")]
    assert [line["path"] for line in written if "/oauth2/" not in line["path"]] == []
    as_artefact(checkout, kind)
    for _ in range(2):
        runner.run(pull["comment"], **comments.variables(tmp_path))
    (comment,) = comments.texts
    assert "## acme: changes" in comment
    assert "### Entra ID" in comment
    assert "| role assignment |" in comment

    repository.merge()
    runner.repository = None
    made = checkout.run(checkout.python, "-m", "connector", "fleet", "sync", "--create")
    assert made.code == 0, made.text
    tokens.subject = "repo:agency/tenants:environment:production"
    trust(emulator, tokens.subject, name="production")
    deploy = files["deploy"]["canary" if kind == "github" else "canary.deploy"]
    runner.run(deploy, STACKS=stacks, **login)
    assert json.loads((checkout.root / "records" / "acme.json").read_text())["proof"]["verdict"] == "proved"
    runner.run(files["nightly"]["drift"], STACKS=stacks, **login)


THIEF = """
import pathlib, subprocess
pathlib.Path({marker!r}).touch()
shown = ["pulumi", "stack", "output", "--show-secrets", "--json", "--stack", "acme"]
print(subprocess.run(shown, capture_output=True, text=True).stdout)
"""


def plant(root: Path, marker: Path) -> None:
    """Code of the branch, everywhere where a preview runs some: it leaves a mark and prints the secret."""
    code = THIEF.format(marker=str(marker))
    for name in ("__main__.py", "connector/__init__.py", "components/__init__.py", "policies/__main__.py"):
        path = root / name
        path.write_text(path.read_text().replace("from __future__ import annotations\n", "", 1) + code)
    for name in ("setup", "connect", "take-data", "env"):
        path = root / "scripts" / name
        path.write_text(path.read_text().replace("set -e", f"touch {marker}\nset -e", 1))
    take = root / "scripts" / "take_data.py"
    take.write_text(code + take.read_text())


def test_a_branchs_code_gets_nothing_and_its_settings_are_previewed(
    checkout: Project,
    emulator: RunningEmulator,
    tokens: PipelineService,
    comments: PullRequests,
    kind: str,
    tmp_path: Path,
) -> None:
    """Code that decrypts and prints is never run, from checkout to comment, which says that it is there."""
    made = checkout.run(checkout.python, "-m", "connector", "fleet", "sync", "--create")
    assert made.code == 0, made.text
    deployed = checkout.run(
        checkout.python, "-m", "connector", "deploy", "--stack", "acme", **emulator.env
    )
    assert deployed.code == 0, deployed.text
    marker = tmp_path / "ran"
    repository = Repository(checkout.root)
    plant(checkout.root, marker)
    settings = checkout.root / "fleet.yaml"
    settings.write_text(settings.read_text().replace("app.example/back", "app.example/other"))
    stack = checkout.root / "Pulumi.acme.yaml"
    stack.write_text(stack.read_text().replace("app.example/back", "app.example/other"))
    repository.commit_branch()
    trust(emulator, SUBJECT)
    runner, pull = runner_of(checkout, kind, repository), jobs(KINDS[kind][0][2])

    done = runner.run(pull["matrix"])
    done += runner.run(pull["preview"], STACKS=runner.stacks(done[-1]), **login_of(tokens, kind))
    as_artefact(checkout, kind)
    done += runner.run(pull["comment"], **comments.variables(tmp_path))
    assert not marker.exists()
    assert not leaks_in("".join([*(one.text for one in done), *comments.texts]).encode())
    (comment,) = comments.texts
    assert "https://app.example/other" in comment
    assert "## Code is changed, too" in comment
    assert "- `__main__.py`" in comment

    # The attack is real: the same command in the branch's own checkout runs it, and shows the secret.
    repository.git("checkout", "--quiet", "--force", "--detach", repository.merged)
    shown = checkout.run(checkout.python, "__main__.py")
    assert marker.exists()
    assert leaks_in(shown.text.encode())
