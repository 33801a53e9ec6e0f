"""A fleet's table on terminals of different widths, and in a log."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from connector.cli.console import Voice
from connector.cli.fleet_table import TableRow, show_table

CAUSE = "the login service refused the deployer: its client secret has expired; make a new one, hand it over"
HEADS = ("Stack", "Ring", "Owner", "Result", "Code", "Changes", "Seconds", "Cause")
ROWS = [
    TableRow(("fabrikam-prod", "canary", "ops@agency.example", "failed", "3", "0", "1.2"), CAUSE),
    TableRow(("acme-prod", "everyone", "[b]anna@agency.example", "unchanged", "0", "0", "11.8"), ""),
]


def shown(width: int, *, terminal: bool = True) -> list[str]:
    """The lines that people see."""
    voice, page = Voice(as_json=False), StringIO()
    voice.console = Console(
        file=page, width=width, force_terminal=terminal, color_system=None, soft_wrap=True, highlight=False
    )
    show_table(voice, HEADS, ROWS)
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
