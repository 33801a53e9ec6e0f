"""The Pulumi engine, run through the automation API's command: one place for all of its commands."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi.automation import CommandError, PulumiCommand, StackNotFoundError
from pulumi.automation import ConcurrentUpdateError as StackLocked

from connector.cli.events import EventReader
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
        """Find the engine and the stack. Raises EngineError without one, NoSuchStackError without the other."""
        if shutil.which("pulumi") is None:
            message = "no `pulumi` on PATH; run ./scripts/setup, then use ./scripts/connect or scripts/env"
            raise EngineError(message, status=255, code="engine.missing")
        self._command = PulumiCommand(skip_version_check=True)
        self._say = say
        self.stack = stack or os.environ.get("PULUMI_STACK") or self._selected()

    def _run(self, *arguments: str, on_output: Callable[[str], None] | None = None) -> str:
        try:
            return self._command.run(list(arguments), str(PROJECT_DIR), {}, on_output).stdout
        except StackNotFoundError as error:
            raise NoSuchStackError(
                f"there is no stack {self.stack!r} in this backend; make it with "
                f"`pulumi stack init {self.stack}` or name another with --stack",
                code="stack.unknown",
                key=self.stack,
            ) from error

    def _quick(self, *arguments: str) -> str:
        try:
            return self._run(*arguments)
        except StackLocked as error:
            raise _locked(self.stack) from error
        except CommandError as error:
            raise EngineError(_words(error), status=error.code or 1) from error

    def _selected(self) -> str:
        self.stack = ""
        try:
            return self._run("stack", "--show-name").strip()
        except (CommandError, NoSuchStackError) as error:
            message = "no stack is selected; name one with --stack, or `pulumi stack select NAME`"
            raise NoSuchStackError(message, code="stack.unselected", key="--stack") from error

    def settings(self) -> Settings:
        """The settings that `pulumi up` would use: the stack's file, defaults and all, read by Pulumi.

        Raises SettingsError with every problem, NoSuchStackError, EngineError.
        """
        entries = json.loads(self._quick("config", "--json", "--stack", self.stack))
        raw = {
            key.removeprefix(PREFIX): entry.get("objectValue", entry.get("value"))
            for key, entry in entries.items()
            if key.startswith(PREFIX)
        }
        return load_settings(raw, stack=self.stack, project_dir=PROJECT_DIR)

    def raw_outputs(self) -> dict[str, Any]:
        """The stack's outputs by name, the secret ones in clear; empty when nothing is deployed."""
        text = self._quick("stack", "output", "--json", "--show-secrets", "--stack", self.stack)
        outputs: dict[str, Any] = json.loads(text)
        return outputs

    def outputs(self) -> StackOutputs:
        """The stack's outputs, the client secret kept covered."""
        return StackOutputs.from_mapping(self.raw_outputs())

    def up(self) -> tuple[Change, ...]:
        """Run `pulumi up` and return the resources that changed. Raises EngineError with its words."""
        return self._update("up", "--skip-preview")

    def destroy(self) -> tuple[Change, ...]:
        """Run `pulumi destroy` and return the resources that went."""
        return self._update("destroy", "--skip-preview")

    def unprotect(self) -> None:
        """Lift the protection of every resource of the stack."""
        self._quick("state", "unprotect", "--all", "--yes", "--stack", self.stack)

    def _update(self, *arguments: str) -> tuple[Change, ...]:
        reader = EventReader(self._say)
        try:
            self._run(*arguments, "--json", "--yes", "--stack", self.stack, on_output=reader.take)
        except StackLocked as error:
            raise _locked(self.stack) from error
        except CommandError as error:
            raise EngineError(reader.failure(_words(error)), status=error.code or 1) from None
        return tuple(reader.changes)


def _words(error: CommandError) -> str:
    """The engine's standard error out of an automation error, without the rest of its dump."""
    text = str(error)
    _, _, after = text.partition("stderr:")
    return (after or text).strip().removeprefix("error: ")


def _locked(stack: str) -> EngineError:
    message = (
        f"stack {stack} is locked by another run; wait for it, or, when that run is dead, "
        f"free it with `pulumi cancel --stack {stack}`"
    )
    return EngineError(message, status=1, code="engine.locked")
