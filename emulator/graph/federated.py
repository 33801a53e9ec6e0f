"""Federated identity credentials of an application.

Rules: entra docs, workload-id/workload-identity-federation-considerations (20 for each application,
issuer and subject unique together, exactly one audience, names of 3 to 120 characters that never
change, fields of up to 600 characters). A wrong issuer or subject is taken here and fails at login.
"""

from __future__ import annotations

import uuid

from emulator.context import Call, Reply
from emulator.graph.answers import entity, page
from emulator.graph.errors import BadRequest, NotFound, ReferenceExists
from emulator.graph.kinds import FEDERATED_CREDENTIAL
from emulator.graph.objects import declared, plain, target
from emulator.store import Document

KIND = "federatedIdentityCredentials"
LIMIT = 20
_FIELD_LIMIT = 600
_EMPTY: Document = {
    "id": "",
    "name": "",
    "issuer": "",
    "subject": "",
    "audiences": [],
    "description": None,
}


def of_application(call: Call, application: Document) -> list[Document]:
    """The federated credentials of an application."""
    return call.store.find(call.scope, KIND, _application=application["id"])


def list_federated_credentials(call: Call) -> Reply:
    """GET /applications/{id}/federatedIdentityCredentials."""
    return page(call, FEDERATED_CREDENTIAL, of_application(call, target(call, "applications")))


def create_federated_credential(call: Call) -> Reply:
    """POST /applications/{id}/federatedIdentityCredentials: 201."""
    application = target(call, "applications")
    existing = of_application(call, application)
    if len(existing) >= LIMIT:
        raise BadRequest(f"An application takes at most {LIMIT} federated identity credentials.")
    made = _EMPTY | declared(plain(call.json()), _EMPTY, frozenset({"id"}), frozenset())
    made |= {"id": str(uuid.uuid4()), "_application": application["id"]}
    _check(made, existing)
    call.store.put(call.scope, KIND, made["id"], made)
    return entity(call, FEDERATED_CREDENTIAL, made, 201)


def get_federated_credential(call: Call) -> Reply:
    """GET /applications/{id}/federatedIdentityCredentials/{credential}, by id or name."""
    return entity(call, FEDERATED_CREDENTIAL, _one(call))


def update_federated_credential(call: Call) -> Reply:
    """PATCH …/{credential}: 204; the name stays as it was."""
    credential, body = _one(call), plain(call.json())
    if body.get("id") == credential["id"]:
        del body["id"]  # as in an application's PATCH: the provider sends the key along
    change = declared(body, _EMPTY, frozenset({"id"}), frozenset())
    if change.get("name", credential["name"]) != credential["name"]:
        raise BadRequest("Property 'name' cannot be changed.")
    changed = credential | change
    others = of_application(call, target(call, "applications"))
    _check(changed, [other for other in others if other["id"] != changed["id"]])
    call.store.put(call.scope, KIND, changed["id"], changed)
    return Reply(204)


def delete_federated_credential(call: Call) -> Reply:
    """DELETE …/{credential}: 204."""
    call.store.delete(call.scope, KIND, _one(call)["id"])
    return Reply(204)


def _one(call: Call) -> Document:
    asked = call.params["credential"]
    for credential in of_application(call, target(call, "applications")):
        if asked in (credential["id"], credential["name"]):
            return credential
    raise NotFound(asked)


def _check(credential: Document, others: list[Document]) -> None:
    if not 3 <= len(credential["name"]) <= 120:
        raise BadRequest("Property 'name' must have 3 to 120 characters.")
    if len(credential["audiences"]) != 1:
        raise BadRequest("Property 'audiences' must hold exactly one value.")
    for name in ("issuer", "subject"):
        if not 1 <= len(credential[name]) <= _FIELD_LIMIT:
            raise BadRequest(f"Property '{name}' must have 1 to {_FIELD_LIMIT} characters.")
    if any("*" in credential[name] for name in ("issuer", "subject")):
        raise BadRequest("Wildcards are not supported in a federated identity credential.")
    for other in others:
        same = all(other[name] == credential[name] for name in ("issuer", "subject"))
        if same or other["name"] == credential["name"]:
            raise ReferenceExists("federatedIdentityCredentials")
