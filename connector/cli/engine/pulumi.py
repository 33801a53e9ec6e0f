"""The Pulumi engine: one place for every command that is given to it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connector.catalogue.explain import explain
from connector.cli.app import BLANK, is_blank
from connector.cli.engine.backend import backend_url, root_of
from connector.cli.engine.broken import is_torn, make_whole
from connector.cli.engine.events import EventReader
from connector.cli.engine.locks import StackLocks, refusal
from connector.cli.engine.preview import changes_in, differences_in, errors_in, read_digest
from connector.cli.engine.process import Ran, run_pulumi
from connector.errors import ConnectError, NoSuchStackError, Problem, SettingsError
from connector.naming import PROJECT
from connector.report import Change
from connector.settings import Settings, check_endpoints, check_stack_file, covered, load_settings
from connector.settings.stack_file import check_files_endpoints
from connector.stack.outputs import StackOutputs, outputs_after, outputs_in
from connector.stack.state import StackState

PROJECT_DIR = Path(__file__).resolve().parents[3]
PREFIX = f"{PROJECT}:"
# components/imports.py reads it; that room and this one know nothing of each other but this name.
_IMPORTS = "CONNECT_IMPORTS"


class EngineError(ConnectError):
    """The engine ended with an error; its exit code is passed on."""

    def __init__(
        self, message: str, *, status: int = 1, code: str = "engine.failed", key: str | None = None
    ) -> None:
        super().__init__(message, code=code, key=key)
        self.exit_code = status or 1


def with_explanation(words: str) -> str:
    """The engine's own words, and what they mean where the catalogue knows it and they do not say it yet."""
    known = explain(words)
    if known is None or known.cause in words:
        return words
    return f"{words}\n{known}"


def _of_project(entries: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {key: entry for key, entry in entries.items() if key.startswith(PREFIX)}


class Engine:
    """One stack of the project; `say` receives lines for people."""

    def __init__(
        self,
        stack: str | None = None,
        say: Callable[[str], None] = lambda _: None,
        *,
        folder: Path = PROJECT_DIR,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Find the engine and the stack; *folder* and *env* are those of a preview that leaves no trace.

        Raises SettingsError for a blank name, EngineError or NoSuchStackError.
        """
        if is_blank(stack):
            raise SettingsError([Problem("stack.blank", "--stack", "", BLANK)], where="the command line")
        if shutil.which("pulumi") is None:
            message = "no `pulumi` on PATH; run ./scripts/setup, then use ./scripts/connect or scripts/env"
            raise EngineError(message, status=255, code="engine.missing")
        self._say, self._folder, self._env = say, folder, dict(env or {})
        self._snapshot: dict[str, Any] | None = None
        self._opened = False
        self._outputs: dict[str, Any] | None = None
        self.stack = stack or os.environ.get("PULUMI_STACK") or self._selected()
        self._locks = StackLocks(self.stack, self._root, say)

    def _ask(self, *arguments: str) -> str:
        """Run a command that only answers; its output is returned and never shown."""
        command = [*arguments, "--stack", self.stack]
        ran = run_pulumi(command, self._folder, env=self._env)
        while self._cleared(ran):
            ran = run_pulumi(command, self._folder, env=self._env)
        self.check(ran, ran.words)
        return ran.out

    def _tell(self, *arguments: str) -> None:
        """Run a command that writes the state: what was read of it is old from here on."""
        self.forget()
        self._ask(*arguments)

    def _cleared(self, ran: Ran) -> bool:
        """Whether a command failed for what a dead run left, and that is out of its way now."""
        freed = self._locks.are_met_by(ran) and self._locks.free()
        cleared = freed or self._made_whole(ran)
        if cleared:
            self.forget()
        return cleared

    def _made_whole(self, ran: Ran) -> bool:
        """Whether a command met a checkpoint that a dead run left torn, which is whole now."""
        if ran.code == 0 or not is_torn(ran.err + ran.out):
            return False
        done = make_whole(self._root(), PROJECT, self.stack)
        if done:
            self._say(f"a run was killed while it wrote the stack's state: {done}")
        return bool(done)

    def _root(self) -> Path | None:
        """The folder of the backend's files, where it is a folder of this machine."""
        return root_of(backend_url(self._folder, {**os.environ, **self._env}), self._folder)

    def ask_locks(self) -> str:
        """Read the stack's locks before something is written; where they cannot be read, a sentence says so.

        Raises EngineError for the lock of a run that is not known to be dead; one that is gives way.
        """
        if self._locks.free():
            self.forget()
        held = self._locks.held()
        if held is None:
            return (
                f"whether another run is at work on stack {self.stack} was not asked before writing: only a "
                "backend that is a folder of this machine shows its locks without taking one"
            )
        if held:
            raise EngineError(refusal(self.stack, held), code="engine.locked", key=self.stack)
        return ""

    def check(self, ran: Ran, words: str) -> None:
        """Raise what a command that failed means: NoSuchStackError, or EngineError with its *words*."""
        if ran.no_such_stack:
            message = (
                f"there is no stack {self.stack!r} in this backend; make it with "
                f"`pulumi stack init {self.stack}`, or name another with --stack"
            )
            raise NoSuchStackError(message, code="stack.unknown", key=self.stack)
        if ran.code != 0 and (held := self._locks.refusal_of(ran)):
            raise EngineError(held, status=ran.code, code="engine.locked", key=self.stack)
        if ran.code != 0:
            raise EngineError(with_explanation(words), status=ran.code)

    def _selected(self) -> str:
        ran = run_pulumi(["stack", "--show-name"], PROJECT_DIR)
        if ran.code != 0 and not ran.no_such_stack:
            raise EngineError(with_explanation(ran.words), status=ran.code)
        if ran.code != 0:
            message = "no stack is selected; name one with --stack, or `pulumi stack select NAME`"
            raise NoSuchStackError(message, code="stack.unselected", key="--stack")
        return ran.out.strip()

    def settings(self) -> Settings:
        """The settings that `pulumi up` would use: the stack's file, defaults and all, read by Pulumi.

        Raises SettingsError with every problem, NoSuchStackError, EngineError.
        """
        check_stack_file(self.stack, self._folder)
        environ = {**os.environ, **self._env}
        check_files_endpoints(self.stack, self._folder, environ)
        everything = self._config()
        config = {key.removeprefix(PREFIX): entry for key, entry in _of_project(everything).items()}
        raw = {key: entry.get("objectValue", entry.get("value")) for key, entry in config.items()}
        kept = {key: raw[key] for key, entry in config.items() if entry.get("secret")}
        try:
            settings = load_settings(raw, stack=self.stack, project_dir=PROJECT_DIR)
        except SettingsError as error:
            raise SettingsError(covered(error.problems, kept), where=error.where) from None
        check_endpoints(settings.cloud, environ, everything)
        for warning in covered(settings.warnings, kept):
            self._say(f"warning: {warning}")
        return settings

    def _config(self) -> dict[str, dict[str, Any]]:
        """The configuration, this project's entries in clear: what the program reads is read here."""
        entries: dict[str, dict[str, Any]] = json.loads(self._ask("config", "--json"))
        # Decrypting asks for the passphrase or the key vault, so it is asked for only where it has to be.
        if any(entry.get("secret") for entry in _of_project(entries).values()):
            entries |= _of_project(json.loads(self._ask("config", "--json", "--show-secrets")))
        return entries

    def raw_outputs(self) -> dict[str, Any]:
        """The stack's outputs by name, the secret ones in clear; empty when nothing is deployed."""
        if self._outputs is None:
            self._outputs = outputs_in(self.exported(opened=True))
        return self._outputs

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

    def take_over(self, imports: Mapping[str, str], base: str) -> tuple[Change, ...]:
        """Import resources into the state as they are: name → import id; nothing is written.

        *base* names the components that they belong to.
        """
        targets = [part for name in (base, *imports) for part in ("--target", f"**::{name}")]
        return self._update("up", *targets, env={_IMPORTS: json.dumps(dict(imports))})

    def rename(self, urn: str, name: str) -> None:
        """Give a resource of the state another name; nothing in the tenant changes."""
        self._tell("state", "rename", urn, name, "--yes")

    def refresh(self, *urns: str) -> None:
        """Bring the state in line with the tenant and forget operations that a dead run left half-done.

        With URNs, those resources alone.
        """
        targets = [part for urn in urns for part in ("--target", urn)]
        self._update("refresh", "--clear-pending-creates", *targets)

    def state(self, *, opened: bool = False) -> StackState:
        """What the state knows; ids and names only. *opened* saves a read where outputs are wanted, too."""
        return StackState.from_export(self.exported(opened=opened))

    def destroy(self) -> tuple[Change, ...]:
        """Run `pulumi destroy` and return the resources that went."""
        return self._update("destroy")

    def preview(self) -> tuple[Change, ...]:
        """What `pulumi up` would do to resources, from `pulumi preview --json`. Raises EngineError."""
        return changes_in(self._previewed())

    def differences(self) -> tuple[Change, ...]:
        """The same, one line for each property that would change, with both values."""
        return differences_in(self._previewed())

    def previewed(self, *command: str, env: Mapping[str, str] | None = None) -> Ran:
        """The preview of a command (`preview`, `refresh --preview-only`), good or bad, as it ran."""
        arguments = [*command, "--json", "--stack", self.stack]
        return run_pulumi(arguments, self._folder, env={**self._env, **(env or {})})

    def _previewed(self) -> dict[str, Any]:
        ran = self.previewed("preview")
        digest = read_digest(ran.out)
        self.check(ran, errors_in(digest) or ran.words or "the engine gave no reason")
        return digest

    def exported(self, *, opened: bool = False) -> dict[str, Any]:
        """The stack's state as the engine keeps it, secrets in clear where *opened* and else encrypted.

        It is read once and serves until something writes, or may have: see `forget`.
        """
        if self._snapshot is None or (opened and not self._opened):
            clear = ["--show-secrets"] if opened else []
            self._snapshot, self._opened = json.loads(self._ask("stack", "export", *clear)), opened
        return self._snapshot

    def forget(self) -> None:
        """Drop the snapshot: whatever writes does, and whoever waited for a person or for another run."""
        self._snapshot, self._opened, self._outputs = None, False, None

    def unprotect(self, *urns: str) -> None:
        """Lift the protection of the resources named, or of every resource of the stack."""
        self._tell("state", "unprotect", *(urns or ["--all"]), "--yes")

    def protect(self, urn: str) -> None:
        """Put one resource's protection back."""
        self._tell("state", "protect", urn, "--yes")

    def _update(self, verb: str, *options: str, env: Mapping[str, str] | None = None) -> tuple[Change, ...]:
        before = outputs_in(self._snapshot) if self._snapshot and self._opened else {}
        self.forget()
        arguments = [verb, "--skip-preview", "--yes", "--json", "--stack", self.stack, *options]
        ran, reader = self._run(arguments, env)
        while self._cleared(ran):
            ran, reader = self._run(arguments, env)
        self.check(ran, reader.failure(ran.words))
        self._outputs = outputs_after(before, reader.outputs) if verb == "up" else None
        return tuple(reader.changes)

    def _run(self, arguments: Sequence[str], env: Mapping[str, str] | None) -> tuple[Ran, EventReader]:
        reader = EventReader(self._say)
        return run_pulumi(arguments, self._folder, reader.take, {**self._env, **(env or {})}), reader
