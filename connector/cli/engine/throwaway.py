"""A preview that leaves no trace: neither in the backend nor in the stack's file.

The engine may write a salt into Pulumi.STACK.yaml, and it previews only stacks that exist. So it is
given a folder that looks like the project, with a copy of that one file; for a stack that does not
exist yet, also a backend of its own, which goes with the folder.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from connector.cli.engine.process import run_pulumi
from connector.cli.engine.pulumi import PROJECT_DIR, Engine, EngineError
from connector.errors import NoSuchStackError
from connector.settings import Settings, check_stack_file
from connector.settings.stack_file import stack_file

_PRIVATE = {".git", ".local"}
_SECRETS = ("secretsprovider", "encryptedkey", "encryptionsalt")


@contextmanager
def throwaway(stack: str | None, say: Callable[[str], None]) -> Iterator[tuple[Engine, Settings, bool]]:
    """An engine for previews of a stack, its settings, and whether the stack is still to be made.

    Raises SettingsError, and NoSuchStackError for a stack that is neither in the backend nor in a file here.
    """
    plain = Engine(stack, say)
    check_stack_file(plain.stack, PROJECT_DIR)
    with tempfile.TemporaryDirectory(prefix="preview-") as name:
        folder = Path(name) / "project"
        own = stack_file(plain.stack, PROJECT_DIR)
        place = folder / own.relative_to(PROJECT_DIR)
        # With `stackConfigDir` it is the whole folder of stacks' files that is no link.
        _look_alike(folder, leave_out=place.relative_to(folder).parts[0])
        place.parent.mkdir(parents=True, exist_ok=True)
        if own.exists():
            shutil.copy2(own, place)
        engine = Engine(plain.stack, say, folder=folder)
        new = False
        try:
            settings = engine.settings()
        except NoSuchStackError:
            if not own.exists():
                raise
            new = True
            engine = _made_apart(plain.stack, say, folder, Path(name) / "state")
            settings = engine.settings()
        yield engine, settings, new


def _look_alike(folder: Path, *, leave_out: str) -> None:
    """A folder of links to everything in the project but one file."""
    folder.mkdir()
    for path in PROJECT_DIR.iterdir():
        if path.name not in _PRIVATE and path.name != leave_out:
            _link(path, folder / path.name)


def _link(path: Path, target: Path) -> None:
    try:
        os.symlink(path, target)
    except OSError:  # Windows asks for a privilege to make links
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy2(path, target)


def _made_apart(stack: str, say: Callable[[str], None], folder: Path, state: Path) -> Engine:
    """The stack in a backend that nobody else sees, under a passphrase that nobody knows."""
    state.mkdir()
    env = {
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16),
        "PULUMI_CONFIG_PASSPHRASE_FILE": "",
    }
    name = stack.rsplit("/", 1)[-1]
    _without_secrets_provider(stack_file(name, folder))
    ran = run_pulumi(["stack", "init", name, "--no-select"], folder, env=env)
    if ran.code != 0:
        raise EngineError(ran.words, status=ran.code)
    return Engine(name, say, folder=folder, env=env)


def _without_secrets_provider(path: Path) -> None:
    """The copy of the stack's file, made for a key vault perhaps, for a passphrase."""
    held: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8-sig")) or {}
    kept = {key: value for key, value in held.items() if key not in _SECRETS}
    path.write_text(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True), encoding="utf-8")
