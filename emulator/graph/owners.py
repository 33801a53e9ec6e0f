"""Owners of applications and service principals."""

from __future__ import annotations

from collections.abc import Callable

from emulator.context import Call, Reply
from emulator.graph.answers import page
from emulator.graph.errors import NotFound, ReferenceExists
from emulator.graph.kinds import DIRECTORY_OBJECT
from emulator.graph.objects import principal, referenced_owner, save, target
from emulator.store import Document

_TYPE_NAMES = {"User": "user", "ServicePrincipal": "servicePrincipal"}


def list_owners(kind: str) -> Callable[[Call], Reply]:
    """GET /{kind}/{id}/owners."""

    def rule(call: Call) -> Reply:
        found = [principal(call, id) for id in target(call, kind)["_owners"]]
        return page(call, DIRECTORY_OBJECT, [_typed(*owner) for owner in found if owner], typed=True)

    return rule


def _typed(owner: Document, type_name: str) -> Document:
    shown = ("id", "displayName", "userPrincipalName", "mail", "appId")
    return {k: owner[k] for k in shown if k in owner} | {"_type": _TYPE_NAMES[type_name]}


def add_owner(kind: str) -> Callable[[Call], Reply]:
    """POST /{kind}/{id}/owners/$ref {"@odata.id"}: 204. Raises ReferenceExists."""

    def rule(call: Call) -> Reply:
        document = target(call, kind)
        owner = referenced_owner(call, call.json().get("@odata.id"))
        if owner in document["_owners"]:
            raise ReferenceExists("owners")
        document["_owners"].append(owner)
        save(call, kind, document)
        return Reply(204)

    return rule


def remove_owner(kind: str) -> Callable[[Call], Reply]:
    """DELETE /{kind}/{id}/owners/{owner}/$ref: 204."""

    def rule(call: Call) -> Reply:
        document, owner = target(call, kind), call.params["owner"].lower()
        if owner not in document["_owners"]:
            raise NotFound(owner)
        document["_owners"].remove(owner)
        save(call, kind, document)
        return Reply(204)

    return rule
