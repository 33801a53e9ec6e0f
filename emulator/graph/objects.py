"""Finding directory objects by what a path or a reference says of them."""

from __future__ import annotations

import re
from typing import Any

from emulator.context import Call
from emulator.graph.errors import BadRequest, NotFound, ReadOnlyProperty, UndeclaredProperty
from emulator.store import Document

_REFERENCE = re.compile(r".*/(?:directoryObjects|users|servicePrincipals)/([0-9a-fA-F-]{36})$")
_PRINCIPALS = (("users", "User"), ("groups", "Group"), ("servicePrincipals", "ServicePrincipal"))


def target(call: Call, kind: str) -> Document:
    """Return the object that the path names by id or by (appId='…'). Raises NotFound."""
    if "app_id" in call.params:
        found = call.store.find(call.scope, kind, appId=call.params["app_id"].lower())
        if not found:
            raise NotFound(call.params["app_id"])
        return found[0]
    return by_id(call, kind, call.params["id"])


def by_id(call: Call, kind: str, id: str) -> Document:
    """Return one object of the caller's tenant. Raises NotFound."""
    document = call.store.get(call.scope, kind, id)
    if document is None:
        raise NotFound(id)
    return document


def principal(call: Call, id: str) -> tuple[Document, str] | None:
    """Return a user, group or service principal with the name of its type, or None."""
    for kind, type_name in _PRINCIPALS:
        document = call.store.get(call.scope, kind, id)
        if document is not None:
            return document, type_name
    return None


def save(call: Call, kind: str, document: Document) -> None:
    """Write an object back into the caller's tenant."""
    call.store.put(call.scope, kind, document["id"], document)


def referenced_owner(call: Call, reference: Any) -> str:
    """Return the id in an `@odata.id` that names a user or service principal. Raises BadRequest, NotFound."""
    found = _REFERENCE.match(str(reference))
    if not found:
        raise BadRequest("The reference to an owner must name a directory object by its id.")
    owner = principal(call, found[1])
    if owner is None:
        raise NotFound(found[1])
    if owner[1] == "Group":
        raise BadRequest("The reference target of type 'Group' is invalid for the 'owners' reference.")
    return str(owner[0]["id"])


def plain(value: Any) -> Any:
    """Return a body without its OData annotations."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if "@odata." not in name}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def declared(body: Document, known: Document, read_only: frozenset[str], beta: frozenset[str]) -> Document:
    """Return the body once all its properties may be set. Raises UndeclaredProperty, ReadOnlyProperty."""
    for name, value in body.items():
        if name.startswith("_") or name not in known or name in beta:
            raise UndeclaredProperty(name)
        if name in read_only:
            raise ReadOnlyProperty(name)
        _same_shape(name, value, known[name])
    return body


def _same_shape(name: str, value: Any, known: Any) -> None:
    """Refuse a complex value or list that is another kind of thing, and unknown names inside one."""
    if isinstance(known, list | dict) and not isinstance(value, type(known)):
        raise BadRequest(f"Invalid value specified for property '{name}'.")
    if isinstance(known, dict):
        for inner, item in value.items():
            if inner not in known:
                raise UndeclaredProperty(inner)
            _same_shape(inner, item, known[inner])


def merged(target: Document, change: Document) -> Document:
    """Apply a PATCH as Graph does: complex values merge, lists are replaced whole, null is kept as null."""
    result = dict(target)
    for name, value in change.items():
        inner = result.get(name)
        result[name] = merged(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return result
