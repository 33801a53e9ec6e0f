"""One list of columns behind the JSON, the terminal's table and the page of `fleet status`."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from connector.cli.screen.console import Screen
from connector.cli.verbs.fleet.status import show_rows
from connector.fleet import columns
from connector.fleet.columns import COLUMNS, Column, to_json
from connector.fleet.report import report_page
from tests.support.emulator import PROJECT
from tests.unit.report_samples import NOW, read_row, stack, varied


def test_the_schema_describes_every_column_that_json_has() -> None:
    """Member by member, in the same order, and all of them are required."""
    schema = json.loads((PROJECT / "docs" / "schemas" / "fleet.json").read_text(encoding="utf-8"))
    standing = schema["$defs"]["standing"]
    keys = [column.key for column in COLUMNS if column.key]
    assert list(standing["properties"]) == standing["required"] == keys
    assert all(list(to_json(row)) == keys for row in varied())


def test_a_stack_that_was_not_read_has_nothing_but_its_error() -> None:
    """No days, no proof, no slots; its members are there all the same."""
    (row,) = [row for row in varied() if row.state == "not_deployed"]
    told = to_json(row)
    assert (told["needs"], told["findings"], told["changes"], told["slots"]) == ([], [], [], [])
    assert (told["daysLeft"], told["lastProof"], told["requests"]) == (None, None, 0)
    assert told["error"]["code"] == "fleet.no_record"


def test_a_new_column_is_one_row_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON, the terminal's table and the page have it, and the page filters by it."""
    added = Column(
        *("saasProfile", lambda row: row.stack.profile, "SaaS profile"),
        page_place=3,
        choices=lambda rows: [row.stack.profile for row in rows],
    )
    monkeypatch.setattr(columns, "COLUMNS", (*COLUMNS[:-1], added, COLUMNS[-1]))
    rows = [read_row(stack(1), 90), read_row(stack(2), 90)]
    assert to_json(rows[0])["saasProfile"] == "marketo-measure"
    screen, printed = Screen(as_json=False), StringIO()
    screen.console = Console(file=printed, width=200, color_system=None)
    show_rows(screen, rows)
    heads, first, *_ = printed.getvalue().splitlines()
    assert heads.index("SaaS profile") == first.index("marketo-measure")
    page = report_page("agency", rows, NOW)
    assert '<th scope="col">SaaS profile</th>' in page
    assert page.count("<td>marketo-measure</td>") == page.count('data-saasprofile="marketo-measure"') == 2
    assert page.count("<option>marketo-measure</option>") == 1
