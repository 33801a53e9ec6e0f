"""The workflow files of both services, read as data: jobs, what they run, what they may."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.emulator import PROJECT

GITHUB = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
AZURE = sorted((PROJECT / "pipelines" / "azure").glob("*.yml"))
#: A variable as Azure Pipelines replaces it, before any shell sees it; a shell's own has no dot in it.
_MACRO = re.compile(r"\$\([A-Z][A-Za-z]*\.[A-Za-z]+\)")
_SHELL = re.compile(r"[;<>|&`\n]|\$\(")
#: What puts the target branch's code in place on Azure, whose checkout of a pull request is the merge.
TARGET = "git checkout --quiet --detach origin/main"
FOUR = ["deploy", "nightly", "pull-request", "rotate"]


@dataclass(frozen=True)
class Step:
    """One step: the command that it runs, the action or task that it uses, and its variables."""

    run: str = ""
    uses: str = ""
    env: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    condition: str = ""


@dataclass(frozen=True)
class Job:
    """One job; `permissions` and `environment` are GitHub's alone."""

    name: str
    needs: tuple[str, ...]
    condition: str
    steps: tuple[Step, ...]
    env: dict[str, str]
    permissions: dict[str, str] | None = None
    environment: str = ""

    @property
    def commands(self) -> list[str]:
        """What its steps run."""
        return [step.run for step in self.steps if step.run]

    def runs(self, *verbs: str) -> bool:
        """Whether it runs one of the fleet's verbs."""
        return any(f"fleet {verb}" in command for verb in verbs for command in self.commands)


def load(path: Path) -> dict[Any, Any]:
    """A workflow file; YAML 1.1 reads GitHub's `on` as true."""
    value: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return value


def jobs(path: Path) -> dict[str, Job]:
    """The jobs of a file by name (Azure: STAGE.JOB where there are stages)."""
    document = load(path)
    if path.parent.name == "azure":
        return {job.name: job for job in _azure_jobs(document)}
    return {name: _github_job(name, job) for name, job in document["jobs"].items()}


def _github_job(name: str, job: dict[str, Any]) -> Job:
    steps = tuple(
        Step(s.get("run", ""), s.get("uses", ""), s.get("env", {}), s.get("with", {}), str(s.get("if", "")))
        for s in job["steps"]
    )
    condition, environment = str(job.get("if", "")), str(job.get("environment", ""))
    env, permissions = job.get("env", {}), job.get("permissions")
    return Job(name, _names(job.get("needs")), condition, steps, env, permissions, environment)


def _azure_jobs(document: dict[str, Any]) -> Iterator[Job]:
    for stage in document.get("stages", [{"jobs": document.get("jobs", [])}]):
        prefix = f"{stage['stage']}." if "stage" in stage else ""
        for job in stage["jobs"]:
            needs = _names(job.get("dependsOn")) or _names(stage.get("dependsOn"))
            condition = job.get("condition") or stage.get("condition") or ""
            steps = tuple(_azure_step(step) for step in job["steps"])
            yield Job(prefix + job["job"], needs, condition, steps, job.get("variables", {}))


def _azure_step(step: dict[str, Any]) -> Step:
    inputs = step.get("inputs", {})
    run = step.get("bash") or step.get("script") or inputs.get("inlineScript", "")
    uses = step.get("task", "") or ("checkout" if "checkout" in step else "")
    return Step(run, uses, step.get("env", {}), inputs, str(step.get("condition", "")))


def _names(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def words(command: str) -> list[str]:
    """A command in words, Azure's macros as `MACRO`; raises ValueError when it is more than a plain one."""
    plain = _MACRO.sub("MACRO", command.strip())
    if _SHELL.search(plain):
        raise ValueError(f"more than one plain command: {command!r}")
    return shlex.split(plain)
