"""Search for secrets where none may be: files, output, command lines; in every spelling that hides one."""

from __future__ import annotations

import base64
import contextlib
import os
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from emulator.seed.names import LEAK_MARKER

_SKIPPED = {".venv", "plugins"}
_GZIP = b"\x1f\x8b\x08"
_UNPACKED_LIMIT = 64 * 1024 * 1024


def spellings(text: str) -> set[bytes]:
    """The text raw, URL-encoded, and in base64 at each of its three alignments, either alphabet."""
    found = {text.encode(), quote(text, safe="").encode()}
    for shift in range(3):
        raw = base64.b64encode(b"\0" * shift + text.encode())
        # The first and last group mix with what stands around; the middle is the same wherever it is.
        core = raw[4 if shift else 0 : len(raw) // 4 * 4 - 4]
        found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return found


MARKS = spellings(LEAK_MARKER)


def leaks_in(data: bytes, marks: Iterable[bytes] = MARKS) -> bool:
    """True when the data holds the marker in any spelling, wherever gzip hides it."""
    whole = tuple(marks)
    return any(mark in part for part in (data, *_unpacked(data)) for mark in whole)


def _unpacked(data: bytes) -> Iterator[bytes]:
    """What gzip streams in the data hold, one inside another too; the engine keeps such logs of its commands.

    A stream that is cut off, as a killed run leaves it, counts as far as it goes.
    """
    at = data.find(_GZIP)
    while at >= 0:
        inner = zlib.decompressobj(wbits=31)
        with contextlib.suppress(zlib.error):
            found = inner.decompress(data[at:], _UNPACKED_LIMIT)
            yield found
            yield from _unpacked(found)
        at = data.find(_GZIP, at + 1)


def leaking_files(*folders: Path, marks: Iterable[bytes] = MARKS) -> list[Path]:
    """The files under the folders that hold the marker, or bear it in their name (no tools, no links)."""
    found = []
    for folder in folders:
        for place, inner, names in os.walk(folder):
            inner[:] = [n for n in inner if n not in _SKIPPED]
            for name in names:
                path = Path(place) / name
                if path.is_symlink() or not path.is_file():
                    continue
                if leaks_in(os.fsencode(name), marks) or leaks_in(path.read_bytes(), marks):
                    found.append(path)
    return found


class CommandLines:
    """Samples the command lines of a project's processes until closed; `seen` is what it read.

    They are known by their environment, which names the project's folder. Whatever else runs on the
    machine (a person's shell at the emulator, another test) is none of this project's.
    """

    def __init__(self, folder: Path) -> None:
        """Begin sampling what works in *folder*."""
        self.seen: set[bytes] = set()
        self._mark = str(folder).encode()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stop.is_set():
            for path in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):  # a process that has just ended
                    line = (path / "cmdline").read_bytes()
                    if line not in self.seen and self._mark in (path / "environ").read_bytes():
                        self.seen.add(line)
            time.sleep(0.02)

    def close(self) -> bytes:
        """Stop, and return everything that was read."""
        self._stop.set()
        self._thread.join()
        return b"\n".join(self.seen)
