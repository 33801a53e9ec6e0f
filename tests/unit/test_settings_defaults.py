"""The defaults of settings: `RawSettings` says them, and Pulumi.yaml says the same to engine and people."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from connector.settings.model import DEFAULTS, RawSettings
from connector.settings.stack_file import PREFIX, project_defaults
from connector.settings.values import Shape
from tests.unit.settings_samples import PROJECT

#: Pulumi.yaml names the product of this project, and the code names none.
OF_THE_PROJECT = {"profile"}
_FIELDS = {str(field.alias): name for name, field in RawSettings.model_fields.items()}
_REQUIRED = {key for key, name in _FIELDS.items() if getattr(DEFAULTS, name) is None} - OF_THE_PROJECT
_OBJECTS = [key for key, name in _FIELDS.items() if isinstance(getattr(DEFAULTS, name), Shape)]


def _declared() -> dict[str, Any]:
    project = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text(encoding="utf-8"))
    return {key.removeprefix(PREFIX): entry for key, entry in project["config"].items()}


def test_pulumi_yaml_declares_the_keys_that_settings_have() -> None:
    """Not one more, not one less."""
    assert set(_declared()) == set(_FIELDS)


def test_a_key_is_required_in_both_or_in_neither() -> None:
    """A key without a default in Pulumi.yaml has none in the settings."""
    assert _declared().keys() - project_defaults(PROJECT).keys() == _REQUIRED


@pytest.mark.parametrize("key", sorted(_FIELDS.keys() - OF_THE_PROJECT - _REQUIRED))
def test_pulumi_yaml_has_the_default_of_the_settings(key: str) -> None:
    """What the engine fills in for a key that is left out is what it comes to without the engine."""
    read = RawSettings.model_validate({key: project_defaults(PROJECT)[key]})
    assert getattr(read, _FIELDS[key]) == getattr(DEFAULTS, _FIELDS[key])


@pytest.mark.parametrize("key", sorted(set(_OBJECTS) - {"fleet"}))
def test_an_objects_description_shows_its_defaults(key: str) -> None:
    """Its braces hold every member with its default; nobody writes `fleet` by hand, so it has none."""
    shown = re.search(r"\{.*\}", _declared()[key]["description"])
    assert shown is not None
    default: Shape = getattr(DEFAULTS, _FIELDS[key])
    assert yaml.safe_load(shown[0]) == default.model_dump(by_alias=True, mode="json")
