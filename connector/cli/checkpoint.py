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
from urllib.parse import urlsplit
from urllib.request import url2pathname

from connector.cli.locks import is_dead_there

_TORN = re.compile(r"failed to load checkpoint: .*(EOF|unexpected end of JSON input)", re.DOTALL)
_VARIANTS = (".json", ".json.gz", ".json.zst")


def is_torn(words: str) -> bool:
    """Whether the engine could not read a checkpoint to its end."""
    return _TORN.search(words) is not None


def make_whole(backend: str, project: str, stack: str) -> str:
    """Mend the files of one stack and say what was done; an empty text where nothing could be.

    *backend* is its URL. Untouched: backends elsewhere, and a stack that another run may be writing
    just now, which is one whose lock is not known to be of a dead process of this machine.
    """
    root = _folder(backend)
    name = stack.rsplit("/", 1)[-1]
    if root is None or _is_held(root / "locks" / "organization" / project / name):
        return ""
    checkpoints = [root / "stacks" / project / f"{name}{end}" for end in _VARIANTS]
    # Files of another user stay as they are: the engine's own error is then shown.
    with suppress(OSError):
        return "; ".join([*_forgotten(checkpoints), *_put_back(checkpoints[0])])
    return ""


def _folder(backend: str) -> Path | None:
    """The folder of a `file://` backend's own files, where `~` and `.` are the engine's to read."""
    parts = urlsplit(backend)
    if parts.scheme != "file":
        return None
    path = Path(url2pathname(parts.netloc + parts.path)).expanduser()
    return path / ".pulumi" if path.is_absolute() else None


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


def _is_held(locks: Path) -> bool:
    return any(not _is_left(file) for file in locks.glob("*.json"))


def _is_left(lock: Path) -> bool:
    """Whether a lock's holder is dead; a lock that cannot be read is not known to be."""
    try:
        held = json.loads(lock.read_text(encoding="utf-8"))
        return is_dead_there(str(held["hostname"]), int(held["pid"]))
    except FileNotFoundError:
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
