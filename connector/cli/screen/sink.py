"""A console that shows what others wrote as text (`connector.text`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from connector.text import TextStream, printable, unguarded, without_commands


class TextConsole(Console):
    """A console whose colours are its own: what it is given to show cannot move its cursor.

    Controls go as pieces are rendered, before colours are added; commands go as lines are written,
    because a cell that is folded begins a line, too.
    """

    @property
    def file(self) -> IO[str]:
        """The stream to write to."""
        stream: Any = TextStream(unguarded(super().file), without_commands)
        return stream  # type: ignore[no-any-return]

    @file.setter
    def file(self, new_file: IO[str]) -> None:
        """Write to another."""
        self._file = new_file

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The pieces of something to show, Rich's own controls and others' text."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else piece._replace(text=printable(piece.text))


def wide(console: Console, width: int) -> TextConsole:
    """Another one on the same stream, for a log in which nothing would fold a table."""
    return TextConsole(file=console.file, width=width, highlight=False, emoji=False)
