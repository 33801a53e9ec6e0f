"""Directory objects as Graph v1.0 shows them, with every default filled in (graph docs, resources/*)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from emulator.store import Document

PERSONAL_AUDIENCES = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", *PERSONAL_AUDIENCES)


def stamp(seconds: float) -> str:
    """A Graph date-time in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_application(now: float, publisher: str, *, id: str = "", app_id: str = "") -> Document:
    """An application before its first POST is merged in; the omitted audience is the personal one."""
    return {
        "id": id or str(uuid.uuid4()),
        "deletedDateTime": None,
        "appId": app_id or str(uuid.uuid4()),
        "applicationTemplateId": None,
        "disabledByMicrosoftStatus": None,
        "createdDateTime": stamp(now),
        "displayName": None,
        "description": None,
        "groupMembershipClaims": None,
        "identifierUris": [],
        "isDeviceOnlyAuthSupported": None,
        "isFallbackPublicClient": None,
        "nativeAuthenticationApisEnabled": None,
        "notes": None,
        "publisherDomain": publisher,
        "serviceManagementReference": None,
        "signInAudience": "AzureADandPersonalMicrosoftAccount",
        "tags": [],
        "tokenEncryptionKeyId": None,
        "uniqueName": None,
        "samlMetadataUrl": None,
        "defaultRedirectUri": None,
        "certification": None,
        "optionalClaims": None,
        "requestSignatureVerification": None,
        "servicePrincipalLockConfiguration": None,
        "addIns": [],
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": None,
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
        },
        "appRoles": [],
        "info": {
            "logoUrl": None,
            "marketingUrl": None,
            "privacyStatementUrl": None,
            "supportUrl": None,
            "termsOfServiceUrl": None,
        },
        "keyCredentials": [],
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "passwordCredentials": [],
        "publicClient": {"redirectUris": []},
        "requiredResourceAccess": [],
        "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
        "web": {
            "homePageUrl": None,
            "logoutUrl": None,
            "redirectUris": [],
            "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
            "redirectUriSettings": [],
        },
        "spa": {"redirectUris": []},
        # Shown on /beta only.
        "oauth2RequirePostResponse": False,
        # Never shown: object ids of the owners.
        "_owners": [],
    }


def new_service_principal(now: float, *, id: str = "") -> Document:
    """A service principal before what its application says is merged in."""
    return {
        "id": id or str(uuid.uuid4()),
        "deletedDateTime": None,
        "accountEnabled": True,
        "alternativeNames": [],
        "appDisplayName": None,
        "appDescription": None,
        "appId": None,
        "applicationTemplateId": None,
        "appOwnerOrganizationId": None,
        "appRoleAssignmentRequired": False,
        "createdDateTime": stamp(now),
        "description": None,
        "disabledByMicrosoftStatus": None,
        "displayName": None,
        "homepage": None,
        "loginUrl": None,
        "logoutUrl": None,
        "notes": None,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": None,
        "preferredTokenSigningKeyThumbprint": None,
        "replyUrls": [],
        "servicePrincipalNames": [],
        "servicePrincipalType": "Application",
        "signInAudience": None,
        "tags": [],
        "tokenEncryptionKeyId": None,
        "samlSingleSignOnSettings": None,
        "addIns": [],
        "appRoles": [],
        "info": {},
        "keyCredentials": [],
        "oauth2PermissionScopes": [],
        "passwordCredentials": [],
        "resourceSpecificApplicationPermissions": [],
        "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
        # Shown on /beta only.
        "samlMetadataUrl": None,
        "_owners": [],
    }


def new_user(id: str, principal_name: str, display_name: str) -> Document:
    """A member of the tenant."""
    given, _, surname = display_name.partition(" ")
    return {
        "id": id,
        "accountEnabled": True,
        "businessPhones": [],
        "displayName": display_name,
        "givenName": given,
        "jobTitle": None,
        "mail": principal_name,
        "mailNickname": principal_name.partition("@")[0],
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": surname,
        "userPrincipalName": principal_name,
        "userType": "Member",
    }


def new_group(now: float, id: str, display_name: str, description: str) -> Document:
    """A security group."""
    return {
        "id": id,
        "deletedDateTime": None,
        "classification": None,
        "createdDateTime": stamp(now),
        "description": description,
        "displayName": display_name,
        "groupTypes": [],
        "isAssignableToRole": None,
        "mail": None,
        "mailEnabled": False,
        "mailNickname": id[:8],
        "membershipRule": None,
        "onPremisesSyncEnabled": None,
        "proxyAddresses": [],
        "securityEnabled": True,
        "visibility": None,
    }


def new_assignment(now: float, role_id: str, principal: Document, kind: str, resource: Document) -> Document:
    """An app role assignment; *kind* is User, Group or ServicePrincipal."""
    return {
        "id": uuid.uuid4().hex[:22] + "AQ",
        "deletedDateTime": None,
        "appRoleId": role_id,
        "createdDateTime": stamp(now),
        "principalDisplayName": principal["displayName"],
        "principalId": principal["id"],
        "principalType": kind,
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource["id"],
    }


def copy_to_service_principal(application: Document, principal: Document) -> None:
    """Bring a service principal in line with its application: what Entra copies from one to the other."""
    uris = [*application["web"]["redirectUris"], *application["spa"]["redirectUris"]]
    principal.update(
        displayName=application["displayName"],
        appDisplayName=application["displayName"],
        appDescription=application["description"],
        appId=application["appId"],
        appRoles=[role | {"origin": "Application"} for role in application["appRoles"]],
        homepage=application["web"]["homePageUrl"],
        info=application["info"],
        logoutUrl=application["web"]["logoutUrl"],
        oauth2PermissionScopes=application["api"]["oauth2PermissionScopes"],
        replyUrls=uris + application["publicClient"]["redirectUris"],
        servicePrincipalNames=[*application["identifierUris"], application["appId"]],
        signInAudience=application["signInAudience"],
    )
