"""A copy of the project with a stack of its own: engine, provider and emulator, nothing shared."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from emulator.seed import CONTOSO
from tests.support.emulator import PROJECT, RunningEmulator

PARTS = ("__main__.py", "Pulumi.yaml", "components", "connector", "policies", "profiles", "scripts")
PASSPHRASE = "test-passphrase"


@dataclass(frozen=True)
class Done:
    """A command that has ended: exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything that it printed."""
        return self.out + self.err

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as one JSON object."""
        value: dict[str, Any] = json.loads(self.out)
        return value


def run_in(folder: Path, env: dict[str, str], *command: str) -> Done:
    """Run a command in a folder, without a terminal, and with these variables alone."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    return Done(done.returncode, done.stdout, done.stderr)


class Project:
    """The project in *folder*, with stack `test` pointed at an emulator.

    `env` is what its commands see; HOME and TMPDIR are inside *folder*, so that a test can
    search everything that a run left behind.
    """

    def __init__(self, folder: Path, emulator: RunningEmulator, stack: str = "test", **settings: Any) -> None:
        """Copy the program, write the stack's settings, initialise the stack."""
        self.folder, self.emulator, self.stack = folder, emulator, stack
        self.first: Done | None = None
        self.root = folder / "project"
        self.root.mkdir(parents=True)
        for part in PARTS:
            copy(PROJECT / part, self.root / part)
        (self.root / ".venv").symlink_to(PROJECT / ".venv")
        self.env = self._environment()
        self.settings = dict(default_settings(emulator)) | settings
        self.write_settings()
        done = self.pulumi("stack", "init", stack)
        assert done.code == 0, done.text

    def _environment(self) -> dict[str, str]:
        for name in ("home", "tmp", "state", "pulumi"):
            (self.folder / name).mkdir()
        noted = json.loads((PROJECT / ".local" / "toolchain.json").read_text())
        (self.folder / "pulumi" / "plugins").symlink_to(noted["plugins"])
        return {
            "PATH": os.pathsep.join([noted["bin"], "/usr/bin", "/bin"]),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "PULUMI_HOME": str(self.folder / "pulumi"),
            "PULUMI_BACKEND_URL": (self.folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            **self.emulator.env,
        }

    @property
    def python(self) -> str:
        """The interpreter that runs our verbs."""
        return sys.executable

    @property
    def stack_file(self) -> Path:
        """The stack's settings file."""
        return self.root / f"Pulumi.{self.stack}.yaml"

    def write_settings(self) -> None:
        """Write `settings` into the stack's file; the encryption salt stays."""
        kept = yaml.safe_load(self.stack_file.read_text()) if self.stack_file.exists() else {}
        kept["config"] = {
            f"dynamics-connect:{key}": value for key, value in self.settings.items() if value is not None
        }
        self.stack_file.write_text(yaml.safe_dump(kept))

    def run(self, *command: str, **env: str) -> Done:
        """Run a command in the project's folder."""
        return run_in(self.root, self.env | env, *command)

    def pulumi(self, *arguments: str, **env: str) -> Done:
        """Run plain `pulumi` on this stack."""
        stack = () if arguments[:2] == ("stack", "init") else ("--stack", self.stack)
        return self.run("pulumi", *arguments, *stack, "--non-interactive", **env)

    def connector(self, verb: str, *arguments: str, **env: str) -> Done:
        """Run one of our verbs on this stack."""
        return self.run(
            sys.executable, "-m", "connector", verb, "--stack", self.stack, *arguments, **env
        )

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, the secret in clear."""
        done = self.pulumi("stack", "output", "--json", "--show-secrets")
        assert done.code == 0, done.text
        value: dict[str, Any] = json.loads(done.out)
        return value


def default_settings(emulator: RunningEmulator) -> dict[str, Any]:
    """Settings of a stack in the seeded tenant and its first organization."""
    return {
        "cloud": "emulator",
        "tenantId": CONTOSO,
        "dynamicsUrl": emulator.org(1),
        "displayName": "Marketo Measure (test)",
        "assignments": {"users": ["adele@contoso.example"], "groups": ["Marketing Operations"]},
        "protect": False,
    }


def copy(source: Path, target: Path) -> None:
    """Copy a file, or a folder without compiled code."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)
