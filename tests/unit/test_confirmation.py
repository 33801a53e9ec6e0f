"""A person who does not confirm has cancelled: exit 8, and nothing is done."""

from __future__ import annotations

import builtins
import sys

import pytest

from connector.cli.screen.console import Screen
from connector.cli.verbs import remove as removing
from connector.cli.verbs.remove import RemoveOptions
from connector.errors import CancelledError, PersonNeededError
from connector.settings import load_settings
from tests.support.emulator import PROJECT
from tests.unit.settings_samples import GOOD

SETTINGS = load_settings(GOOD, stack="dev", project_dir=PROJECT)


@pytest.mark.parametrize(
    ("typed", "confirmed"), [("dev", True), (" dev ", True), ("yes", False), ("", False)]
)
def test_only_the_stacks_name_confirms(
    monkeypatch: pytest.MonkeyPatch, typed: str, *, confirmed: bool
) -> None:
    """Anything else cancels."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(builtins, "input", lambda *_: typed)
    if confirmed:
        removing.confirm(Screen(as_json=False), SETTINGS, RemoveOptions())
        return
    with pytest.raises(CancelledError, match="nothing was removed") as caught:
        removing.confirm(Screen(as_json=False), SETTINGS, RemoveOptions())
    assert (caught.value.exit_code, caught.value.code) == (8, "remove.unconfirmed")


def test_an_input_that_ends_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-D in place of the name cancels as a wrong name does."""

    def ended(*_: object) -> str:
        raise EOFError

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(builtins, "input", ended)
    with pytest.raises(CancelledError, match="nothing was removed"):
        removing.confirm(Screen(as_json=False), SETTINGS, RemoveOptions())


def test_without_a_terminal_a_person_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing prompts there."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(PersonNeededError, match="--yes"):
        removing.confirm(Screen(as_json=False), SETTINGS, RemoveOptions())
