"""What the login service remembers of log-ins: for each credential the last one.

Graph shows it as a report (graph docs, beta, appCredentialSignInActivity). It lags by hours there
and is up to date here.
"""

from __future__ import annotations

import uuid
from typing import Any

from emulator.context import Call
from emulator.graph.catalogue import DYNAMICS_APP_ID, GRAPH_APP_ID
from emulator.graph.shapes import stamp
from emulator.login.tenants import organization_of
from emulator.store import Document


def note_sign_in(call: Call, application: Document, principal: Document, key_id: str, resource: str) -> None:
    """Remember that *principal* got a token for *resource* with the credential *key_id* just now."""
    credential, kind, usage = _credential(application, key_id)
    if credential is None:
        return
    row: dict[str, Any] = {
        "id": uuid.uuid5(uuid.NAMESPACE_OID, key_id).hex,
        "keyId": key_id,
        "keyType": kind,
        "keyUsage": usage,
        "credentialOrigin": "application",
        "appId": application["appId"],
        "appObjectId": application["id"],
        "servicePrincipalObjectId": principal["id"],
        "resourceId": _resource_id(call, resource),
        "createdDateTime": credential["startDateTime"],
        "expirationDateTime": credential["endDateTime"],
        "signInActivity": {
            "lastSignInDateTime": stamp(call.ctx.now()),
            "lastSignInRequestId": str(uuid.uuid4()),
        },
    }
    call.store.note_sign_in(call.scope, key_id, row)


def _resource_id(call: Call, resource: str) -> str | None:
    """The object id of the API's service principal in this tenant."""
    app_id = GRAPH_APP_ID if organization_of(call.ctx, resource) is None else DYNAMICS_APP_ID
    found = call.store.find(call.scope, "servicePrincipals", appId=app_id)
    return found[0]["id"] if found else None


def _credential(application: Document, key_id: str) -> tuple[Document | None, str, str]:
    """The credential of a key id, the report's name for its type, and what the key was used for."""
    for name, kind, usage in (
        ("passwordCredentials", "clientSecret", "sign"),
        ("keyCredentials", "certificate", "verify"),
    ):
        for credential in application[name]:
            if credential["keyId"] == key_id:
                return credential, kind, usage
    return None, "", ""
