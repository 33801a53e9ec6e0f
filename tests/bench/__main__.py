"""`scripts/bench`: a table for people on stdout, and JSON with --json FILE."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.deploy import Measured, measure_deploy


def main() -> None:
    """Run the benchmark that was asked for."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("what", choices=["deploy"], help="deploy: from nothing, nothing to do, remove")
    parser.add_argument("--latency-ms", type=int, default=100, help="added to every request")
    parser.add_argument("--runs", type=int, default=1, help="whole lives; the median is printed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as JSON")
    options = parser.parse_args()
    measured = measure_deploy(options.latency_ms, options.runs)
    Console(width=120).print(_table(measured, options.latency_ms))
    if options.json:
        body = {"latencyMs": options.latency_ms, "commands": [m.to_json() for m in measured]}
        options.json.write_text(json.dumps(body, indent=1) + "\n")


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
