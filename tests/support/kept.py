"""A stack at a moment, to go back to: its file, state and records, and all objects of its emulator."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.project import Project

_PARTS = ("state", "project/.local")


class Kept:
    """What a stack and its emulator were when this was made; `secret` holds the outputs, in clear."""

    def __init__(self, stack: Project, folder: Path) -> None:
        """Keep it in *folder*."""
        self.stack, self.folder, self.secret = stack, folder, stack.outputs()
        self.database = stack.emulator.keep()
        for part in _PARTS:
            if (stack.folder / part).exists():
                shutil.copytree(stack.folder / part, folder / part)
        self.file = stack.stack_file.read_text()

    def go_back(self) -> None:
        """Everything as it was kept."""
        for part in _PARTS:
            shutil.rmtree(self.stack.folder / part, ignore_errors=True)
            if (self.folder / part).exists():
                shutil.copytree(self.folder / part, self.stack.folder / part)
        self.stack.stack_file.write_text(self.file)
        self.stack.emulator.reset(self.database)
