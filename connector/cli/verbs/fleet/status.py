"""`fleet status`: every stack at a glance, from records and direct reads, without the engine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from connector.cli.engine.pulumi import PROJECT_DIR
from connector.cli.options import Json, Records
from connector.cli.paths import file_to_write, records_folder, refused
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.cli.screen.fleet import TableRow, show_table
from connector.cli.verbs.fleet.job import FleetError
from connector.cli.verbs.fleet.options import File, InRing, Only, Shard, read_fleet
from connector.errors import worst
from connector.fleet import Fleet, FleetStack
from connector.fleet.columns import Cell, table_columns, to_json
from connector.fleet.report import report_page
from connector.fleet.rows import StackStatus, StatusRow, by_urgency, counts
from connector.fleet.selection import select
from connector.fleet.status import AT_ONCE, Workspace, read_fleet_status
from connector.report import counted, first_few

_STYLES = {"bad": "red", "warn": "yellow", "good": "green"}


@dataclass(frozen=True)
class StatusOptions:
    """Which stacks, and how."""

    records: str | None = None
    soon_days: int | None = None
    concurrency: int | None = None
    report: str | None = None


def fleet_status(  # noqa: PLR0913, PLR0917  # options of a command line
    file: File = None,
    only: Only = None,
    ring: InRing = None,
    shard: Shard = None,
    records: Records = None,
    soon_days: Annotated[
        int | None,
        typer.Option(min=0, help="Days before an end that count as soon (30, a sixth of a lifetime)."),
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option("--concurrency", min=1, help="Stacks read side by side (3).")
    ] = None,
    report: Annotated[
        str | None, typer.Option("--report", help="Write one HTML page for people there.")
    ] = None,
    json: Json = False,
) -> None:
    """Show how every stack stands: drift, consent, days left, last proof; reads only, without the engine."""

    def work(screen: Screen) -> Outcome:
        fleet = read_fleet(file)
        chosen = select(fleet, only=only or (), ring=ring, shard=shard)
        return _status(screen, fleet, chosen, StatusOptions(records, soon_days, concurrency, report))

    run_verb("fleet status", Screen(as_json=json), work)


def _status(screen: Screen, fleet: Fleet, chosen: Sequence[FleetStack], options: StatusOptions) -> Outcome:
    """Read the stacks and tell; the exit code is that of the worst."""
    at_once = options.concurrency or AT_ONCE
    screen.title(f"Fleet {fleet.name}: status of {counted(len(chosen), 'stack')}, {at_once} at a time")
    page = file_to_write("--report", options.report, code="fleet.report")
    workspace = Workspace(PROJECT_DIR, records_folder(options.records), os.environ)
    reading = read_fleet_status(chosen, workspace, at_once=at_once, soon_days=options.soon_days)
    rows = by_urgency(asyncio.run(reading))
    show_rows(screen, rows)
    screen.title(f"fleet {fleet.name}: {_counted(rows)}")
    if page is not None:
        _write_report(screen, fleet, rows, page)
    return Outcome(_body(fleet, rows), _error(rows))


def _write_report(screen: Screen, fleet: Fleet, rows: Sequence[StatusRow], path: Path) -> None:
    try:
        path.write_text(report_page(fleet.name, rows), encoding="utf-8", newline="\n")
    except OSError as error:
        why = f"cannot be written: {error.strerror}"
        raise refused("--report", str(path), why, code="fleet.report") from error
    screen.say(f"{path}: the report")


def show_rows(screen: Screen, rows: Sequence[StatusRow]) -> None:
    """Print the table."""
    *columns, last = table_columns()
    shown = [
        TableRow(tuple(_text(column.in_table(row)) for column in columns), last.in_table(row).text)
        for row in rows
    ]
    numbers = [column.heading for column in columns if column.is_number]
    show_table(screen, [column.heading for column in (*columns, last)], shown, numbers=numbers)


def _text(cell: Cell) -> Text:
    return Text.assemble((cell.text, _STYLES.get(cell.tone, "")))


def _counted(rows: Sequence[StatusRow]) -> str:
    found = counts(rows)
    told = [f"{found[one.value]} {one.value.replace('_', ' ')}" for one in StackStatus if found[one.value]]
    return f"{counted(found['stacks'], 'stack')}, {', '.join(told) or 'none'}"


def _body(fleet: Fleet, rows: Sequence[StatusRow]) -> dict[str, Any]:
    fine = all(row.state is StackStatus.IN_ORDER for row in rows)
    return {
        "fleet": fleet.name,
        "result": "in_order" if fine else "attention",
        "counts": counts(rows),
        "stacks": [to_json(row) for row in rows],
        "requests": sum(row.requested.requests for row in rows),
    }


def _error(rows: Sequence[StatusRow]) -> FleetError | None:
    told = [row for row in rows if row.exit_code]
    if not told:
        return None
    code = worst(row.exit_code for row in told)
    named = first_few([f"{row.name} ({row.exit_code})" for row in told])
    message = f"{_counted(rows)}; by exit code: {named}"
    return FleetError(message, status=code, code="fleet.attention", key=told[0].name)
