"""`scripts/bench`: a table for people on stdout, and JSON with --json FILE."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.deploy import Measured, measure_deploy
from tests.bench.fleet_preview import measure_preview
from tests.bench.fleet_status import measure_report, measure_status
from tests.bench.half import measure_half
from tests.bench.plan import measure_plan


def main() -> None:
    """Run the benchmark that was asked for."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "what",
        choices=["deploy", "half", "plan", "fleet"],
        help="deploy: from nothing, nothing to do, remove; half: the Dataverse half from stack outputs; "
        "plan: 2,000 privileges, 200 business units; fleet: many stacks side by side",
    )
    parser.add_argument("--stacks", type=int, default=100, help="how many, for fleet")
    parser.add_argument("--beside", type=int, default=1000, help="how many more, for fleet's status")
    parser.add_argument("--part", choices=["preview", "status", "report"], help="one part of fleet alone")
    parser.add_argument("--latency-ms", type=int, help="added to every request (100, for plan 0)")
    parser.add_argument("--runs", type=int, default=1, help="whole lives; the median is printed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as JSON")
    options = parser.parse_args()
    usual = 0 if options.what == "plan" else 100
    latency = usual if options.latency_ms is None else options.latency_ms
    if options.what == "plan":
        commands = measure_plan(latency)
        table = _simple_table(f"Plans of a large role, {latency} ms", commands)
    elif options.what == "fleet":
        _fleet(latency, options)
        return
    elif options.what == "half":
        commands = measure_half(latency)
        table = _simple_table(f"The Dataverse half, {latency} ms added to every request", commands)
    else:
        measured = measure_deploy(latency, options.runs)
        table, commands = _table(measured, latency), [m.to_json() for m in measured]
    _finish(latency, [table], commands, options.json)


def _fleet(latency: int, options: argparse.Namespace) -> None:
    """Preview, status and report of a fleet; or one of them."""
    measured: dict[str, list[dict[str, Any]]] = {}
    if options.part in (None, "preview"):
        measured["preview"] = measure_preview(latency, options.stacks)
    if options.part in (None, "status"):
        measured["status"] = [measure_status(latency, count) for count in (options.stacks, options.beside)]
    if options.part in (None, "report"):
        measured["report"] = [measure_report(1000)]
    title = f"A fleet, {latency} ms added to every request"
    tables = [_simple_table(f"{title}: {name}", rows) for name, rows in measured.items()]
    _finish(latency, tables, [row for rows in measured.values() for row in rows], options.json)


def _finish(latency: int, tables: list[Table], commands: list[dict[str, Any]], file: Path | None) -> None:
    for table in tables:
        Console(width=120).print(table)
    if file:
        body = {"latencyMs": latency, "commands": commands}
        file.write_text(json.dumps(body, indent=1) + "\n")


def _simple_table(title: str, commands: list[dict[str, Any]]) -> Table:
    table = Table(title=title)
    for name in commands[0]:
        table.add_column(name, justify="left" if name in ("command", "result", "hold") else "right")
    for command in commands:
        table.add_row(*(_text(value) for value in command.values()))
    return table


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return " / ".join(str(one) for one in value.values() if one is not None)
    return str(value)


def _table(measured: list[Measured], latency_ms: int) -> Table:
    table = Table(title=f"{latency_ms} ms added to every request")
    for name in ("command", "login", "Graph", "Dataverse", "rounds", "wall s", "floor s", "ratio", "CPU s"):
        table.add_column(name, justify="left" if name == "command" else "right")
    for m in measured:
        counts = [str(m.requests[name]) for name in ("login", "graph", "dataverse")]
        times = [f"{m.wall:.2f}", f"{m.floor:.2f}", f"{m.wall / m.floor:.2f}", f"{m.cpu:.2f}"]
        table.add_row(m.command, *counts, str(m.rounds), *times)
    return table


if __name__ == "__main__":
    main()
