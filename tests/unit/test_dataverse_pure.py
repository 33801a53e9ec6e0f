"""Pure logic of the Dataverse half: privileges, resolution, versions, the challenge."""

from __future__ import annotations

import pytest

from connector.dataverse.challenge import parse_challenge
from connector.dataverse.client import query, text_literal
from connector.dataverse.desired import TablePrivilege, resolve, version_at_least
from connector.dataverse.privileges import Held, WantedPrivilege, compare, read_held, union
from connector.settings.profile import RoleLine
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


def test_tables_that_share_a_privilege_want_it_once_at_the_widest_depth() -> None:
    """Every activity resolves to the one set of Activity privileges."""
    lines = [_line("task", depth=Depth.USER), _line("email", depth=Depth.PARENT_CHILD)]
    wanted = resolve(lines, TABLES, solution_there=True).wanted
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
    there = resolve(lines, TABLES, solution_there=True)
    missing = resolve(lines, TABLES, solution_there=False)
    assert len(there.skipped) == len(missing.skipped) == 2
    assert there.unknown == ["new_table"]
    assert missing.unknown == []
    assert missing.pending == ["read on new_table"]


def test_a_right_or_depth_that_a_privilege_lacks_is_a_problem() -> None:
    """Both are named with what there is instead."""
    lines = [_line("lead", Right.DELETE), _line("organization", depth=Depth.USER)]
    problems = resolve(lines, TABLES, solution_there=True).problems
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
