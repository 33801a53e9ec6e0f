"""The limited deployer with other Graph roles than the seed gives it."""

from __future__ import annotations

import time

from emulator.graph.catalogue import GRAPH_ROLES
from emulator.graph.shapes import new_assignment
from emulator.seed import CONTOSO, LIMITED_DEPLOYER, LIMITED_SECRET
from tests.support.emulator import RunningEmulator
from tests.support.graph import GRAPH, LIMITED_PRINCIPAL

LIMITED = {
    f"{prefix}_{name}": value
    for prefix in ("ARM", "AZURE")
    for name, value in (("CLIENT_ID", LIMITED_DEPLOYER), ("CLIENT_SECRET", LIMITED_SECRET))
}
#: All that a deployment with assignments needs, but for changing applications that it does not own.
OWNING = (
    "Application.ReadWrite.OwnedBy",
    "DelegatedPermissionGrant.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "User.Read.All",
    "Group.Read.All",
)


def limited_with(emulator: RunningEmulator, *names: str) -> dict[str, str]:
    """Give the limited deployer exactly these Graph roles; returns the variables that log in as it."""
    store = emulator.store
    for row in store.find(CONTOSO, "appRoleAssignments", principalId=LIMITED_PRINCIPAL):
        store.delete(CONTOSO, "appRoleAssignments", row["id"])
    principal = store.get(CONTOSO, "servicePrincipals", LIMITED_PRINCIPAL)
    graph = store.get(CONTOSO, "servicePrincipals", GRAPH)
    assert principal is not None
    assert graph is not None
    for name in names:
        row = new_assignment(time.time(), GRAPH_ROLES[name], principal, "ServicePrincipal", graph)
        store.put(CONTOSO, "appRoleAssignments", row["id"], row)
    return emulator.env | LIMITED
