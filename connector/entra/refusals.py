"""What a refused call of Microsoft Graph says: its own code, message and ids, the cause, and what to do.

Graph names the request in headers and in `error.innerError`, written in either case (graph docs,
concepts/errors); a proxy on the way may keep the headers to itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from connector.catalogue.explain import explain
from connector.errors import RefusedError
from connector.wire.retry import parse_retry_after

_READ = "to read "
_TEXT_LIMIT = 300
# How a path begins → the least right that reads it (Permissions in the Graph API reference).
_RIGHTS = (
    ("oauth2PermissionGrants", "Directory.Read.All", "see what is consented to"),
    ("appRole", "Application.Read.All", "see who and what is assigned"),
    ("users", "User.Read.All", "find users by name"),
    ("groups", "Group.Read.All", "find groups by name"),
    ("policies", "Policy.Read.All", "read app management policies"),
    ("applications", "Application.Read.All", "read applications"),
    ("federatedIdentityCredentials", "Application.Read.All", "read federated credentials"),
    ("servicePrincipals", "Application.Read.All", "read service principals"),
    ("directory/deletedItems", "Application.Read.All", "look into the recycle bin"),
)


def refusal(what: str, answer: httpx.Response) -> RefusedError:
    """The refusal of a call that was *what* (`to read users/…`, `POST applications`)."""
    error = _error_of(answer)
    code, text = str(error.get("code", "")), str(error.get("message", ""))[:_TEXT_LIMIT]
    ids = _ids(answer, error)
    shown = ", ".join(f"{name.removesuffix('-id')} id {value}" for name, value in ids.items())
    words = " ".join(word for word in (str(answer.status_code), code, text) if word)
    return RefusedError(
        f"Graph refused {what}: {words}{_meaning(what, answer.status_code, code, text)}"
        + (f" ({shown})" if shown else ""),
        code="graph.refused",
        key=what.rsplit(" ", 1)[-1],
        status=answer.status_code,
        service_code=code,
        request_id=ids.get("request-id", ""),
        retry_after=parse_retry_after(answer.headers.get("Retry-After")),
    )


def _error_of(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _ids(answer: httpx.Response, error: Mapping[str, Any]) -> dict[str, str]:
    """`request-id` and `client-request-id`, where there are any; the second only where it says more."""
    inner = error.get("innerError") or error.get("innererror")
    held = inner if isinstance(inner, dict) else {}
    names = ("request-id", "client-request-id")
    found = {name: str(answer.headers.get(name) or held.get(name) or "") for name in names}
    if found["client-request-id"] == found["request-id"]:
        del found["client-request-id"]
    return {name: value for name, value in found.items() if value}


def _meaning(what: str, status: int, code: str, text: str) -> str:
    if status == 403 and what.startswith(_READ):
        for start, right, why in _RIGHTS:
            if what.startswith(_READ + start):
                return f"; the deployer needs {right}, or a right that includes it, to {why}"
    known = explain(text) or explain(code)
    return f". {known.cause}. {known.fix}" if known else ""
