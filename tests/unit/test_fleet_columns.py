"""One list of columns behind the JSON, the terminal's table and the page of `fleet status`."""

from __future__ import annotations

import json

from connector.fleet.columns import COLUMNS, to_json
from tests.support.emulator import PROJECT
from tests.unit.report_samples import varied


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
