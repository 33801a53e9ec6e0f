"""Python files as syntax trees."""

from __future__ import annotations

import ast
import gc
from pathlib import Path


def parsed(path: Path) -> ast.Module:
    """Parse a file, with the garbage collector at rest.

    CPython before 3.11.8 counts its parser's depth in one place: what the collector runs in the
    middle (a traceback that is formatted parses, too) ends in a SystemError (cpython issue 106905).
    """
    text = path.read_text(encoding="utf-8")
    gc.disable()
    try:
        return ast.parse(text, str(path))
    finally:
        gc.enable()
