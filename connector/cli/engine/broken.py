"""A local file backend whose files a killed engine left torn: made whole, so that the next run can read them.

The engine writes a checkpoint `STACK.json` through a file beside it, but the attributes of that
file (`STACK.json.attrs`, gocloud.dev's fileblob) in place: killed between, it leaves them empty, and
every command then fails with `failed to load checkpoint: EOF`. Nothing is lost: attributes are only
a checksum and a media type, and without the file the backend takes its defaults. A checkpoint that is
itself torn (a machine that lost its power) is put back from `STACK.json.bak`, one write older; what
that write knew is found in the tenant, as after any other killed run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from connector.cli.engine.locks import is_left, locks_folder, read_locks

_TORN = re.compile(r"failed to load checkpoint: .*(EOF|unexpected end of JSON input)", re.DOTALL)
_VARIANTS = (".json", ".json.gz", ".json.zst")


def is_torn(words: str) -> bool:
    """Whether the engine could not read a checkpoint to its end."""
    return _TORN.search(words) is not None


def make_whole(root: Path | None, project: str, stack: str) -> str:
    """Mend the files of one stack and say what was done; an empty text where nothing could be.

    *root* is the folder of the backend's files. Untouched: backends elsewhere (None), and a stack that
    another run may be writing just now: one with a lock whose run is not known to be dead.
    """
    name = stack.rsplit("/", 1)[-1]
    if root is None or _is_held(locks_folder(root, project, stack), stack):
        return ""
    checkpoints = [root / "stacks" / project / f"{name}{end}" for end in _VARIANTS]
    # Files of another user stay as they are: the engine's own error is then shown.
    with suppress(OSError):
        return "; ".join([*_forgotten(checkpoints), *_put_back(checkpoints[0])])
    return ""


def _attributes(file: Path) -> Path:
    return file.with_name(f"{file.name}.attrs")


def _forgotten(checkpoints: Iterable[Path]) -> Iterable[str]:
    for file in map(_attributes, checkpoints):
        if file.exists() and not _is_json(file):
            file.unlink(missing_ok=True)
            yield f"{file.name} was torn and is gone; it held nothing but a checksum"


def _put_back(checkpoint: Path) -> Iterable[str]:
    backup = checkpoint.with_name(f"{checkpoint.name}.bak")
    if not checkpoint.exists() or _is_json(checkpoint) or not _is_json(backup):
        return
    shutil.copy2(checkpoint, checkpoint.with_name(f"{checkpoint.name}.torn"))
    beside = checkpoint.with_name(f"{checkpoint.name}.new")
    shutil.copy2(backup, beside)
    os.replace(beside, checkpoint)
    # Their checksum is of the file that was there.
    _attributes(checkpoint).unlink(missing_ok=True)
    yield f"{checkpoint.name} was torn: {backup.name} is in its place, the torn one is {checkpoint.name}.torn"


def _is_json(file: Path) -> bool:
    with suppress(OSError, ValueError):
        json.loads(file.read_text(encoding="utf-8"))
        return True
    return False


def _is_held(locks: Path, stack: str) -> bool:
    try:
        return not all(is_left(lock, stack) for lock in read_locks(locks))
    except OSError:
        return True
