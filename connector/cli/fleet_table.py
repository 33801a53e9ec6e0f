"""The table of a fleet: one row a stack, and its cause beside it or, on a narrow terminal, below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from connector.cli.console import Voice

#: Columns of a terminal below which a cause beside the row would be a ribbon of a few letters.
_ROOM = 140
_NUMBERS = frozenset({"Days left"})


@dataclass(frozen=True)
class TableRow:
    """One stack's cells, and what is to be said of it; empty where all is well."""

    cells: tuple[str | Text, ...]
    cause: str

    def texts(self) -> list[Text]:
        """The cells as they are printed: what is no Text holds no markup."""
        return [cell if isinstance(cell, Text) else Text(cell) for cell in self.cells]


def show_table(voice: Voice, heads: Sequence[str], rows: Sequence[TableRow]) -> None:
    """Print it; the last of *heads* is that of the causes."""
    if voice.console.is_terminal and voice.console.width < _ROOM:
        _show_narrow(voice, heads[:-1], rows)
        return
    table = _table(heads, [None] * len(heads))
    for row in rows:
        table.add_row(*row.texts(), Text(row.cause))
    voice.print(table)


def _show_narrow(voice: Voice, heads: Sequence[str], rows: Sequence[TableRow]) -> None:
    """Each row a table of its own with the same widths, since a cause goes over all columns."""
    columns = zip(heads, *(row.texts() for row in rows), strict=True)
    widths = [max(cell_len(str(cell)) for cell in column) for column in columns]
    voice.print(_table(heads, widths))
    for row in rows:
        table = _table(heads, widths)
        table.show_header = False
        table.add_row(*row.texts())
        voice.print(table)
        if row.cause:
            voice.console.print(Padding(Text(row.cause), (0, 0, 0, 4)), soft_wrap=False)


def _table(heads: Sequence[str], widths: Sequence[int | None]) -> Table:
    narrow = any(widths)
    table = Table(box=None, pad_edge=False, padding=(0, 1 if narrow else 2, 0, 0), header_style="bold")
    for name, width in zip(heads, widths, strict=True):
        table.add_column(
            name, overflow="fold", width=width, justify="right" if name in _NUMBERS else "left"
        )
    return table
