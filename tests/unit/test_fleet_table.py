"""A fleet's table on terminals of different widths, and in a log."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from connector.cli.screen.console import Screen
from connector.cli.screen.fleet import Progress, TableRow, show_table
from connector.fleet.runs import RunState, StackRun
from connector.report import shortened

CAUSE = "the login service refused the deployer: its client secret has expired; make a new one, hand it over"
HEADS = ("Stack", "Ring", "Owner", "Result", "Code", "Changes", "Seconds", "Cause")
ROWS = [
    TableRow(("fabrikam-prod", "canary", "ops@agency.example", "failed", "3", "0", "1.2"), CAUSE),
    TableRow(("acme-prod", "everyone", "[b]anna@agency.example", "unchanged", "0", "0", "11.8"), ""),
]


def printing(width: int, *, terminal: bool) -> tuple[Screen, StringIO]:
    """A screen, and the page that it writes to."""
    screen, page = Screen(as_json=False), StringIO()
    screen.console = Console(
        file=page, width=width, force_terminal=terminal, color_system=None, soft_wrap=True, highlight=False
    )
    return screen, page


def shown(width: int, *, terminal: bool = True) -> list[str]:
    """The lines that people see."""
    screen, page = printing(width, terminal=terminal)
    show_table(screen, HEADS, ROWS)
    return [line.rstrip() for line in page.getvalue().splitlines()]


def test_a_narrow_terminal_gets_causes_below_their_rows() -> None:
    """In lines as wide as the terminal, columns under their heads, nothing where all is well."""
    lines = shown(80)
    assert lines[0].split() == list(HEADS[:-1])
    assert lines[1].startswith("fabrikam-prod")
    below = lines[2:-1]
    assert len(below) == 2
    assert all(line.startswith("    ") and len(line) <= 80 for line in below)
    assert " ".join(" ".join(below).split()) == CAUSE
    assert lines[-1].startswith("acme-prod")
    assert lines[0].index("Owner") == lines[1].index("ops@") == lines[-1].index("[b]anna@")


@pytest.mark.parametrize(("width", "terminal"), [(200, True), (80, False)])
def test_a_wide_terminal_and_a_log_get_them_beside(width: int, terminal: bool) -> None:
    """As one row a stack."""
    lines = shown(width, terminal=terminal)
    assert len(lines) == 3
    assert lines[1].endswith(CAUSE)


@pytest.mark.parametrize(("quiet", "terminal"), [(True, False), (True, True), (False, True), (False, False)])
def test_a_cause_that_the_table_cuts_is_shown_whole_once(*, quiet: bool, terminal: bool) -> None:
    """What is to be compared stands at its end; the stack's own lines may have it already."""
    cause = f"{'long ' * 60}the token's subject is 'repo:agency/tenants:pull_request'"
    row = StackRun(stack="acme", state=RunState.DONE, result="error", exit_code=3, error={"message": cause})
    screen, page = printing(80, terminal=terminal)
    with Progress(screen, quiet=quiet) as progress:
        progress.line("acme", f"error: {cause}")
        progress.ended(row, "preview")
    assert page.getvalue().count("the token's subject is 'repo:agency/tenants:pull_request'") == 1
    assert shortened(cause).endswith("long …")
