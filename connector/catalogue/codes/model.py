"""What a code of this tool means: with which exit code it ends, its cause, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Code → exit codes, cause, what to do. Links are those of docs/, and stand in Markdown.
Texts = dict[str, tuple[str, str, str]]
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


@dataclass(frozen=True)
class Code:
    """One code of this tool, as docs/errors.md and `explain` show it."""

    code: str
    exits: str
    cause: str
    fix: str

    def __str__(self) -> str:
        """As a line of text: documents are named by their path in the project."""
        fix = _LINK.sub(_plain_link, self.fix)
        return f"{self.code}: {self.cause}. {fix[:1].upper()}{fix[1:]}. (exit code {self.exits})"


def _plain_link(found: re.Match[str]) -> str:
    words, target = found.groups()
    path = f"docs/{target}"
    return path if target.startswith(words) else f"{words} ({path})"
