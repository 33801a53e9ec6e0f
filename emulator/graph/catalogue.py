"""The two first-party APIs that every tenant knows: what Microsoft Graph and Dataverse publish.

Ids as published by Microsoft (Graph permissions reference) and, for Dataverse's only
scope, as seen in many tenants; only the permissions that this project meets are here.
"""

from __future__ import annotations

import uuid

from emulator.store import Document

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
DYNAMICS_APP_ID = "00000007-0000-0000-c000-000000000000"
MICROSOFT_TENANT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

GRAPH_ROLES = {
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "Application.ReadWrite.OwnedBy": "18a4783c-866b-4cc7-a460-3d5e5662c884",
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "AuditLog.Read.All": "b0afded3-3588-46d8-8b3d-9842eff778da",
    "DelegatedPermissionGrant.Read.All": "81b4724a-58aa-41c1-8a55-84ef97466587",
    "DelegatedPermissionGrant.ReadWrite.All": "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    "Directory.ReadWrite.All": "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
    "Group.Read.All": "5b567255-7703-4780-807c-7be8301ae99b",
    "GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "Policy.Read.All": "246dd0d5-5bd0-4def-940b-0421030a5b68",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "User.ReadBasic.All": "97235f07-e226-4f63-ace3-39588e11d3a1",
}
GRAPH_SCOPES = {
    "openid": "37f7f235-527c-4136-accd-4a02d197296e",
    "offline_access": "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
    "profile": "14dad69e-099b-42c9-810b-d002981feec1",
    "email": "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
    "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
}
DYNAMICS_SCOPES = {"user_impersonation": "78ce3f0f-a1ce-49c2-8cde-64b5c0896db4"}


def scope_document(name: str, id: str) -> Document:
    """A delegated permission as a service principal publishes it (permissionScope)."""
    return {
        "id": id,
        "value": name,
        "type": "User",
        "isEnabled": True,
        "adminConsentDisplayName": name,
        "adminConsentDescription": f"Allows the application {name} on behalf of the signed-in user.",
        "userConsentDisplayName": name,
        "userConsentDescription": f"Allows the application {name} on your behalf.",
    }


def role_document(name: str, id: str) -> Document:
    """An application permission as a service principal publishes it (appRole)."""
    return {
        "id": id,
        "value": name,
        "displayName": name,
        "description": f"Allows the application {name} without a signed-in user.",
        "allowedMemberTypes": ["Application"],
        "isEnabled": True,
        "origin": "Application",
    }


def first_party(app_id: str) -> Document | None:
    """What a first-party API publishes: its service principal's own properties; None for any other id."""
    if app_id == GRAPH_APP_ID:
        return {
            "displayName": "Microsoft Graph",
            "oauth2PermissionScopes": [scope_document(*item) for item in GRAPH_SCOPES.items()],
            "appRoles": [role_document(*item) for item in GRAPH_ROLES.items()],
            "servicePrincipalNames": [GRAPH_APP_ID, "https://graph.microsoft.com"],
        }
    if app_id == DYNAMICS_APP_ID:
        return {
            "displayName": "Dataverse",
            "oauth2PermissionScopes": [scope_document(*item) for item in DYNAMICS_SCOPES.items()],
            "appRoles": [],
            "servicePrincipalNames": [DYNAMICS_APP_ID],
        }
    return None


def first_party_object_id(tenant: str, app_id: str) -> str:
    """The object id of a first-party service principal in a tenant: fixed, and another one in each tenant."""
    return str(uuid.uuid5(uuid.UUID(tenant), app_id))
