"""A plan as people read it: the role as tables, rights and depth, then everything else, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connector.cli.screen.sink import wide
from connector.dataverse.matrix import Cell, MatrixRow
from connector.dataverse.reports import ApplyReport, PlanReport
from connector.interrupts import is_worker
from connector.report import WRITES, Action, Change, counted
from connector.settings.values import Right
from connector.text import markdown as as_markdown
from connector.text import one_line

Planned = PlanReport | ApplyReport
HEAD = ("Table", "Create", "Read", "Write", "Delete", "Append", "Append to", "Assign", "Share", "From")
LEGEND = (
    "org = organization, p+c = parent and child units, unit = business unit, user = own rows. + added, "
    "- removed, a→b changed, ! differs and is left, … waits for the solution; (in brackets): not asked for "
    "on this table, but it shares the privilege of one that is"
)
SIGNS = {
    Action.ADDED: ("+", "green"),
    Action.CHANGED: ("~", "yellow"),
    Action.REMOVED: ("-", "red"),
    Action.KEPT: ("=", "dim"),
    Action.FOREIGN: ("!", "magenta"),
    Action.PENDING: ("…", "cyan"),
}
_WORDS = {"Basic": "user", "Local": "unit", "Deep": "p+c", "Global": "org", "": "none"}
_WIDTH = 140
_SHOWN = 6


def show(console: Console, report: Planned) -> None:
    """Print a plan; the matrix where a cell of it changes, waits or differs, one line where nothing does."""
    if not of_interest(report):
        tables = sum(1 for row in report.matrix if row.cells)
        held = counted(report.privileges.wanted, "privilege")
        console.print(f"  nothing to change: {held} on {counted(tables, 'table')}")
        return
    cells = (cell for row in report.matrix for cell in row.cells.values())
    _show(console, report, matrix=any(cell.action is not Action.KEPT for cell in cells))


def show_whole(console: Console, report: Planned) -> None:
    """Print the matrix and the other lines, whatever they say."""
    _show(console, report, matrix=True)


def _show(console: Console, report: Planned, *, matrix: bool) -> None:
    if matrix and not is_worker():  # a reviewer reads the preview's page; a fleet's log would drown in tables
        _show_matrix(console, report)
    for change in other_changes(report):
        sign, colour = SIGNS[change.action]
        console.print(f"  [{colour}]{escape(one_line(f'{sign} {_sentence(change)}'))}[/{colour}]")
    if never := never_held(report):
        console.print(f"  [dim]{escape(never)}[/dim]")
    if lacking := _lacking(report):
        console.print(f"  [magenta]{escape(lacking)}[/magenta]")
    console.print(f"  {escape(summary(report))}")


def _show_matrix(console: Console, report: Planned) -> None:
    roomy = console if console.is_terminal else wide(console, _WIDTH)
    roomy.print(_table(report.matrix))
    console.print(f"  [dim]{escape(LEGEND)}[/dim]")


def of_interest(report: Planned) -> bool:
    """Whether anything is written, waits, or is not as wanted."""
    return any(change.action is not Action.KEPT for change in report.changes)


def summary(report: Planned) -> str:
    """How many lines of each action there are; a table without rights of its own is none."""
    lines = [change for change in report.changes if change.kind != "table"]
    counts = {action: sum(1 for line in lines if line.action is action) for action in Action}
    told = ", ".join(f"{count} {action.value}" for action, count in counts.items() if count)
    if isinstance(report, ApplyReport):
        return told
    writes = sum(counts[action] for action in WRITES)
    return f"{told}; {'nothing to write' if not writes else 'apply writes what is + ~ -'}"


def never_held(report: Planned) -> str:
    """What the profile forbids, by right; empty for a report that does not say."""
    by_right: dict[str, list[str]] = {}
    for text in report.forbidden if isinstance(report, PlanReport) else ():
        right, _, table = text.partition(" on ")
        by_right.setdefault(right, []).append(table)
    told = (f"{right} on {', '.join(tables)}" for right, tables in by_right.items())
    return f"never to be held: {'; '.join(told)}" if by_right else ""


def _lacking(report: Planned) -> str:
    names = report.caller_lacks if isinstance(report, PlanReport) else ()
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    listed = ", ".join(names[:_SHOWN]) + more
    return f"! this caller could not apply it: it lacks {listed}" if names else ""


def other_changes(report: Planned) -> Iterator[Change]:
    """The lines that no cell of the matrix shows, what is kept left out."""
    in_cells = {cell.privilege for row in report.matrix for cell in row.cells.values()}
    pending = {f"{right.value} on {row.table}" for row in report.matrix for right in row.cells}
    for change in report.changes:
        shown = change.kind == "privilege" and change.name in in_cells | pending
        if change.action is not Action.KEPT and not shown:
            yield change


def _sentence(change: Change) -> str:
    return f"{change.kind} {change.name}" + (f"  {change.detail}" if change.detail else "")


def _table(matrix: Sequence[MatrixRow]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in HEAD:
        table.add_column(name, overflow="fold")
    for row in matrix:
        cells = (row.cells.get(right) for right in Right)
        coloured = (f"[{SIGNS[c.action][1]}]{escape(text(c))}[/]" if c else "[dim]·[/dim]" for c in cells)
        table.add_row(escape(row.table), *coloured, escape(origin(row)))
    return table


def text(cell: Cell) -> str:
    """One cell in the words of the legend."""
    now, before = _WORDS.get(cell.depth, cell.depth), _WORDS.get(cell.before, cell.before)
    told = {
        Action.ADDED: f"+{now}",
        Action.CHANGED: f"{before}→{now}",
        Action.REMOVED: f"-{before}",
        Action.FOREIGN: f"!{before}",
        Action.PENDING: f"…{now}",
    }.get(cell.action, now)
    asked = not cell.shared or cell.action in (Action.REMOVED, Action.FOREIGN)
    return told if asked else f"({told})"


def origin(row: MatrixRow) -> str:
    """Where a row's lines come from, or why it has no cells."""
    return row.note or ", ".join(row.basis) or "nothing asks for it"


def markdown(report: Planned, title: str) -> str:
    """The plan for a pull request."""
    lines = [f"### {as_markdown(title)}", "", summary(report), ""]
    lines += [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    for row in report.matrix:
        cells = (row.cells.get(right) for right in Right)
        lines.append(markdown_row(row.table, *(text(cell) if cell else "" for cell in cells), origin(row)))
    lines += ["", LEGEND, "", as_markdown(never_held(report)), ""]
    lines += [as_markdown(_lacking(report).lstrip("! ")), ""]
    changes = list(other_changes(report))
    if changes:
        lines += ["| | What | Name | Detail |", "|---|---|---|---|"]
        lines += [markdown_row(SIGNS[c.action][0], c.kind, c.name, c.detail) for c in changes]
    page = "\n".join(lines).rstrip() + "\n"
    while "\n\n\n" in page:
        page = page.replace("\n\n\n", "\n\n")
    return page


def markdown_row(*cells: str) -> str:
    """One row of a Markdown table; what a cell holds cannot end it or become markup."""
    return f"| {' | '.join(as_markdown(cell) for cell in cells)} |"
