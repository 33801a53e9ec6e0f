"""The Pulumi engine: one place for every command that is given to it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connector.cli.events import EventReader
from connector.cli.process import Ran, run_pulumi
from connector.dataverse.reports import Change
from connector.errors import ConnectError, NoSuchStackError
from connector.settings import Settings, load_settings
from connector.stack_outputs import StackOutputs

PROJECT_DIR = Path(__file__).resolve().parent.parent.parent
PREFIX = "dynamics-connect:"


class EngineError(ConnectError):
    """The engine ended with an error; its exit code is passed on."""

    def __init__(self, message: str, *, status: int = 1, code: str = "engine.failed") -> None:
        super().__init__(message, code=code)
        self.exit_code = status or 1  # type: ignore[misc]  # the engine's own code, per instance


class Engine:
    """One stack of the project; `say` receives lines for people."""

    def __init__(self, stack: str | None = None, say: Callable[[str], None] = lambda _: None) -> None:
        """Find the engine and the stack. Raises EngineError or NoSuchStackError."""
        if shutil.which("pulumi") is None:
            message = "no `pulumi` on PATH; run ./scripts/setup, then use ./scripts/connect or scripts/env"
            raise EngineError(message, status=255, code="engine.missing")
        self._say = say
        self.stack = stack or os.environ.get("PULUMI_STACK") or self._selected()

    def _ask(self, *arguments: str) -> str:
        """Run a command that only answers; its output is returned and never shown."""
        ran = run_pulumi([*arguments, "--stack", self.stack], PROJECT_DIR)
        self._check(ran, ran.words)
        return ran.out

    def _check(self, ran: Ran, words: str) -> None:
        if ran.no_such_stack:
            message = (
                f"there is no stack {self.stack!r} in this backend; make it with "
                f"`pulumi stack init {self.stack}`, or name another with --stack"
            )
            raise NoSuchStackError(message, code="stack.unknown", key=self.stack)
        if ran.locked:
            message = (
                f"stack {self.stack} is locked by another run; wait for it, or, when that run is dead, "
                f"free it with `pulumi cancel --stack {self.stack}`"
            )
            raise EngineError(message, status=ran.code, code="engine.locked")
        if ran.code != 0:
            raise EngineError(words, status=ran.code)

    def _selected(self) -> str:
        ran = run_pulumi(["stack", "--show-name"], PROJECT_DIR)
        if ran.code != 0:
            message = "no stack is selected; name one with --stack, or `pulumi stack select NAME`"
            raise NoSuchStackError(message, code="stack.unselected", key="--stack")
        return ran.out.strip()

    def settings(self) -> Settings:
        """The settings that `pulumi up` would use: the stack's file, defaults and all, read by Pulumi.

        Raises SettingsError with every problem, NoSuchStackError, EngineError.
        """
        entries = json.loads(self._ask("config", "--json"))
        raw = {
            key.removeprefix(PREFIX): entry.get("objectValue", entry.get("value"))
            for key, entry in entries.items()
            if key.startswith(PREFIX)
        }
        return load_settings(raw, stack=self.stack, project_dir=PROJECT_DIR)

    def raw_outputs(self) -> dict[str, Any]:
        """The stack's outputs by name, the secret ones in clear; empty when nothing is deployed."""
        outputs: dict[str, Any] = json.loads(self._ask("stack", "output", "--json", "--show-secrets"))
        return outputs

    def outputs(self) -> StackOutputs:
        """The stack's outputs, the client secret kept covered. Raises NoSuchStackError without any."""
        raw = self.raw_outputs()
        if not raw:
            message = f"stack {self.stack} has nothing deployed; run deploy (or `pulumi up`) first"
            raise NoSuchStackError(message, code="stack.empty", key=self.stack)
        return StackOutputs.from_mapping(raw)

    def up(self) -> tuple[Change, ...]:
        """Run `pulumi up` and return the resources that changed. Raises EngineError with its words."""
        return self._update("up")

    def destroy(self) -> tuple[Change, ...]:
        """Run `pulumi destroy` and return the resources that went."""
        return self._update("destroy")

    def unprotect(self) -> None:
        """Lift the protection of every resource of the stack."""
        self._ask("state", "unprotect", "--all", "--yes")

    def _update(self, verb: str) -> tuple[Change, ...]:
        reader = EventReader(self._say)
        arguments = [verb, "--skip-preview", "--yes", "--json", "--stack", self.stack]
        ran = run_pulumi(arguments, PROJECT_DIR, reader.take)
        self._check(ran, reader.failure(ran.words))
        return tuple(reader.changes)
