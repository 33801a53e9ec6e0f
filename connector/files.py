"""Files that are written whole or not at all: a run that is killed leaves no half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def read_exactly(path: Path) -> str:
    """A text file with the line ends that it has, those of Windows too, and with its byte order mark."""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def write_whole(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write through a file beside it; one that is there keeps its mode, a new one gets *mode*.

    A link stays one: the file that it leads to is written.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        if path.exists():
            shutil.copymode(path, name)
        else:
            os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
