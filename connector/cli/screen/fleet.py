"""A fleet's run as people follow it: a line a running stack on a terminal, lines in a log, one table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

from rich.cells import cell_len
from rich.console import Group
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from connector import report as words
from connector.cli.screen.console import Screen
from connector.fleet.runs import RunRecord, RunState, StackRun
from connector.text import markdown as as_markdown
from connector.text import markdown_paragraph


class Progress:
    """What runs now. On a terminal the last line of each stack, in a log every line with its stack's name."""

    def __init__(self, screen: Screen, *, quiet: bool = False) -> None:
        """With *quiet* a log shows where each stack begins and ends, and not what it says between."""
        self._voice, self._quiet = screen, quiet
        self._lines: dict[str, str] = {}
        self._live = Live(console=screen.console, transient=True, auto_refresh=False)

    def __enter__(self) -> Progress:
        if self._voice.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live.is_started:
            self._live.stop()

    def begun(self, row: StackRun) -> None:
        """A stack's process is there."""
        self.line(row.stack, "started", always=True)

    def line(self, stack: str, text: str, *, always: bool = False) -> None:
        """A line that a stack said."""
        if self._live.is_started:
            self._lines[stack] = text.strip()
            self._refresh()
        elif always or not self._quiet:
            self._voice.log(stack, text)

    def ended(self, row: StackRun, verb: str) -> None:
        """A stack ended, or was left out."""
        shown = not (self._quiet or self._live.is_started)
        self._lines.pop(row.stack, None)
        self._refresh()
        if row.failed(verb) and row.error is not None and not shown:
            # The table has room for its beginning alone, and what is to be compared stands at the end.
            self._voice.log(row.stack, f"error: {row.cause}")
        told = f"{row.state.value}: {row.cause}" if row.state is RunState.SKIPPED else told_result(row)
        mark = "! " if row.failed(verb) else ""
        self._voice.log(row.stack, f"{mark}{told}")

    def _refresh(self) -> None:
        if self._live.is_started:
            width = self._voice.console.width
            rows = [Text(f"{n} | {line}"[:width]) for n, line in sorted(self._lines.items())]
            self._live.update(Group(*rows), refresh=True)


def told_result(row: StackRun) -> str:
    """How a stack ended, in a few words."""
    code = f", exit code {row.exit_code}" if row.exit_code else ""
    return f"{row.result}{code} ({row.seconds} s)"


def in_order(record: RunRecord) -> list[StackRun]:
    """Failures first, then what a person has to do, what was left out, and what is well."""

    def rank(row: StackRun) -> int:
        if row.failed(record.verb):
            return 0
        return 1 if row.exit_code else 2 if row.state is not RunState.DONE else 3

    return sorted(record.stacks.values(), key=rank)


def show_summary(screen: Screen, record: RunRecord) -> None:
    """One table of all stacks, and one line of counts."""
    rows = []
    for row in in_order(record):
        result = row.result if row.state is RunState.DONE else row.state.value
        code = "" if row.exit_code is None else str(row.exit_code)
        cells = (row.stack, row.ring, row.owner, result, code, str(row.changes), str(row.seconds))
        rows.append(TableRow(cells, words.shortened(row.cause)))
    show_table(screen, ("Stack", "Ring", "Owner", "Result", "Code", "Changes", "Seconds", "Cause"), rows)
    screen.title(counted(record))


def counted(record: RunRecord) -> str:
    """The counts in a sentence."""
    counts = record.counts()
    told = [f"{counts[name]} {name}" for name in ("succeeded", "noted", "failed", "skipped") if counts[name]]
    stacks = words.counted(counts["stacks"], "stack")
    return f"fleet {record.fleet}, {record.verb}: {stacks}, {', '.join(told) or 'none'}"


def markdown(record: RunRecord, sections: Iterable[tuple[StackRun, str]]) -> str:
    """All previews as one page: the counts, what is of interest in full, what is unchanged by name."""
    lines = [f"# Fleet {as_markdown(record.fleet)}", "", as_markdown(counted(record)), ""]
    unchanged: list[str] = []
    full: list[str] = []
    for row, section in sections:
        if row.result == "unchanged" and row.exit_code == 0:
            unchanged.append(row.stack)
        else:
            full.append(section or _untold(row))
    if unchanged:
        lines += [f"Nothing to change in {len(unchanged)}: {as_markdown(', '.join(unchanged))}.", ""]
    return "\n".join([*lines, *full])


def _untold(row: StackRun) -> str:
    """The section of a stack that came to no page of its own."""
    heading = as_markdown(f"{row.stack}: {row.result or row.state.value}")
    return f"## {heading}\n\n{markdown_paragraph(row.cause)}\n"


#: Columns of a terminal below which a cause beside the row would be a ribbon of a few letters.
_ROOM = 140


@dataclass(frozen=True)
class TableRow:
    """One stack's cells, and what is to be said of it; empty where all is well."""

    cells: tuple[str | Text, ...]
    cause: str

    def texts(self) -> list[Text]:
        """The cells as they are printed: what is no Text holds no markup."""
        return [cell if isinstance(cell, Text) else Text(cell) for cell in self.cells]


def show_table(
    screen: Screen, heads: Sequence[str], rows: Sequence[TableRow], *, numbers: Collection[str] = ()
) -> None:
    """Print it; the last of *heads* is that of the causes, those in *numbers* stand to the right."""
    if screen.console.is_terminal and screen.console.width < _ROOM:
        _show_narrow(screen, heads[:-1], rows, numbers)
        return
    table = _table(heads, [None] * len(heads), numbers)
    for row in rows:
        table.add_row(*row.texts(), Text(row.cause))
    screen.print(table)


def _show_narrow(
    screen: Screen, heads: Sequence[str], rows: Sequence[TableRow], numbers: Collection[str]
) -> None:
    """Each row a table of its own with the same widths, since a cause goes over all columns."""
    columns = zip(heads, *(row.texts() for row in rows), strict=True)
    widths = [max(cell_len(str(cell)) for cell in column) for column in columns]
    screen.print(_table(heads, widths, numbers))
    for row in rows:
        table = _table(heads, widths, numbers)
        table.show_header = False
        table.add_row(*row.texts())
        screen.print(table)
        if row.cause:
            screen.console.print(Padding(Text(row.cause), (0, 0, 0, 4)), soft_wrap=False)


def _table(heads: Sequence[str], widths: Sequence[int | None], numbers: Collection[str]) -> Table:
    narrow = any(widths)
    table = Table(box=None, pad_edge=False, padding=(0, 1 if narrow else 2, 0, 0), header_style="bold")
    for name, width in zip(heads, widths, strict=True):
        justify: Literal["left", "right"] = "right" if name in numbers else "left"
        table.add_column(name, overflow="fold", width=width, justify=justify)
    return table
