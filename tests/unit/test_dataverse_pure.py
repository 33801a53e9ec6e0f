"""Pure logic of the Dataverse half: privileges, resolution, versions, the challenge."""

from __future__ import annotations

import pytest

from connector.dataverse.bearer_challenge import parse_challenge
from connector.dataverse.client import query, text_literal
from connector.dataverse.desired import Desired, version_at_least
from connector.dataverse.privileges import Held, WantedPrivilege, compare, read_held, union
from connector.dataverse.resolution import Resolution, resolve
from connector.dataverse.rows import UnitRow
from connector.dataverse.tables import TablePrivilege
from connector.dataverse.units import choose_units
from connector.errors import SettingsError
from connector.settings.profile import ForbiddenLine, RequiredSolution, RoleLine
from connector.settings.values import Depth, Right

ALL = frozenset({"Basic", "Local", "Deep", "Global"})


def _privilege(name: str, depths: frozenset[str] = ALL) -> TablePrivilege:
    return TablePrivilege(f"id-{name}", name, depths)


TABLES = {
    "lead": {"Read": _privilege("prvReadLead"), "Write": _privilege("prvWriteLead")},
    "task": {"Read": _privilege("prvReadActivity")},
    "email": {"Read": _privilege("prvReadActivity")},
    "organization": {"Read": _privilege("prvReadOrganization", frozenset({"Global"}))},
    "listmember": {},
}


def _line(table: str, *rights: Right, **more: object) -> RoleLine:
    return RoleLine.model_validate({"table": table, "rights": rights or (Right.READ,), **more})


def _resolved(
    lines: list[RoleLine], *, there: bool = True, prefix: str | None = None, **forbidden: tuple[Right, ...]
) -> Resolution:
    solution = RequiredSolution(unique_name="Widgets", minimum_version="1", publisher_prefix=prefix)
    barred = tuple(ForbiddenLine(tables=(table,), rights=rights) for table, rights in forbidden.items())
    desired = Desired("role", "id", "app", None, solution, tuple(lines), barred)
    return resolve(desired, TABLES, solution_there=there)


def test_tables_that_share_a_privilege_want_it_once_at_the_widest_depth() -> None:
    """Every activity resolves to the one set of Activity privileges."""
    lines = [_line("task", depth=Depth.USER), _line("email", depth=Depth.PARENT_CHILD)]
    wanted = _resolved(lines).wanted
    assert list(wanted) == ["id-prvReadActivity"]
    assert wanted["id-prvReadActivity"].depth == "Deep"
    assert wanted["id-prvReadActivity"].tables == ("task", "email")


def test_absent_tables_are_skipped_covered_pending_or_unknown() -> None:
    """Optional and covered lines pass, others wait for the solution or are unknown."""
    lines = [
        _line("incidentresolution", optional=True),
        _line("listmember", covered_by="lead"),
        _line("new_table"),
    ]
    there = _resolved(lines)
    missing = _resolved(lines, there=False)
    assert len(there.skipped) == len(missing.skipped) == 2
    assert there.unknown == ["new_table"]
    assert missing.unknown == []
    assert missing.pending == ["read on new_table"]


def test_only_tables_of_the_publisher_wait_for_its_solution() -> None:
    """A misspelt standard table is unknown, whether or not the solution is there."""
    found = _resolved([_line("new_table"), _line("leed")], there=False, prefix="new")
    assert found.pending == ["read on new_table"]
    assert found.unknown == ["leed"]


def test_a_line_that_asks_for_what_is_forbidden_is_a_problem() -> None:
    """Also by another table that shares the privilege; a right that no table has is no matter."""
    found = _resolved([_line("email")], task=(Right.READ, Right.DELETE))
    assert found.forbidden == {"id-prvReadActivity": "read on task"}
    assert [(p.rule, p.key) for p in found.problems] == [("dataverse.forbidden", "task.read")]
    assert "email" in found.problems[0].message


UNITS = (
    UnitRow("1", "contoso", ""),
    UnitRow("2", "emea", "1"),
    UnitRow("3", "apac", "1"),
    UnitRow("4", "sales", "2"),
    UnitRow("5", "Sales", "3"),
)


@pytest.mark.parametrize(("wanted", "unit"), [(None, "1"), ("EMEA", "2"), ("5", "5")])
def test_a_business_unit_is_found_by_name_or_id(wanted: str | None, unit: str) -> None:
    """None means the root one."""
    assert choose_units(UNITS, wanted).user == unit


@pytest.mark.parametrize(
    ("wanted", "part"), [("sales", "4 (below emea), 5 (below apac)"), ("latam", "apac, contoso, emea")]
)
def test_a_business_unit_that_is_several_or_none_names_the_candidates(wanted: str, part: str) -> None:
    """Several of a name are told apart by id and parent."""
    with pytest.raises(SettingsError) as caught:
        choose_units(UNITS, wanted)
    assert caught.value.code == "dataverse.business_unit"
    assert part in caught.value.message


def test_a_right_or_depth_that_a_privilege_lacks_is_a_problem() -> None:
    """Both are named with what there is instead."""
    lines = [_line("lead", Right.DELETE), _line("organization", depth=Depth.USER)]
    problems = _resolved(lines).problems
    assert [p.rule for p in problems] == ["dataverse.right", "dataverse.depth"]
    assert "Read, Write" in problems[0].message
    assert "Global" in problems[1].message


def test_comparison_tells_missing_depth_and_excess_apart() -> None:
    """Names alone would hide a lowered depth; what the platform adds is no excess."""
    wanted = {
        "1": WantedPrivilege("1", "prvReadLead", "Global", ("lead",)),
        "2": WantedPrivilege("2", "prvWriteLead", "Local", ("lead",)),
        "3": WantedPrivilege("3", "prvCreateLead", "Global", ("lead",)),
    }
    held = {
        "1": Held("1", "prvReadLead", "Basic"),
        "2": Held("2", "prvWriteLead", "Global"),
        "4": Held("4", "", "Global"),
        "5": Held("5", "prvReadSharePointData", "Global"),
    }
    result = compare(wanted, held, {"4": "prvDeleteLead"})
    assert result.missing_text() == ("prvCreateLead (Global)", "prvReadLead (Basic instead of Global)")
    assert result.excess_text() == ("prvDeleteLead (Global)", "prvWriteLead (Global instead of Local)")
    assert [one.name for one in result.injected] == ["prvReadSharePointData"]
    assert not result.equal


def test_several_entries_for_a_privilege_count_with_the_widest_depth() -> None:
    """The service lists a privilege once per role; depths may be names or numbers."""
    answer = {"RolePrivileges": [{"PrivilegeId": "A", "Depth": "Basic"}, {"PrivilegeId": "a", "Depth": 3}]}
    assert read_held(answer) == {"a": Held("a", "", "Global")}
    assert union(read_held(answer), {"a": Held("a", "x", "Local")})["a"].depth == "Global"


@pytest.mark.parametrize(
    ("version", "enough"),
    [("6.12", True), ("6.12.0.0", True), ("6.14", True), ("7", True), ("6.9", False), ("6.2", False)],
)
def test_versions_compare_by_number(version: str, enough: bool) -> None:
    """6.9 is older than 6.12."""
    assert version_at_least(version, "6.12") is enough


def test_the_challenge_is_read_whatever_its_spelling() -> None:
    """Case and quotes vary; tenant and resource come out."""
    header = (
        "Bearer Authorization_URI=https://login.microsoftonline.com/ABC/oauth2/authorize, "
        'resource_id="https://org.crm4.dynamics.com/"'
    )
    found = parse_challenge(header)
    assert (found.tenant, found.resource) == ("abc", "https://org.crm4.dynamics.com")
    assert parse_challenge("").tenant == ""


def test_text_in_a_filter_is_quoted() -> None:
    """A quote in a name ends no literal, and the query is encoded."""
    path = query("roles", filter=f"name eq {text_literal(chr(39) + '&x')}")
    assert path == "roles?$filter=name%20eq%20'''%26x'"
