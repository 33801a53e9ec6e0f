"""Query options, pages, table metadata and ordinary rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.seed.tables import SOLUTION_TABLES
from tests.support.dataverse import Dataverse, error
from tests.support.emulator import RunningEmulator


@pytest.fixture
def dataverse(emulator: RunningEmulator) -> Dataverse:
    """Organization 1, called by its administrator."""
    return Dataverse(emulator)


@pytest.fixture(scope="module")
def one_row_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataverse]:
    """An emulator whose pages hold one row."""
    running = RunningEmulator(tmp_path_factory.mktemp("paged"), "--page-size", "1")
    yield Dataverse(running)
    running.stop()


def _all(dataverse: Dataverse, path: str, **headers: str) -> list[str]:
    """Follow next links verbatim and return the names."""
    names, address = [], path
    while address:
        body = dataverse.get(address, **headers).json()
        names += [row["name"] for row in body["value"]]
        address = body.get("@odata.nextLink", "")
    return names


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("parentbusinessunitid eq null", {"contoso"}),
        ("_parentbusinessunitid_value ne null", {"contoso-emea", "contoso-apac"}),
        ("name eq 'CONTOSO'", {"contoso"}),
        (
            "name eq 'contoso-emea' or (name eq 'contoso' and isdisabled eq false)",
            {"contoso", "contoso-emea"},
        ),
        ("not startswith(name,'contoso-')", {"contoso"}),
        ("contains(name,'apac')", {"contoso-apac"}),
        ("name eq 'it''s'", set()),
    ],
)
def test_filters(dataverse: Dataverse, condition: str, names: set[str]) -> None:
    """The emulated part of $filter answers the rows that it means."""
    rows = dataverse.get(f"businessunits?$select=name&$filter={condition}").json()["value"]
    assert {row["name"] for row in rows} == names


@pytest.mark.parametrize(
    "option",
    ["$select=colour", "$filter=colour eq 1", "$filter=name eq", "$filter=name", "$expand=nobody"],
)
def test_refusal_dataverse_bad_query(dataverse: Dataverse, option: str) -> None:
    """Unknown columns and what cannot be read answer 400."""
    assert error(dataverse.get(f"businessunits?{option}")) == (400, "0x80060888")


def test_refusal_dataverse_quoted_guid(dataverse: Dataverse) -> None:
    """A GUID column compared with a quoted GUID is an error of types."""
    quoted = f"systemusers?$filter=applicationid eq '{dataverse.unit()}'"
    assert error(dataverse.get(quoted)) == (400, "0x80060888")


@pytest.mark.parametrize("option", ["$apply=aggregate(x)", "fetchXml=<fetch/>", "$filter=length(name) eq 3"])
def test_refusal_dataverse_query_that_is_not_emulated(dataverse: Dataverse, option: str) -> None:
    """What the emulator does not do is refused and marked in the log, never guessed."""
    assert dataverse.get(f"businessunits?{option}").status_code == 400
    assert dataverse.emulator.requests()[-1]["emulated"] is False


def test_pages_of_the_clients_size(dataverse: Dataverse) -> None:
    """odata.maxpagesize cuts a list into pages, whose links lead through all of it once."""
    names = _all(dataverse, "privileges?$select=name", Prefer="odata.maxpagesize=50")
    assert len(names) == len(set(names)) > 150


def test_top_is_ignored_beside_a_page_size(dataverse: Dataverse) -> None:
    """$top counts alone, and not beside odata.maxpagesize."""
    assert len(_all(dataverse, "privileges?$select=name&$top=3")) == 3
    assert len(_all(dataverse, "privileges?$select=name&$top=3", Prefer="odata.maxpagesize=50")) > 150


def test_page_size_of_the_emulator(one_row_pages: Dataverse) -> None:
    """With --page-size 1 every list comes row by row."""
    assert len(one_row_pages.get("businessunits").json()["value"]) == 1
    assert _all(one_row_pages, "businessunits?$select=name&$filter=isdisabled eq false") == [
        "contoso",
        "contoso-emea",
        "contoso-apac",
    ]


def test_expanded_collections_page_too(one_row_pages: Dataverse) -> None:
    """An expanded collection has a next link of its own."""
    user = one_row_pages.new_user()
    for name in ("First", "Second"):
        one_row_pages.assign(user, one_row_pages.new_role(name))
    row = one_row_pages.get(f"systemusers({user})?$expand=systemuserroles_association($select=name)").json()
    assert [role["name"] for role in row["systemuserroles_association"]] == ["First"]
    assert _all(one_row_pages, row["systemuserroles_association@odata.nextLink"]) == ["Second"]


@pytest.mark.parametrize(("written", "altered"), [("%25", "%2525"), ("%25", "%")])
def test_refusal_dataverse_altered_next_link(dataverse: Dataverse, written: str, altered: str) -> None:
    """A next link whose token was encoded once more, or once less, is refused."""
    link = dataverse.get("privileges", Prefer="odata.maxpagesize=5").json()["@odata.nextLink"]
    address, _, token = link.partition("$skiptoken=")
    answer = dataverse.get(f"{address}$skiptoken={token.replace(written, altered)}")
    assert error(answer) == (400, "0x80060888")


def test_refusal_dataverse_skip(dataverse: Dataverse) -> None:
    """$skip is refused because the service refuses it, not because it is not emulated."""
    assert error(dataverse.get("businessunits?$skip=1")) == (400, "0x80060888")
    assert dataverse.emulator.requests()[-1]["emulated"] is True


def test_bulk_table_metadata_names_the_privileges(dataverse: Dataverse) -> None:
    """One EntityDefinitions query answers several tables with their privileges, and does not page."""
    path = "EntityDefinitions?$select=LogicalName,SchemaName,Privileges&$filter="
    tables = [table.logical for table in SOLUTION_TABLES] + ["account", "phonecall", "listmember"]
    condition = " or ".join(f"LogicalName eq '{name}'" for name in tables)
    rows = {row["LogicalName"]: row for row in dataverse.get(path + condition).json()["value"]}
    assert set(rows) == set(tables)
    names = {p["PrivilegeType"]: p["Name"] for p in rows["bizible2_bizible_touchpoint"]["Privileges"]}
    assert names["AppendTo"] == "prvAppendTobizible2_Bizible_Touchpoint"
    assert {p["Name"] for p in rows["phonecall"]["Privileges"]} >= {"prvReadActivity", "prvWriteActivity"}
    assert rows["listmember"]["Privileges"] == []


def test_depths_that_a_privilege_takes(dataverse: Dataverse) -> None:
    """An organization-owned table can only be given for the whole organization, a user-owned at any depth."""
    body = dataverse.get("EntityDefinitions(LogicalName='transactioncurrency')?$select=Privileges").json()
    assert {(p["CanBeBasic"], p["CanBeGlobal"]) for p in body["Privileges"]} == {(False, True)}
    body = dataverse.get("EntityDefinitions(LogicalName='account')").json()
    assert {(p["CanBeBasic"], p["CanBeGlobal"]) for p in body["Privileges"]} == {(True, True)}
    assert len(body["Privileges"]) == 8


def test_names_that_do_not_follow_the_table(dataverse: Dataverse) -> None:
    """Systemuser has …User privileges and annotation …Note ones."""
    for table, name in (("systemuser", "prvReadUser"), ("annotation", "prvReadNote")):
        body = dataverse.get(f"EntityDefinitions(LogicalName='{table}')?$select=Privileges").json()
        assert name in {p["Name"] for p in body["Privileges"]}


def test_refusal_dataverse_unknown_table(dataverse: Dataverse) -> None:
    """An unknown table answers 404 by its key and nothing in a list."""
    assert error(dataverse.get("EntityDefinitions(LogicalName='unicorn')")) == (404, "0x80060888")
    listed = dataverse.get("EntityDefinitions?$select=LogicalName&$filter=LogicalName eq 'unicorn'")
    assert listed.json()["value"] == []


def test_solution_is_there_in_one_organization_and_not_in_the_other(emulator: RunningEmulator) -> None:
    """Organization 1 has the managed solution with its tables, organization 2 has neither."""
    path = "solutions?$select=version,ismanaged&$filter=uniquename eq 'BizibleMarketingAttribution'"
    (row,) = Dataverse(emulator).get(path).json()["value"]
    assert (row["version"], row["ismanaged"]) == ("6.14", True)
    second = Dataverse(emulator, 2)
    assert second.get(path).json()["value"] == []
    for table in ("bizible2_bizible_event", "incidentresolution"):
        assert second.get(f"EntityDefinitions(LogicalName='{table}')").status_code == 404


def test_rows_of_ordinary_tables(dataverse: Dataverse) -> None:
    """A row can be made, changed, read, counted and deleted by who has the rights."""
    made = dataverse.post("accounts?$select=name", {"name": "Fabrikam"}, Prefer="return=representation")
    account = made.json()["accountid"]
    assert dataverse.patch(f"accounts({account})", {"name": "Northwind"}, If_Match="*").status_code == 204
    counted = dataverse.get("accounts?$select=name&$count=true&$orderby=name desc").json()
    assert (counted["@odata.count"], counted["value"][0]["name"]) == (1, "Northwind")
    assert dataverse.delete(f"accounts({account})").status_code == 204
    assert error(dataverse.get(f"accounts({account})")) == (404, "0x80040217")


def test_seed_is_the_same_every_time(tmp_path: Path, emulator: RunningEmulator) -> None:
    """Two emulators seed the same ids."""
    other = RunningEmulator(tmp_path)
    try:
        dumps = [running.dump()["0c0c0c01-0000-4000-8000-000000000001"] for running in (emulator, other)]
    finally:
        other.stop()
    assert dumps[0] == dumps[1]
