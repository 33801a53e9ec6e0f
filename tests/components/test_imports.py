"""A run that takes over: which resources are imported, and how."""

from __future__ import annotations

import pulumi
import pytest

from components.imports import VARIABLE, importing, read_imports
from components.lookups import ambiguous

APPLICATION = "azuread:index/application:Application"


def transformed(name: str, kind: str = APPLICATION) -> pulumi.ResourceOptions | None:
    """The options that a resource of this name gets."""
    arguments = pulumi.ResourceTransformationArgs(
        resource=None,  # type: ignore[arg-type]
        type_=kind,
        name=name,
        props={},
        opts=pulumi.ResourceOptions(protect=True),
    )
    result = importing({"saas-application": "/applications/1"})(arguments)
    return result.opts if result else None


def test_a_resource_named_is_imported_as_it_is() -> None:
    """The engine refuses to import what differs, so the importing run ignores every difference."""
    options = transformed("saas-application")
    assert options is not None
    assert (options.import_, options.ignore_changes, options.protect) == ("/applications/1", ["*"], True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("other", APPLICATION), ("saas-application", "dynamics-connect:index:Application")],
)
def test_everything_else_is_left_alone(name: str, kind: str) -> None:
    """A plain run, another resource and a component keep their options."""
    assert transformed(name, kind) is None


def test_the_import_ids_come_from_one_variable() -> None:
    """A plain run has none."""
    assert read_imports({}) == {}
    assert read_imports({VARIABLE: '{"a": "/b"}'}) == {"a": "/b"}


def test_an_ambiguous_name_gives_its_candidates() -> None:
    """Both ids are named, and what to do."""
    text = ambiguous("group Sales", ["id-1", "id-2"])
    assert "id-1, id-2" in text
    assert "object id" in text
