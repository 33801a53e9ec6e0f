"""How often the verbs start the engine: each start costs a process, and every read of the state is one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack


class CountingProject(Project):
    """A project whose `pulumi` notes each start before it becomes the real one."""

    def starts(self, *verb: str) -> list[str]:
        """The commands that one of our verbs gave to the engine."""
        log = self.folder / "starts"
        log.write_text("")
        command = (self.python, "-m", "connector", *verb, "--stack", self.stack)
        done = self.run(*command, PATH=f"{self._counting(log)}:{self.env['PATH']}")
        assert done.code == 0, done.text
        return log.read_text().splitlines()

    def _counting(self, log: Path) -> Path:
        folder = self.folder / "counting"
        folder.mkdir(exist_ok=True)
        real = shutil.which("pulumi", path=self.env["PATH"])
        wrapper = folder / "pulumi"
        wrapper.write_text(f'#!/bin/sh\necho "$*" >> "{log}"\nexec "{real}" "$@"\n')
        wrapper.chmod(0o755)
        return folder


def test_the_engine_is_started_no_more_often_than_the_work_needs(
    tmp_path: Path, emulator: RunningEmulator
) -> None:
    """Settings, one read of the state, the update; the state is read again only for a secret that is new."""
    stack = CountingProject(tmp_path / "p", emulator)
    assert len(stack.starts("deploy")) == 4
    assert len(stack.starts("deploy")) == 3
    assert len(stack.starts("status")) == 2
    assert len(stack.starts("rotate", "begin")) == 5
    assert len(stack.starts("verify")) == 2
    # It warns of no secret that is not there: the outputs are those of the update before.
    assert stack.connector("handover", "--show-secret", "--json").json["proved"] is True
