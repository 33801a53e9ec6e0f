"""The types of directory object that Graph serves here, and what may be asked of each."""

from __future__ import annotations

from emulator.graph.answers import Kind, names

APPLICATION = Kind(
    "applications",
    "application",
    names(
        "id appId displayName identifierUris tags signInAudience publisherDomain uniqueName "
        "applicationTemplateId"
    ),
    beta=frozenset({"oauth2RequirePostResponse"}),
)
SERVICE_PRINCIPAL = Kind(
    "servicePrincipals",
    "servicePrincipal",
    names(
        "id appId displayName servicePrincipalNames tags accountEnabled servicePrincipalType "
        "appOwnerOrganizationId applicationTemplateId homepage"
    ),
    beta=frozenset({"samlMetadataUrl"}),
)
GRANT = Kind(
    "oauth2PermissionGrants",
    "oAuth2PermissionGrant",
    frozenset({"id", "clientId", "consentType", "principalId", "resourceId", "scope"}),
)
ASSIGNMENT = Kind(
    "appRoleAssignments",
    "appRoleAssignment",
    frozenset({"id", "principalId", "resourceId", "appRoleId", "principalDisplayName", "principalType"}),
)
USER = Kind(
    "users",
    "user",
    names("id userPrincipalName mail mailNickname displayName accountEnabled employeeId"),
    hidden=frozenset({"accountEnabled", "mailNickname", "userType"}),
    selectable=names(
        "ageGroup city companyName consentProvidedForMinor country creationType department employeeHireDate "
        "employeeId employeeOrgData employeeType externalUserState faxNumber imAddresses "
        "onPremisesDistinguishedName onPremisesDomainName onPremisesImmutableId onPremisesSamAccountName "
        "onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails "
        "passwordPolicies passwordProfile postalCode proxyAddresses showInAddressList state streetAddress "
        "usageLocation"
    ),
)
GROUP = Kind(
    "groups",
    "group",
    names("id displayName mailNickname mail mailEnabled securityEnabled groupTypes"),
)
DIRECTORY_OBJECT = Kind("directoryObjects", "directoryObject", frozenset({"id"}))
SIGN_IN_ACTIVITY = Kind(
    "reports/appCredentialSignInActivities",
    "appCredentialSignInActivity",
    frozenset({"id", "keyId", "appId"}),
)
ORGANIZATION = Kind("organization", "organization", frozenset({"id"}))
FEDERATED_CREDENTIAL = Kind(
    "federatedIdentityCredentials",
    "federatedIdentityCredential",
    frozenset({"id", "name", "issuer", "subject"}),
)
