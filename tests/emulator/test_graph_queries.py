from __future__ import annotations

import pytest

from emulator.seed.directory import ADELE, MARKETING_OPERATIONS
from tests.support.emulator import RunningEmulator
from tests.support.graph import Graph


@pytest.mark.parametrize(
    "text",
    [
        "displayName eq 'It''s one'",
        "displayName eq 'IT''S ONE'",
        "startswith(displayName,'It')",
        "tags/any(t:t eq 'marker:one')",
        "tags/any(t: t eq 'marker:one')",
        "tags/any(t:startswith(t,'marker:'))",
        "identifierUris/any(u:u eq 'api://one') and signInAudience eq 'AzureADMultipleOrgs'",
        "displayName eq 'nothing' or displayName eq 'It''s one'",
        "displayName in ('nothing', 'It''s one')",
        "(displayName eq 'It''s one') and (displayName eq 'It''s one')",
    ],
)
def test_graph_filter_finds_the_one(graph: Graph, text: str) -> None:
    """Each filter that the provider and this project use finds the one application that it means."""
    made = graph.application(displayName="It's one", tags=["marker:one"], identifierUris=["api://one"])
    graph.application(displayName="Another", tags=["other"])
    found = graph.get(f"/applications?$filter={text}").json()["value"]
    assert [application["id"] for application in found] == [made["id"]]


def test_graph_filter_by_boolean_and_null(graph: Graph) -> None:
    """true, false and null are values of a filter."""
    by_flag = graph.get("/groups?$filter=displayName eq 'Sales' and securityEnabled eq true").json()["value"]
    assert len(by_flag) == 2
    assert graph.get("/groups?$filter=mailEnabled eq true").json()["value"] == []
    assert len(graph.get("/groups?$filter=mail eq null").json()["value"]) == 3


def test_graph_paging_follows_the_next_link(graph: Graph) -> None:
    """Pages of one show every object once, and each link repeats the question."""
    path, seen = "/users?$top=1&$select=id&$filter=accountEnabled eq true", []
    while path:
        page = graph.get(path).json()
        assert len(page["value"]) == 1
        seen.append(page["value"][0]["id"])
        path = page.get("@odata.nextLink", "")
    assert len(seen) == len(set(seen)) == 3


def test_graph_count_beside_the_page(graph: Graph) -> None:
    """$count=true adds the number of all that match, on the first page."""
    page = graph.get("/users?$top=1&$count=true", ConsistencyLevel="eventual").json()
    assert (page["@odata.count"], len(page["value"])) == (3, 1)


def test_graph_search_by_words(graph: Graph) -> None:
    """$search finds words of the display name."""
    found = graph.get('/groups?$search="displayName:marketing"', ConsistencyLevel="eventual").json()["value"]
    assert [group["id"] for group in found] == [MARKETING_OPERATIONS]


def test_graph_order_by_name(graph: Graph) -> None:
    """$orderby=displayName sorts, descending too."""
    names = [u["displayName"] for u in graph.get("/users?$orderby=displayName desc").json()["value"]]
    assert names == ["Megan Bowen", "Alex Wilber", "Adele Vance"]


def test_graph_user_by_id_and_principal_name(graph: Graph) -> None:
    """A user is read by object id and by principal name, in any case; nobody has a manager."""
    for name in (ADELE, "adele@contoso.example", "Adele@Contoso.Example"):
        assert graph.get(f"/users/{name}").json()["id"] == ADELE
    assert graph.get(f"/users/{ADELE}/manager").status_code == 404
    assert graph.get("/users/nobody@contoso.example").status_code == 404


def test_graph_select_shows_what_was_asked(graph: Graph) -> None:
    """$select answers exactly the properties asked for, hidden and empty ones too."""
    shown = graph.get(f"/users/{ADELE}?$select=id,accountEnabled,department").json()
    assert {k: v for k, v in shown.items() if "@" not in k} == {
        "id": ADELE,
        "accountEnabled": True,
        "department": None,
    }
    assert "accountEnabled" not in graph.get(f"/users/{ADELE}").json()


def test_graph_two_groups_of_one_name(graph: Graph) -> None:
    """The seed has two groups named Sales, so that a look-up by name can be ambiguous."""
    assert len(graph.get("/groups?$filter=displayName eq 'Sales'").json()["value"]) == 2


def test_graph_members_of_a_group(graph: Graph) -> None:
    """A group's members can be read; the seed's have none."""
    for name in ("members", "owners", "transitiveMembers"):
        assert (
            graph.call("GET", f"/groups/{MARKETING_OPERATIONS}/{name}", version="beta").json()["value"] == []
        )


def test_graph_directory_object_has_its_type(graph: Graph) -> None:
    """An object of unknown kind is read by id and says what it is."""
    found = graph.get(f"/directoryObjects/{MARKETING_OPERATIONS}").json()
    assert found["@odata.type"] == "#microsoft.graph.group"
    assert graph.get("/directoryObjects/none").status_code == 404


def test_graph_fault_then_success(graph: Graph, emulator: RunningEmulator) -> None:
    """An armed 429 carries Retry-After and Graph's code, and the next call is served."""
    emulator.fault("GET", "/v1.0/users", answer="429", retry_after="0.01")
    refused = graph.get("/users")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "0.01")
    assert refused.json()["error"]["code"] == "TooManyRequests"


def test_graph_lag_hides_a_new_object(graph: Graph, emulator: RunningEmulator) -> None:
    """With a replication lag a new application is not found by its first reads."""
    emulator.fault("POST", "/v1.0/applications", answer="lag", times=2)
    path = f"/applications/{graph.application()['id']}"
    assert [graph.get(path).status_code for _ in range(3)] == [404, 404, 200]


def test_every_answer_names_its_request_in_the_headers(graph: Graph) -> None:
    """A new id each time; a refusal's is that of its body."""
    first, second = graph.get("/applications"), graph.get("/applications")
    assert first.headers["request-id"] != second.headers["request-id"]
    refused = graph.get("/applications?$filter=nonsense")
    inner = refused.json()["error"]["innerError"]
    for name in ("request-id", "client-request-id"):
        assert refused.headers[name] == inner[name]
