"""What people see: everything on stderr, one JSON object on stdout when it is asked for."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from connector.cli.screen import plan as plan_view
from connector.cli.screen.plan import SIGNS
from connector.cli.screen.sink import TextConsole, wide
from connector.dataverse.reports import ProofReport
from connector.errors import ConnectError
from connector.report import Action, Change, Report, Verdict
from connector.text import json_text, one_line

_READABLE = 12
_WIDE = 200


def is_person_there() -> bool:
    """Whether somebody can answer: standard input is a terminal, and was not closed (`<&-`)."""
    return sys.stdin is not None and sys.stdin.isatty()


def typed() -> str:
    """What a person types in a line; nothing where they end the input (Ctrl-D), which confirms nothing."""
    try:
        return input().strip()
    except EOFError:
        return ""


class Screen:
    """Speaks to people on stderr and to programs on stdout."""

    def __init__(self, *, as_json: bool) -> None:
        """Without a terminal nothing animates and nothing is coloured (Rich sees to it)."""
        self.as_json = as_json
        self._notes: dict[str, str] = {}
        self.console = TextConsole(stderr=True, highlight=False, soft_wrap=True, emoji=False)

    def say(self, text: str) -> None:
        """One line of progress."""
        self.console.print(f"  {escape(text)}")

    def note(self, member: str, text: str) -> None:
        """One line that stands in the result, too, as a member of its own; said once."""
        if self._notes.get(member) != text:
            self._notes[member] = text
            self.say(text)

    def log(self, name: str, text: str) -> None:
        """A line of one of many that run side by side."""
        self.console.print(f"[bold]{escape(name)}[/bold] | {escape(text)}")

    def print(self, what: RenderableType) -> None:
        """A table or the like; wide where there is no terminal that would fold it."""
        if self.console.is_terminal:
            self.console.print(what)
        else:
            wide(self.console, _WIDE).print(what)

    def lines(self, text: str) -> None:
        """Lines that stand as they are, such as a patch."""
        self.console.print(escape(text.rstrip("\n")))

    def title(self, text: str) -> None:
        """The heading of a step."""
        self.console.print(f"[bold]{escape(one_line(text))}[/bold]")

    def changes(self, changes: tuple[Change, ...]) -> None:
        """The lines of a plan that are of interest: all but what was kept; many privileges as a count."""
        for change in (c for c in changes if c.action is not Action.KEPT):
            many = self._many(changes, change)
            if many and change is many[0]:
                self._change(change.action, f"{len(many)} privileges  (each one with --json)")
            elif not many:
                detail = f"  {change.detail}" if change.detail else ""
                self._change(change.action, f"{change.kind} {change.name}{detail}")

    def plan(self, report: plan_view.Planned) -> None:
        """The Dataverse half as it was planned: tables, rights and depth, and every other line."""
        plan_view.show(self.console, report)

    def _change(self, action: Action, text: str) -> None:
        sign, colour = SIGNS[action]
        self.console.print(f"  [{colour}]{escape(one_line(f'{sign} {text}'))}[/{colour}]")

    @staticmethod
    def _many(changes: tuple[Change, ...], change: Change) -> list[Change]:
        """The privileges of the same action, where there are too many to read one by one."""
        alike = [c for c in changes if c.kind == change.kind == "privilege" and c.action is change.action]
        return alike if len(alike) > _READABLE else []

    def table(self, rows: list[tuple[str, str]]) -> None:
        """Names and values, one pair a row."""
        if not self.console.is_terminal:
            self._plain_table(rows)
        elif rows:
            table = Table(show_header=False, box=None, pad_edge=False)
            # Ids stay whole on a narrow terminal: folded, and never cut.
            table.add_column(no_wrap=True)
            table.add_column(overflow="fold")
            for name, value in rows:
                table.add_row(escape(name), escape(one_line(value)))
            self.console.print(table)

    def _plain_table(self, rows: list[tuple[str, str]]) -> None:
        """The same for a log or a pipe: no line is folded, and none ends in blanks."""
        width = max((len(name) for name, _ in rows), default=0)
        for name, value in rows:
            self.console.print(escape(f"{name:<{width}} {one_line(value)}".rstrip()))

    def proof(self, report: ProofReport) -> None:
        """The verdict and the counts behind it."""
        colour = {Verdict.PROVED: "green", Verdict.FAILED: "red"}.get(report.verdict, "yellow")
        self.console.print(f"  [{colour}]{report.verdict.value}[/{colour}]")
        self.counts(report)

    def counts(self, report: Report) -> None:
        """Privileges, requests and rounds."""
        counted, effort = report.privileges, report.effort
        self.say(
            f"privileges wanted {counted.wanted}, held {counted.held}; "
            f"Dataverse requests {effort.requests}, rounds {effort.rounds}"
        )

    def error(self, error: ConnectError) -> None:
        """One clear message."""
        self.console.print(f"[red]error:[/red] {escape(error.message)}")

    def result(self, body: dict[str, Any]) -> None:
        """The one object on stdout, where JSON was asked for."""
        if self.as_json:
            print(json_text(body | self._notes, indent=1))
