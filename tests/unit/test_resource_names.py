"""Names of assignments: readable, and never the same for two."""

from __future__ import annotations

import itertools

import pytest

from connector.naming import assignment_resource, older_assignment_resource, resource_suffix

NAMES = (
    "Marketing Operations",
    "Marketing  Operations",
    "Marketing-Operations",
    "Marketing_Operations",
    "R&D",
    "R-D",
    "R D",
    "営業部",
    "開発部",
    "Sales (EMEA)",
    "Sales EMEA",
    "-Sales EMEA",
    "adele@contoso.example",
    "adele_contoso.example#EXT#@fabrikam.example",
    "o'neil@contoso.example",
    "o-neil@contoso.example",
    "aaaaaaaa-0000-4000-8000-0000000000ff",
)


def test_two_names_are_two_resources() -> None:
    """Whatever the directory's names are made of."""
    for one, other in itertools.combinations(NAMES, 2):
        assert resource_suffix(one) != resource_suffix(other), (one, other)


@pytest.mark.parametrize("name", ["Marketing Operations", "adele@contoso.example", NAMES[-1]])
def test_plain_names_are_as_they_were(name: str) -> None:
    """A state of version 0.1.0 keeps its names, and needs no alias."""
    assert assignment_resource("p", "group", name) == older_assignment_resource("p", "group", name)


def test_the_digest_is_of_the_name_without_its_case() -> None:
    """Entra compares names without case."""
    assert resource_suffix("R&D") == resource_suffix("r&d") == "r-d-dacc7c16"
