"""What the workflow files may: no stored secret, the least rights, nothing for forks, approval to write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.workflows import AZURE, GITHUB, TARGET, Job, Step, jobs, load

FILES = [*GITHUB, *AZURE]
SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"
NOT_A_FORK = "ne(variables['System.PullRequest.IsFork'], 'True')"
#: What Azure Pipelines replaces in our files: its own variables, the matrix, two connection ids.
KNOWN_MACROS = {
    *("System.AccessToken", "System.OidcRequestUri", "System.JobPositionInPhase"),
    *("System.DefaultWorkingDirectory", "Build.BuildId", "System.JobAttempt"),
    *("System.PullRequest.SourceCommitId", "stacks"),
    *("readerConnectionId", "reviewConnectionId", "writerConnectionId"),
}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
each_github = pytest.mark.parametrize("path", GITHUB, ids=lambda p: p.stem)
each_azure = pytest.mark.parametrize("path", AZURE, ids=lambda p: p.stem)


@each_file
def test_no_workflow_names_a_stored_secret(path: Path) -> None:
    """No secret of the repository or of an application, no variable group: tokens of the job alone."""
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"\bsecrets\b|inherit|CLIENT_SECRET|PASSPHRASE|- group:|AzureKeyVault@", text) == []
    if path in AZURE:
        assert set(re.findall(r"\$\(([^)]+)\)", text)) <= KNOWN_MACROS


@each_github
def test_actions_are_pinned_by_their_commit(path: Path) -> None:
    """A tag can be moved, and would be another program over night; its full version stands beside it."""
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    pinned = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert {one.split(" ")[0] for one in used} == {
        step.uses for job in jobs(path).values() for step in job.steps if step.uses
    }
    assert [one for one in used if not pinned.fullmatch(one)] == []


@each_github
def test_every_job_has_the_least_permissions(path: Path) -> None:
    """Nothing by default; who may log in may write nothing, and who may write has no login."""
    assert load(path)["permissions"] == {}
    for job in jobs(path).values():
        given = job.permissions
        assert given is not None, job.name
        writes = {name for name, value in given.items() if value == "write"}
        assert len(writes) <= 1, job.name
        assert writes <= {"id-token", "pull-requests", "contents"}
        assert ("id-token" in writes) == job.runs("preview", "deploy", "verify", "rotate", "status"), job.name
        assert ("ARM_USE_OIDC" in job.env) == ("id-token" in writes), job.name


@each_github
def test_the_token_of_the_checkout_is_kept_by_the_job_that_pushes_alone(path: Path) -> None:
    """Nothing else that runs in the job finds it in .git/config."""
    for job in jobs(path).values():
        (checkout,) = [step for step in job.steps if step.uses.startswith("actions/checkout@")]
        pushes = (job.permissions or {}).get("contents") == "write"
        assert checkout.inputs.get("persist-credentials", True) is pushes, job.name


@each_github
def test_nothing_is_started_by_pull_request_target(path: Path) -> None:
    """A fork's code never runs with the repository's rights."""
    started = load(path)[True]
    assert set(started) <= {"pull_request", "push", "schedule", "workflow_dispatch"}
    assert started.get("pull_request") == ({"branches": ["main"]} if path.stem == "pull-request" else None)


def _of_pull_requests(path: Path) -> list[Job]:
    """The jobs for a branch of the repository itself."""
    return [job for job in jobs(path).values() if job.name != "fork"]


def _begins_with_the_target(steps: tuple[Step, ...]) -> bool:
    """Whether a job's first steps put the target branch in place, before any command of the checkout's."""
    first, second = steps[:2]
    if first.uses.startswith("actions/checkout@"):
        ref = first.inputs.get("ref")
        return (ref, first.inputs.get("fetch-depth")) == ("${{ github.event.pull_request.base.sha }}", 0)
    return (first.uses, second.run) == ("checkout", TARGET)


@pytest.mark.parametrize("path", [GITHUB[2], AZURE[2]], ids=["github", "azure"])
def test_a_pull_requests_jobs_run_the_code_of_the_target_branch(path: Path) -> None:
    """Each checks it out first and once, and takes the branch's data by our script alone."""
    wanted = "./scripts/take-data"
    for job in _of_pull_requests(path):
        assert _begins_with_the_target(job.steps), job.name
        assert len([s for s in job.steps if "checkout" in s.uses or "git checkout" in s.run]) <= 2, job.name
        setup = job.commands.index("./scripts/setup")
        assert job.commands[setup + 1].startswith(f'{wanted} "$COMMIT"'), job.name
    commit = (load(path).get("env") or load(path)["variables"])["COMMIT"]
    azure, github = "$(System.PullRequest.SourceCommitId)", "${{ github.event.pull_request.head.sha }}"
    assert commit == (azure if path in AZURE else github)


@each_azure
def test_azure_keeps_the_whole_history_where_the_target_is_checked_out(path: Path) -> None:
    """Without it neither the target branch nor the branch's commit is there."""
    depths = [
        raw["steps"][0].get("fetchDepth")
        for raw in load(path).get("jobs", [])
        if any(step.get("bash") == TARGET for step in raw["steps"])
    ]
    assert depths == ["0"] * (3 if path == AZURE[2] else 0)


def test_a_pull_request_logs_in_from_an_approved_environment() -> None:
    """A branch may change its workflow, so the login is bound to the approval, and nothing else is."""
    for job in _of_pull_requests(GITHUB[2]):
        logs_in = (job.permissions or {}).get("id-token") == "write"
        assert (job.environment == "review") == logs_in, job.name


def _of_the_repository(job: Job, all_jobs: dict[str, Job], condition: str) -> bool:
    """Whether a job, or one that it needs, runs for pull requests of the repository itself alone."""
    mine = condition in job.condition and "||" not in job.condition
    return mine or any(_of_the_repository(all_jobs[name], all_jobs, condition) for name in job.needs)


@pytest.mark.parametrize(
    ("path", "condition"), [(GITHUB[2], SAME_REPOSITORY), (AZURE[2], NOT_A_FORK)], ids=["github", "azure"]
)
def test_a_forks_pull_request_gets_no_login(path: Path, condition: str) -> None:
    """Its one job checks files, with no token, login or variable; all others are the repository's own."""
    found = jobs(path)
    fork = found.pop("fork")
    assert fork.commands == ["./scripts/setup", "./scripts/connect fleet sync --check"]
    assert fork.permissions in (None, {"contents": "read"})
    assert (fork.env, fork.environment, fork.needs) == ({}, "", ())
    assert [step.env for step in fork.steps if step.env] == []
    assert [step.uses for step in fork.steps if step.uses and "checkout" not in step.uses] == []
    assert {job.name: _of_the_repository(job, found, condition) for job in found.values()} == dict.fromkeys(
        found, True
    )


@each_github
def test_who_writes_waits_for_an_approval(path: Path) -> None:
    """Deployment and rotation run in the approved environment as the writer, and nothing else does."""
    for job in jobs(path).values():
        writes = job.runs("deploy", "rotate")
        assert (job.environment == "production") == writes, job.name
        state = [s.inputs["client-id"] for s in job.steps if s.uses.startswith("azure/login@")]
        assert all(("WRITER" in one) == writes for one in state), job.name


def logins(path: Path) -> Iterator[tuple[str, str, str]]:
    """Command, service connection and connection id of each step of Azure's that logs in."""
    for job in jobs(path).values():
        for step in job.steps:
            if step.uses.startswith("AzureCLI@"):
                connection = step.env["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"]
                yield step.run, step.inputs["azureSubscription"], connection


@each_azure
def test_azures_writer_connection_is_used_by_who_writes_alone(path: Path) -> None:
    """The approval is a check of that connection; neither a reader's step nor a pull request's names it."""
    for command, connection, id in logins(path):
        kind = "writer" if re.search(r"fleet (deploy|rotate)", command) else "reader"
        kind = "review" if path.stem == "pull-request" else kind
        assert (connection, id) == (f"tenants-{kind}", f"$({kind}ConnectionId)"), command


@each_azure
def test_a_job_token_is_given_to_no_other_step(path: Path) -> None:
    """Only the steps that log in or comment see the token of Azure's job."""
    for job in jobs(path).values():
        for step in job.steps:
            holds = "$(System.AccessToken)" in step.env.values()
            wanted = step.uses.startswith("AzureCLI@") or "connect comment" in step.run
            assert holds == wanted, step


def test_a_ring_waits_for_the_one_before_it() -> None:
    """The second ring needs the first, and runs when that had no stack, and not when it failed."""
    second = jobs(GITHUB[0])["everyone"]
    assert set(second.needs) == {"matrix", "canary"}
    assert "!failure()" in second.condition
    stage = jobs(AZURE[0])["everyone.deploy"]
    assert set(stage.needs) == {"matrix", "canary"}
    assert "in(dependencies.canary.result, 'Succeeded', 'Skipped')" in stage.condition


def test_workflows_that_write_wait_in_one_line() -> None:
    """One concurrency group, and nothing that runs is cut off; on Azure the exclusive lock, in turn."""
    for path in FILES:
        writes = any(job.runs("deploy", "rotate") for job in jobs(path).values())
        asked = load(path).get("concurrency" if path in GITHUB else "lockBehavior")
        alone = {"group": "writes", "cancel-in-progress": False} if path in GITHUB else "sequential"
        assert (asked == alone) is writes, path
