"""The columns of `fleet status`, in one list: a new one is a row of COLUMNS and nothing else.

The JSON, the terminal's table and the page of `--report` are made from it. The schema
(docs/schemas/fleet.json) describes each JSON member, and a test says when it lacks one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from connector.fleet.rows import StackStatus, StatusRow
from connector.records.standing import finding, slot_table
from connector.report import Verdict, shortened

#: Each state in words, and how it looks.
STATES = {
    StackStatus.ATTENTION: ("needs attention", "bad"),
    StackStatus.UNKNOWN: ("unknown", "bad"),
    StackStatus.DRIFT: ("drift", "warn"),
    StackStatus.NOT_DEPLOYED: ("not deployed", "soft"),
    StackStatus.IN_ORDER: ("in order", "good"),
}
#: So few days left look like a warning on the page.
_WARN_DAYS = 60
_LINES = 3


@dataclass(frozen=True)
class Cell:
    """What is shown of one fact; all of it is text. `tone` is bad, warn, good, soft, or none.

    The page alone knows the rest: `small` stands below the text, `sort` is what the column is sorted by
    in place of the text, `bar` a number beside those of the other rows, `style` the cell's layout.
    """

    text: str = ""
    tone: str = ""
    small: str = ""
    sort: str | int | None = None
    bar: int | None = None
    style: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One fact of a row: its JSON member (`key`), what JSON has there, and its heading where it is shown.

    `table` and `page` show it otherwise than as the value's text, `page_place` orders the page, `choices`
    lets the page filter by it. A column without a heading is in the JSON alone, one without a key is not.
    """

    key: str
    value: Callable[[StatusRow], Any]
    heading: str = ""
    table: Callable[[StatusRow], Cell] | None = None
    page: Callable[[StatusRow], Cell] | None = None
    page_place: int = 0
    page_heading: str = ""
    is_number: bool = False
    choices: Callable[[Sequence[StatusRow]], Iterable[str]] | None = None

    def in_table(self, row: StatusRow) -> Cell:
        """How the terminal shows it."""
        return (self.table or self._plain)(row)

    def on_page(self, row: StatusRow) -> Cell:
        """How the page shows it."""
        return (self.page or self._plain)(row)

    def filter_choices(self, rows: Sequence[StatusRow]) -> list[str]:
        """What the page lets people choose, each once; none where it is no filter."""
        return [one for one in dict.fromkeys(self.choices(rows) if self.choices else ()) if one]

    def _plain(self, row: StatusRow) -> Cell:
        return Cell(str(self.value(row)))


def _name_on_page(row: StatusRow) -> Cell:
    return Cell(row.name, small=row.stack.dynamics_url.removeprefix("https://"))


def _state(row: StatusRow) -> Cell:
    return Cell(*STATES[row.state])


def _state_on_page(row: StatusRow) -> Cell:
    words, tone = STATES[row.state]
    return Cell(words.capitalize(), tone, sort=list(StackStatus).index(row.state), style="nowrap")


def _days(row: StatusRow) -> Cell:
    return Cell("" if row.days_left is None else str(row.days_left))


def _days_on_page(row: StatusRow) -> Cell:
    days = row.days_left
    if days is None:
        return Cell("not known", "soft", sort="", style="days")
    tone = "bad" if row.ends_soon or days < 0 else "warn" if days <= _WARN_DAYS else ""
    text = f"ended {-days} days ago" if days < 0 else str(days)
    return Cell(text, tone, sort=days, bar=max(days, 0), style="days")


def _proof_json(row: StatusRow) -> dict[str, Any] | None:
    return row.last_proof.model_dump(mode="json", by_alias=True) if row.last_proof else None


def _proof(row: StatusRow) -> Cell:
    proof = row.last_proof
    return Cell(f"{proof.verdict} {proof.at:%Y-%m-%d}" if proof else "none")


def _proof_on_page(row: StatusRow) -> Cell:
    proof = row.last_proof
    if proof is None:
        return Cell("none", "soft", sort="")
    tone = "" if proof.verdict == Verdict.PROVED else "bad"
    at = proof.at.isoformat()
    return Cell(proof.verdict, tone, small=at[:10], sort=at, style="nowrap")


def _said(row: StatusRow) -> Cell:
    said = [" ".join(message.split()) for message in row.messages]
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    return Cell(f"{shortened(said[0])}{more}" if said else "")


def _said_on_page(row: StatusRow) -> Cell:
    said = [" ".join(message.split()) for message in row.messages]
    more = [f"and {len(said) - _LINES} more"] if len(said) > _LINES else []
    return Cell(lines=(*said[:_LINES], *more), style="what")


def _slots(row: StatusRow) -> list[dict[str, Any]]:
    return slot_table(row.secrets.live, row.last_proof, row.read_at) if row.read_at else []


def _rings(rows: Sequence[StatusRow]) -> Iterable[str]:
    return (row.stack.ring for row in rows)


def _owners(rows: Sequence[StatusRow]) -> Iterable[str]:
    return sorted(row.stack.owner for row in rows)


def _states(_: Sequence[StatusRow]) -> Iterable[str]:
    return (words.capitalize() for words, _tone in STATES.values())


#: In the order of the JSON and of the terminal's table.
COLUMNS = (
    Column("stack", lambda row: row.name, "Stack", page=_name_on_page, page_place=1),
    Column("tenantId", lambda row: row.stack.tenant_id),
    Column("dynamicsUrl", lambda row: row.stack.dynamics_url),
    Column("profile", lambda row: row.stack.profile),
    Column("ring", lambda row: row.stack.ring, "Ring", page_place=5, choices=_rings),
    Column("owner", lambda row: row.stack.owner, "Owner", page_place=6, choices=_owners),
    Column("state", lambda row: row.state.value, "State", _state, _state_on_page, 2, choices=_states),
    Column("needs", lambda row: [finding(cause) for cause in row.needs]),
    Column("findings", lambda row: [finding(cause) for cause in row.findings]),
    Column("changes", lambda row: [change.to_json() for change in row.changes]),
    Column("slots", _slots),
    Column("daysLeft", lambda row: row.days_left, "Days left", _days, _days_on_page, 3, is_number=True),
    Column("lastProof", _proof_json, "Last proof", _proof, _proof_on_page, 4),
    Column("requests", lambda row: row.requested.requests),
    Column("rounds", lambda row: row.requested.rounds),
    Column("exitCode", lambda row: row.exit_code),
    Column("error", lambda row: row.error.to_json() if row.error else None),
    # The last: the terminal writes it below the row where there is no room beside it.
    Column(
        "", lambda row: row.messages, "What", _said, _said_on_page, 7, page_heading="What there is to say"
    ),
)


def to_json(row: StatusRow) -> dict[str, Any]:
    """A row as JSON has it (docs/schemas/fleet.json)."""
    return {column.key: column.value(row) for column in COLUMNS if column.key}


def table_columns() -> list[Column]:
    """The columns of the terminal's table; the last tells what there is to say."""
    return [column for column in COLUMNS if column.heading]


def page_columns() -> list[Column]:
    """The columns of the page, in its order."""
    return sorted(table_columns(), key=lambda column: column.page_place)
