"""Outputs out of the engine's state, and out of what an update tells of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.stack.outputs import outputs_after, outputs_in

SIGNATURE = "4dabf18193072939515e22adb298388d"
KIND = "1b47061264138c4ac30d75fd1eb44270"
COVERED = {SIGNATURE: KIND, "ciphertext": "[secret]"}
BEFORE = {"clientId": "app", "clientSecret": "s3cret", "clientSecretKeyId": "k1"}


def opened(value: Any) -> dict[str, Any]:
    """A secret as `pulumi stack export --show-secrets` writes it."""
    return {SIGNATURE: KIND, "plaintext": json.dumps(value)}


def exported(outputs: dict[str, Any]) -> dict[str, Any]:
    """A state that hands these out."""
    stack = {"type": "pulumi:pulumi:Stack", "outputs": outputs}
    return {"deployment": {"resources": [{"type": "azuread:index/application:Application"}, stack]}}


def test_secrets_are_in_clear_wherever_they_stand() -> None:
    """At the top, in lists, in objects, and one inside another."""
    held = {"a": opened("x"), "b": [opened({"c": opened(1)})], "d": {"e": None}}
    assert outputs_in(exported(held)) == {"a": "x", "b": [{"c": 1}], "d": {"e": None}}


@pytest.mark.parametrize("state", [{}, {"deployment": None}, {"deployment": {"resources": None}}])
def test_a_stack_that_was_never_deployed_hands_nothing_out(state: dict[str, Any]) -> None:
    """As `pulumi stack output` says of it."""
    assert outputs_in(state) == {}


def test_a_secret_under_the_same_key_id_is_the_one_that_was_there() -> None:
    """What is not covered is as the update told it."""
    told = {"clientId": "app", "clientSecret": COVERED, "clientSecretKeyId": "k1", "fleet": "f"}
    assert outputs_after(BEFORE, told) == BEFORE | {"fleet": "f"}


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (BEFORE, {"clientSecret": COVERED, "clientSecretKeyId": "k2"}),
        ({}, {"clientSecret": COVERED, "clientSecretKeyId": "k1"}),
        ({"clientSecretKeyId": "k1"}, {"clientSecret": COVERED, "clientSecretKeyId": "k1"}),
        (BEFORE, None),
    ],
)
def test_a_secret_that_is_new_or_unknown_is_read_from_the_state(
    before: dict[str, Any], told: dict[str, Any] | None
) -> None:
    """A covered value is never handed on, and an old one never for a new one."""
    assert outputs_after(before, told) is None
