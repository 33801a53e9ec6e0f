"""Why a secret is refused: told apart by key id and hint, never by the value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.entra.objects import LiveApplication, LiveSecret
from connector.entra.secrets import secret_cause
from connector.stack.outputs import StackOutputs

NOW = datetime(2026, 6, 1, tzinfo=UTC)
VALUE = "abc~the-secret-of-this-test"


def outputs(value: str = VALUE) -> StackOutputs:
    """A stack whose secret has key id k1."""
    return StackOutputs(
        tenant_id="t",
        client_id="c",
        application_object_id="own",
        service_principal_object_id="s",
        client_secret=value,
        client_secret_key_id="K1",
    )


def secret(key_id: str = "k1", hint: str = "abc", age: timedelta = timedelta(days=9)) -> LiveSecret:
    """A secret as Graph shows it."""
    return LiveSecret(key_id, "a-1", NOW - age, NOW + timedelta(days=90), hint)


def application(id: str, *secrets: LiveSecret) -> LiveApplication:
    """An application of stack *id*."""
    tags = frozenset({f"dynamics-connect:{id}"})
    return LiveApplication(id, f"app-{id}", f"App {id}", tags, "", secrets, (), {})


@pytest.mark.parametrize(
    ("own", "others", "code"),
    [
        ((secret(),), (), "secret.wrong"),
        ((secret(hint=""),), (), "secret.wrong"),
        ((secret(hint="zzz"),), (), "secret.wrong"),
        ((secret(age=timedelta(minutes=2)),), (), "secret.fresh"),
        ((), (), "secret.removed"),
        ((secret("k2"),), (), "secret.removed"),
        ((), (secret(),), "secret.foreign"),
        ((secret(hint="zzz"),), (secret("k9"),), "secret.foreign"),
        ((secret(),), (secret("k9"),), "secret.wrong"),
    ],
)
def test_the_directory_tells_why(
    own: tuple[LiveSecret, ...], others: tuple[LiveSecret, ...], code: str
) -> None:
    """By key id first; by hint only where the registered secret begins otherwise."""
    found = secret_cause(outputs(), application("own", *own), [application("other", *others)], NOW)
    assert found is not None
    assert found.code == code
    assert VALUE not in found.message
    if code == "secret.foreign":
        assert "stack other" in found.message


def test_a_key_id_taken_for_the_value_is_named() -> None:
    """The portal shows both, and people copy the wrong one; the value is not repeated."""
    guid = "0b5e3d52-6a0a-4f0e-9e58-1d2c3b4a5f60"
    found = secret_cause(outputs(guid), None, [], NOW)
    assert found is not None
    assert found.code == "secret.is_key_id"
    assert guid not in found.message


def test_nothing_is_said_where_the_application_is_not_seen() -> None:
    """Then the login service's own words stay."""
    none: Any = None
    assert secret_cause(outputs(), none, [], NOW) is None
