"""A section of a YAML file edited as text: what is asked for changes, and no other character."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import SettingsError
from connector.stack.yaml_edit import GONE, with_keys

FILE = """\
# ours
secretsprovider: passphrase
config:
  p:a: 1  # the first
  # about b
  p:b:
    - x
    - y

  p:c: {d: e}
encryptionsalt: v1:abc
"""


def edited(text: str, **changes: Any) -> str:
    """The text with keys `p:NAME` of config changed."""
    return with_keys(text, "config", {f"p:{key}": value for key, value in changes.items()}, name="f.yaml")


def test_a_value_is_replaced_where_it_stands() -> None:
    """Order, comments above and every other entry stay."""
    assert edited(FILE, b=["z"]) == FILE.replace("    - x\n    - y\n", "  - z\n")


def test_a_new_key_comes_last() -> None:
    """It stands at the end of its section, indented as the others."""
    assert edited(FILE, f={"g": True}) == FILE.replace("{d: e}\n", "{d: e}\n  p:f:\n    g: true\n")


def test_a_key_is_taken_out_with_its_value() -> None:
    """The lines of the entry go; a comment above it is somebody's and stays."""
    assert edited(FILE, b=GONE) == FILE.replace("  p:b:\n    - x\n    - y\n", "")
    assert edited(FILE, nothing=GONE) == FILE
    assert edited("salt: x\n", nothing=GONE) == "salt: x\n"
    assert yaml.safe_load(edited("config:\n  p:a: 1\n", a=GONE))["config"] is None


@pytest.mark.parametrize("text", ["", "# empty\n", "config:\nsalt: x\n", "salt: x", "config: {}\n"])
def test_a_section_that_is_not_there_is_made(text: str) -> None:
    """Also where it is named and holds nothing."""
    after = edited(text, a="v")
    before = yaml.safe_load(text) or {}
    assert yaml.safe_load(after) == before | {"config": {"p:a": "v"}}
    assert text.startswith("#") <= after.startswith("# empty\n")


def test_windows_line_ends_stay() -> None:
    """Each line that was written ends like the others."""
    after = edited(FILE.replace("\n", "\r\n"), a=2, f="x")
    assert after.count("\n") == after.count("\r\n")
    assert yaml.safe_load(after)["config"]["p:f"] == "x"


@pytest.mark.parametrize("text", ["config: {a: 1}\n", "config: [a]\n", "config: text\n", "a: b: c\n"])
def test_what_cannot_be_edited_is_refused(text: str) -> None:
    """A section in one line, or no mapping, is left to its writer."""
    with pytest.raises(SettingsError) as caught:
        edited(text, a="v")
    assert caught.value.code == "fleet.unwritable"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from("abcdef"), VALUES | st.just(GONE), max_size=4))
def test_any_change_is_read_back_as_it_was_asked_for(changes: dict[str, Any]) -> None:
    """Whatever the values: the parser finds them, and everything else as it was."""
    after = yaml.safe_load(edited(FILE, **changes))
    expected = yaml.safe_load(FILE)
    for key, value in changes.items():
        expected["config"].pop(f"p:{key}", None)
        if value is not GONE:
            expected["config"][f"p:{key}"] = value
    assert after == expected or (not expected["config"] and not after.get("config"))
