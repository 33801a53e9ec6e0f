"""A refused call of Graph: its code and message, every id that it gave, and the right that would do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connector.entra.refusals import refusal

ID = "11111111-2222-3333-4444-555555555555"
OTHER = "66666666-7777-8888-9999-000000000000"
DENIED = ("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def answer(status: int, code: str, text: str, *, headers: Any = None, **members: Any) -> httpx.Response:
    """Graph's error answer."""
    return httpx.Response(status, json={"error": {"code": code, "message": text, **members}}, headers=headers)


@pytest.mark.parametrize("name", ["innerError", "innererror"])
def test_ids_are_read_from_the_body_in_either_case(name: str) -> None:
    """Without any header, as where a proxy keeps them."""
    inner = {name: {"date": "2026-01-01T00:00:00", "request-id": ID, "client-request-id": OTHER}}
    error = refusal("to read groups", answer(400, "Request_BadRequest", "Invalid filter clause.", **inner))
    assert error.request_id == ID
    assert f"(request id {ID}, client-request id {OTHER})" in error.message
    assert "Request_BadRequest Invalid filter clause." in error.message


def test_the_headers_count_first_and_one_id_is_said_once() -> None:
    """Graph makes up the client's id where none was sent: it is then the request's own."""
    inner = {"innerError": {"request-id": ID, "client-request-id": ID}}
    error = refusal("POST groups", answer(409, "x", "y", headers={"request-id": OTHER}, **inner))
    assert (error.request_id, error.message.count(OTHER)) == (OTHER, 1)
    same = refusal("POST groups", answer(409, "x", "y", **inner))
    assert same.message.endswith(f"(request id {ID})")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "no"}', b'{"error": null}'])
def test_an_answer_that_is_not_graphs_has_no_empty_brackets(body: bytes) -> None:
    """No id, no code: the status alone."""
    message = refusal("to read groups", httpx.Response(502, content=body)).message
    assert message == "Graph refused to read groups: 502"


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("groups", "Group.Read.All"),
        ("users/groups@contoso.example", "User.Read.All"),
        ("applications", "Application.Read.All"),
        ("servicePrincipals/x", "Application.Read.All"),
        ("directory/deletedItems (applications)", "Application.Read.All"),
        ("federatedIdentityCredentials", "Application.Read.All"),
        ("appRoleAssignedTo", "Application.Read.All"),
        ("oauth2PermissionGrants", "Directory.Read.All"),
        ("policies/defaultAppManagementPolicy", "Policy.Read.All"),
    ],
)
def test_a_refused_read_names_the_right_that_reads_it(path: str, right: str) -> None:
    """That one, and not another's."""
    message = refusal(f"to read {path}", answer(403, *DENIED)).message
    assert f"the deployer needs {right}, or a right that includes it, to " in message
    assert message.count(".Read.All") == 1


def test_a_refused_write_is_explained_by_its_code() -> None:
    """As is a read of something that has no hint."""
    for what in ("POST applications", "to read reports"):
        assert "Run preflight" in refusal(what, answer(403, *DENIED)).message
