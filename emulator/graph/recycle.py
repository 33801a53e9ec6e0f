"""The recycle bin: what a delete leaves, how it comes back, how it goes for good.

Sources: entra docs, restore-application and delete-recover-faq. Restoring an application
does not restore its service principal; grants and assignments do not come back here.
"""

from __future__ import annotations

from emulator.context import Call, Reply
from emulator.graph.answers import entity, page
from emulator.graph.errors import NotFound, RestoreConflict
from emulator.graph.kinds import APPLICATION, DIRECTORY_OBJECT, SERVICE_PRINCIPAL
from emulator.graph.objects import by_id
from emulator.graph.shapes import stamp
from emulator.store import Document

_COLLECTIONS = {"application": "applications", "servicePrincipal": "servicePrincipals"}
_KINDS = {"application": APPLICATION, "servicePrincipal": SERVICE_PRINCIPAL}
_TYPES = {collection: name for name, collection in _COLLECTIONS.items()}


def soft_delete(call: Call, kind: str, document: Document) -> None:
    """Move an application or service principal to the bin; a principal's grants and assignments go."""
    binned = document | {"deletedDateTime": stamp(call.ctx.now()), "_type": _TYPES[kind]}
    call.store.delete(call.scope, kind, document["id"])
    call.store.put(call.scope, "deletedItems", document["id"], binned)
    if kind == "servicePrincipals":
        _drop(call, "oauth2PermissionGrants", ("clientId", "resourceId"), document["id"])
        _drop(call, "appRoleAssignments", ("principalId", "resourceId"), document["id"])


def _drop(call: Call, kind: str, names: tuple[str, ...], id: str) -> None:
    for row in call.store.all(call.scope, kind):
        if id in [row.get(name) for name in names]:
            call.store.delete(call.scope, kind, row["id"])


def list_deleted(call: Call) -> Reply:
    """GET /directory/deletedItems/microsoft.graph.application (or servicePrincipal)."""
    type_name = call.params["type"]
    if type_name not in _KINDS:
        raise NotFound(type_name)
    binned = call.store.find(call.scope, "deletedItems", _type=type_name)
    return page(call, _KINDS[type_name], binned)


def get_deleted(call: Call) -> Reply:
    """GET /directory/deletedItems/{id}."""
    binned = by_id(call, "deletedItems", call.params["id"])
    reply = entity(call, _KINDS[binned["_type"]], binned)
    return Reply(body={"@odata.type": f"#microsoft.graph.{binned['_type']}"} | reply.body)


def restore(call: Call) -> Reply:
    """POST /directory/deletedItems/{id}/restore: 200 with the object. Raises RestoreConflict."""
    binned = by_id(call, "deletedItems", call.params["id"])
    type_name = binned.pop("_type")
    collection = _COLLECTIONS[type_name]
    if call.store.find(call.scope, collection, appId=binned["appId"]):
        raise RestoreConflict("Another object with the same value for property appId already exists.")
    home = type_name == "servicePrincipal" and binned["appOwnerOrganizationId"] == call.scope
    if home and not call.store.find(call.scope, "applications", appId=binned["appId"]):
        raise RestoreConflict("The application of the service principal is deleted; restore it first.")
    binned["deletedDateTime"] = None
    call.store.delete(call.scope, "deletedItems", binned["id"])
    call.store.put(call.scope, collection, binned["id"], binned)
    reply = entity(call, DIRECTORY_OBJECT, binned)
    return Reply(body={"@odata.type": f"#microsoft.graph.{type_name}"} | reply.body)


def purge(call: Call) -> Reply:
    """DELETE /directory/deletedItems/{id}: gone for good, its secrets' hashes too."""
    binned = by_id(call, "deletedItems", call.params["id"])
    for credential in binned["passwordCredentials"]:
        call.store.delete(call.scope, "secretHashes", credential["keyId"])
    call.store.delete(call.scope, "deletedItems", binned["id"])
    return Reply(204)
