"""What is kept encrypted, or holds a password, stands in no message."""

from __future__ import annotations

import pytest

from connector.cli.verbs.fleet.options import backend_environment
from connector.errors import Problem, SettingsError
from connector.fleet import Fleet
from connector.settings import covered, load_settings
from tests.unit.settings_samples import GOOD, PROJECT


def test_values_and_messages_lose_the_words_of_encrypted_settings() -> None:
    """By key, whatever was cut of the value, and wherever another message repeats it; others stay."""
    secrets = {"redirectUris": {"web": ["https://a.example/Planted"]}, "consent": "link"}
    problems = [
        Problem("r", "redirectUris.web[0]", "'https://a.ex…", "differs from https://a.example/Planted"),
        Problem("r", "displayName", "'x'", "a link"),
        Problem("r", "redirectUris", "", "m"),
    ]
    assert covered(problems, secrets) == (
        Problem("r", "redirectUris.web[0]", "[secret]", "differs from [secret]"),
        Problem("r", "displayName", "'x'", "a link"),
        Problem("r", "redirectUris", "", "m"),
    )


def test_text_in_place_of_the_secrets_lifetime_is_not_repeated() -> None:
    """`pulumi config set secret VALUE`: a person took the key for the place of the client secret."""
    with pytest.raises(SettingsError) as caught:
        load_settings({**GOOD, "secret": "Planted~1"}, stack="dev", project_dir=PROJECT)
    assert caught.value.key == "secret"
    assert "Planted" not in caught.value.message


def test_a_backends_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """`postgres://NAME:PASSWORD@HOST` in the variable; the host is what tells the two apart."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", "postgres://me:planted/x@db.example/state")
    fleet = Fleet(name="f", backend="azblob://state", secrets_provider=None, rings=(), stacks=())
    with pytest.raises(SettingsError) as caught:
        backend_environment(fleet)
    assert "planted" not in caught.value.message
    assert "db.example" in caught.value.message
