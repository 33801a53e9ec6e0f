"""A project with a fleet of small stacks, whose profile needs no solution: any organization will do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from emulator.seed import CONTOSO
from tests.support.emulator import RunningEmulator
from tests.support.project import Done, Project

SMALL = """\
title: {title}
permissions: [graph/openid, dynamics-crm/user_impersonation]
role: {{tables: [{{table: lead, depth: organization, rights: [read]}}]}}
"""


PROFILES = {name: SMALL.format(title=name.title()) for name in ("small", "tiny")}


class FleetProject(Project):
    """Stacks by name, each an entry of fleet.yaml; two of one organization differ by profile."""

    def __init__(
        self,
        folder: Path,
        emulator: RunningEmulator,
        stacks: dict[str, dict[str, Any]],
        *,
        profiles: Mapping[str, str] = PROFILES,
        **fleet: Any,
    ) -> None:
        """Write profiles and fleet.yaml, and make the stacks."""
        super().__init__(folder, emulator)
        for name, text in profiles.items():
            (self.root / "profiles" / f"{name}.yaml").write_text(text)
        entries = {name: {"profile": "small", "tenantId": CONTOSO} | entry for name, entry in stacks.items()}
        defaults = {
            "cloud": "emulator",
            "settings": {"assignments": {"users": ["adele@contoso.example"]}, "protect": False},
        }
        file = {"name": "test", "defaults": defaults} | fleet | {"stacks": entries}
        (self.root / "fleet.yaml").write_text(yaml.safe_dump(file, sort_keys=False))
        made = self.fleet("sync", "--create")
        assert made.code == 0, made.text

    @property
    def command(self) -> list[str]:
        """What every verb of a fleet begins with."""
        return [sys.executable, "-m", "connector", "fleet"]

    def fleet(self, *arguments: str, **env: str) -> Done:
        """Run one of the fleet's verbs."""
        return self.run(*self.command, *arguments, **env)

    def record(self, verb: str) -> dict[str, Any]:
        """The record of the last run; empty before there is one."""
        path = self.root / ".local" / "records" / "fleets" / "test" / f"{verb}.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def killed(self, when: Callable[[], bool], *arguments: str) -> None:
        """Start a run, and kill it (and nothing else) as soon as *when* holds."""
        with subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            while process.poll() is None:
                if when():
                    os.kill(process.pid, signal.SIGKILL)
                    break
            else:
                raise AssertionError("the run ended before it could be killed")


def rows(done: Done) -> dict[str, dict[str, Any]]:
    """The stacks of a run's JSON by name."""
    return {row["stack"]: row for row in done.json["stacks"]}
