"""The workflow files: valid, calling our verbs and nothing else, the same on both services."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import app
from tests.support.actionlint import actionlint
from tests.support.emulator import PROJECT
from tests.support.workflows import AZURE, FOUR, GITHUB, TARGET, jobs, words

FILES = [*GITHUB, *AZURE]
#: Verbs that another part of the project brings.
COMING = {"fleet status"}
each_file = pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")


def lint(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Run actionlint without the two programs that it would call where they happen to be installed."""
    command = [actionlint(), "-no-color", "-shellcheck=", "-pyflakes=", *paths]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def check_schema(kind: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    """check-jsonschema with the schemas that it brings along."""
    program = Path(sys.executable).parent / "check-jsonschema"
    azure = ["--regex-variant", "nonunicode", "--data-transform", "azure-pipelines"]
    options = ["--builtin-schema", f"vendor.{kind}", *(azure if kind == "azure-pipelines" else [])]
    return subprocess.run([program, *options, *paths], capture_output=True, text=True, check=False)


def test_both_services_have_the_four_workflows() -> None:
    """Pull request, deployment, nightly check and rotation."""
    assert [path.stem for path in GITHUB] == FOUR
    assert [path.stem for path in AZURE] == FOUR


def test_actionlint_finds_nothing() -> None:
    """Syntax, expressions, contexts, inputs of actions, needs and outputs."""
    done = lint(*GITHUB)
    assert done.returncode == 0, done.stdout


def test_actionlint_finds_what_is_planted(tmp_path: Path) -> None:
    """An output that no step makes is found, so the run above means something."""
    bad = tmp_path / "bad.yml"
    bad.write_text(GITHUB[0].read_text().replace("steps.canary.outputs.jobs", "steps.kanary.outputs.jobs"))
    assert "kanary" in lint(bad).stdout


@pytest.mark.parametrize(("kind", "paths"), [("github-workflows", GITHUB), ("azure-pipelines", AZURE)])
def test_the_files_are_of_their_schema(kind: str, paths: list[Path]) -> None:
    """Both services' own schemas, Azure's with every input of the tasks used."""
    done = check_schema(kind, *paths)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("kind", "path", "word"),
    [("github-workflows", GITHUB[0], "runs-on"), ("azure-pipelines", AZURE[0], "azureSubscription")],
)
def test_the_schemas_find_what_is_planted(tmp_path: Path, kind: str, path: Path, word: str) -> None:
    """A misspelt key is refused."""
    bad = tmp_path / "bad.yml"
    bad.write_text(path.read_text().replace(word, word + "x"))
    assert check_schema(kind, bad).returncode == 1


def problem_of(command: str) -> str:
    """Why a command may not stand in a workflow; empty for one of our scripts or verbs."""
    try:
        program, *arguments = words(command)
    except ValueError as error:
        return str(error)
    if not re.fullmatch(r"\./scripts/[a-z-]+", program) or not os.access(PROJECT / program, os.X_OK):
        return f"{program} is no script of ours"
    return _problem_of_verb(arguments) if program == "./scripts/connect" else ""


def _problem_of_verb(arguments: list[str]) -> str:
    command: Any = app
    name = []
    while hasattr(command, "commands") and arguments:
        name.append(arguments.pop(0))
        if " ".join(name) in COMING and name[-1] not in command.commands:
            return ""
        if name[-1] not in command.commands:
            return f"no verb {' '.join(name)}"
        command = command.commands[name[-1]]
    known = {option: parameter for parameter in command.params for option in parameter.opts}
    unknown = [word for word in arguments if word.startswith("-") and word not in known]
    given = {known[word].name for word in arguments if word in known}
    missing = [p.name for p in command.params if p.required and p.opts[0].startswith("-")]
    lacking = [name for name in missing if name not in given]
    return f"unknown {unknown}, missing {lacking}" if unknown or lacking else ""


@each_file
def test_everything_that_is_run_is_ours(path: Path) -> None:
    """Each command is one of our scripts or verbs, with options that exist, and one at a time."""
    commands = [command for job in jobs(path).values() for command in job.commands if command != TARGET]
    assert commands
    assert {command: problem_of(command) for command in commands if problem_of(command)} == {}


@pytest.mark.parametrize(
    "command",
    [
        "curl https://x.example",
        TARGET,
        "./scripts/none",
        "./scripts/setup && ./scripts/test",
        "./scripts/connect fleet matrix --shards 2 >> $GITHUB_OUTPUT",
        "./scripts/connect fleet matrix",
        "./scripts/connect fleet previw",
        "./scripts/connect fleet preview --markdwn x",
        "./scripts/connect comment $(ls)",
        "./scripts/setup\n./scripts/test",
    ],
)
def test_what_is_not_ours_is_found(command: str) -> None:
    """The check above refuses another program, an unknown verb or option, and shell around them."""
    assert problem_of(command)


@each_file
def test_both_services_run_the_same(path: Path) -> None:
    """Verb by verb, with the same options, so that one document describes both."""
    other = next(p for p in FILES if p.stem == path.stem and p != path)
    assert _verbs(path) == _verbs(other)


def _verbs(path: Path) -> list[tuple[str, ...]]:
    commands = [words(c) for job in jobs(path).values() for c in job.commands if c != TARGET]
    kept = [[w for w in c if re.fullmatch(r"\./scripts/.*|--[a-z-]+|[a-z]+", w)] for c in commands]
    return sorted(tuple(c) for c in kept)


@pytest.mark.parametrize("path", [GITHUB[-1], AZURE[-1]], ids=["github", "azure"])
def test_a_rotation_that_is_run_again_pushes_a_branch_of_its_own(path: Path) -> None:
    """The first attempt's branch is there already, and is never pushed over."""
    job = jobs(path)["commit"]
    (command,) = job.commands
    branch = f"{command} {job.env.get('BRANCH', '')}"
    assert re.search(r"rotation/.*(run_id|BuildId).*-.*(run_attempt|JobAttempt)", branch)


def test_a_week_without_a_patch_is_no_error_on_azure() -> None:
    """An empty folder makes no artefact there, and a download by an artefact's name fails without it."""
    found = [step.inputs for step in jobs(AZURE[-1])["commit"].steps if step.uses.startswith("Download")]
    assert [(one["downloadType"], one["itemPattern"]) for one in found] == [("specific", "patches/**")]
