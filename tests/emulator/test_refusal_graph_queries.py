from __future__ import annotations

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.graph import FULL_APPLICATION, Graph, code, message


@pytest.mark.parametrize(
    ("method", "path", "segment"),
    [
        ("GET", "/nonsense", "nonsense"),
        ("GET", "/applications/x/nonsense", "nonsense"),
        ("PUT", "/applications", "applications"),
        ("POST", "/$batch", "$batch"),
    ],
)
def test_refusal_unknown_segment(
    graph: Graph, emulator: RunningEmulator, method: str, path: str, segment: str
) -> None:
    """A path that is not emulated is refused like a segment that Graph does not know, and marked."""
    answer = graph.call(method, path)
    assert (answer.status_code, code(answer)) == (400, "BadRequest")
    assert message(answer) == f"Resource not found for the segment '{segment}'."
    assert emulator.requests()[-1]["emulated"] is False


@pytest.mark.parametrize(
    "query",
    [
        "$expand=owners",
        "$skip=1",
        "nonsense=1",
        "$filter=notes eq 'x'",
        "$filter=displayName gt 'x'",
        "$orderby=createdDateTime",
        "$select=nonsense",
    ],
)
def test_refusal_unknown_query_option(graph: Graph, emulator: RunningEmulator, query: str) -> None:
    """A query that is not emulated is refused and marked, never answered as if it were not there."""
    assert graph.get(f"/applications?{query}").status_code == 400
    assert emulator.requests()[-1]["emulated"] is False


@pytest.mark.parametrize(
    "text",
    [
        "displayName eq 'it's'",
        "displayName eq",
        "displayName eq 'x' and",
        "displayName eq x",
        "(displayName eq 'x'",
        "displayName eq 'x')",
        "tags/any(t:u eq 'x')",
        "&&",
    ],
)
def test_refusal_malformed_filter(graph: Graph, text: str) -> None:
    """A filter with an unescaped apostrophe or another slip is a bad request."""
    answer = graph.call("GET", "/applications?$filter=" + text.replace("&", "%26"))
    assert (answer.status_code, code(answer)) == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    "query",
    [
        "$filter=displayName ne 'x'",
        "$filter=not startswith(displayName,'x')",
        "$filter=endswith(displayName,'deployer')",
        '$search="displayName:deployer"',
    ],
)
def test_refusal_advanced_query_without_header(graph: Graph, query: str) -> None:
    """ne, not, endswith and $search are advanced queries: they want ConsistencyLevel and $count."""
    path = f"/applications?{query}&$count=true"
    assert graph.get(path).status_code == 400
    assert graph.get(path, ConsistencyLevel="eventual").status_code == 200


def test_refusal_count_without_header(graph: Graph) -> None:
    """/$count is an advanced query."""
    assert graph.get("/applications/$count").status_code == 400
    assert graph.get("/applications/$count", ConsistencyLevel="eventual").text == "2"


@pytest.mark.parametrize("top", ["0", "1000", "x", "-1"])
def test_refusal_page_size(graph: Graph, top: str) -> None:
    """$top lies between 1 and 999."""
    assert graph.get(f"/applications?$top={top}").status_code == 400


def test_refusal_broken_skip_token(graph: Graph) -> None:
    """A skip token is the service's own."""
    assert graph.get("/applications?$skiptoken=x").status_code == 400


def test_refusal_beta_property_on_v1(graph: Graph) -> None:
    """A property of /beta is unknown to v1.0."""
    path = f"/applications/{FULL_APPLICATION}?$select=oauth2RequirePostResponse"
    assert graph.get(path).status_code == 400
    assert graph.call("GET", path, version="beta").json()["oauth2RequirePostResponse"] is False
