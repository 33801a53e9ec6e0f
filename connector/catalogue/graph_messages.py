"""What Microsoft Graph and the azuread provider say, with cause and fix.

Keys are Graph's own codes, or words of its messages where the code says too little (it is often no
more than Request_BadRequest). Sources: graph docs concepts/errors; entra docs reply-url,
supported-accounts-validation, identifier-uri-restrictions, configure-app-management-policies,
directory-service-limits-restrictions; issues of terraform-provider-azuread.
"""

from __future__ import annotations

Texts = dict[str, tuple[str, str]]
_AGAIN = "Run the same command again"

#: Words of messages, the more telling first: they are looked for before any code.
MESSAGES: Texts = {
    "ServiceTreeValueMissing": (
        "the tenant demands a service management reference of every new application",
        "Ask the tenant's administrator for it, register the application with it by hand, then `adopt`",
    ),
    "CannotUpdateLockedServicePrincipalProperty": (
        "the application's instance lock (servicePrincipalLockConfiguration) keeps credentials and the like "
        "off its service principal",
        "Change the application itself; or lift the lock there, if that is meant",
    ),
    "CannotDeleteOrUpdateEnabledEntitlement": (
        "an app role or scope that is enabled can be neither changed nor deleted",
        "Disable it first, then delete it; a scope of preAuthorizedApplications goes after that entry",
    ),
    "InvalidFederatedIdentityCredentialValue": (
        "the application trusts the same issuer and subject by another credential already",
        "Delete that one, or leave this one out",
    ),
    "Permission entry already exists": (
        "consent for this API was granted already, and the stack's state does not know that grant",
        "Run deploy, which takes the grant over; plain `pulumi up` cannot",
    ),
    "Permission being assigned already exists": (
        "the user, group or application is assigned already, and the stack's state does not know it",
        "Run deploy, which takes the assignment over; plain `pulumi up` cannot",
    ),
    "Property cannot be updated: clientId": (
        "the provider cannot change a grant (terraform-provider-azuread issues 1511 and 1536)",
        "Run deploy, which changes the grant in place before `pulumi up`",
    ),
    "is already in use": (
        "the application has a service principal already, or the name belongs to another one",
        "Run deploy, which takes over what is this stack's, or adopt what was made by hand",
    ),
    "does not reference a valid application object": (
        "the application of the service principal is not there (yet), or is closed to this tenant",
        "Run the same command again in a minute; for an API, check that the tenant has the service",
    ),
    "the backing application of the service principal": (
        "Application.ReadWrite.OwnedBy makes service principals of the caller's own applications only; "
        "shortly after a create it is also said by replicas that lag",
        "Run the same command again; if it stays, give the deployer Application.ReadWrite.All",
    ),
    "reference-property objects are not present": (
        "an object that was just made or named is not known everywhere yet, or was deleted",
        f"{_AGAIN} in a minute; if it stays, check the id in the message",
    ),
    "Not a valid reference update": (
        "the app role or the principal of an assignment is not known (yet)",
        f"{_AGAIN} in a minute; if it stays, check assignments",
    ),
    "Timed out whilst waiting for new service principal": (
        "the provider waited for a new service principal to be known everywhere, and gave up "
        "(terraform-provider-azuread issues 1802 and 1811)",
        "Run deploy: it takes over what was made",
    ),
    "New password credentials must be generated": (
        "a request tried to write a secret with the application",
        "Make secrets through rotate; report this as a defect when deploy says it",
    ),
    "exceeds the limit of 2": (
        "an application for personal accounts holds two secrets at most",
        "Remove one that is not in use, then run the same command again",
    ),
    "URL may not contain a query string": (
        "a redirect URI has a query string, and the audience includes personal accounts",
        "Set signInAudience to AzureADMultipleOrgs, or take the URI away",
    ),
    "prohibited words or prohibited domains": (
        "a redirect URI names a host that Microsoft reserves",
        "Use a host of the SaaS or of your own",
    ),
    "requestedAccessTokenVersion is invalid": (
        "personal accounts (and External ID tenants) need access token version 2",
        "Deploy with this tool, which sets version and audience in one request",
    ),
    "must contain a tenant verified domain": (
        "a policy of the tenant allows only identifier URIs with its domain, tenant id or application id",
        "Take the identifier URI away; this connection needs none",
    ),
    "One or more properties contains invalid values": (
        "Graph refuses the value of a property, often a redirect URI",
        "Compare the settings with the rules in docs/configuration.md",
    ),
    "Invalid value specified for property": (
        "Graph refuses the value of the property that the message names",
        "Compare the settings with the rules in docs/configuration.md",
    ),
    "TERRAFORM_UPDATE_": (
        "a run of the provider ended between two renames of a new application",
        "Run deploy: it finds the application by its marker and sets the name right",
    ),
}

#: Graph's codes.
CODES: Texts = {
    "CredentialInvalidLifetimeAsPerAppPolicy": (
        "an app management policy of the tenant limits how long a secret may live",
        "Lower secret.lifetimeDays, or ask for an exception for this application",
    ),
    "CredentialTypeNotAllowedAsPerAppPolicy": (
        "an app management policy of the tenant forbids client secrets",
        "Ask for an exception for this application or the deployer: the SaaS needs a secret",
    ),
    "SignInAudienceNotAllowedAsPerAppPolicy": (
        "an app management policy of the tenant forbids this audience",
        "Set signInAudience to one that it allows, or ask for an exception",
    ),
    "InvalidUniqueTenantIdentifierAsPerAppPolicy": (
        "a policy of the tenant allows only identifier URIs with its domain, tenant id or application id",
        "Take the identifier URI away; this connection needs none",
    ),
    "InvalidAccessTokenVersion": (
        "personal accounts (and External ID tenants) need access token version 2",
        "Deploy with this tool, which sets version and audience in one request",
    ),
    "NoBackingApplicationObject": (
        "the application of the service principal is not there (yet), or is closed to this tenant",
        "Run the same command again in a minute; for an API, check that the tenant has the service",
    ),
    "Directory_QuotaExceeded": (
        "the deployer or the tenant holds as many objects as it may, deleted ones included",
        "Purge deleted applications, or let an administrator raise the quota",
    ),
    "Directory_ConcurrencyViolation": ("two requests changed the same object at once", _AGAIN),
    "Authentication_RequestFromNonPremiumTenant": (
        "the report or feature needs an Entra ID P1 or P2 licence",
        "Go on without it: last use is then not known",
    ),
    "Authorization_RequestDenied": (
        "the caller lacks a permission on Microsoft Graph",
        "Run preflight, which names the permission; grant it with admin consent",
    ),
    "InvalidAuthenticationToken": (
        "the token is missing, expired, or for another service",
        "Log in again",
    ),
    "Request_MultipleObjectsWithSameKeyValue": (
        "an object with the same key exists already",
        "Run deploy, which takes over what is this stack's, or adopt what was made by hand",
    ),
    "Request_ResourceNotFound": (
        "the object does not exist, or was just made and is not known everywhere yet",
        f"{_AGAIN} in a minute",
    ),
    "Request_UnsupportedQuery": ("Graph does not answer this question", "Report this as a defect"),
    "Request_BadRequest": (
        "Graph refuses a value; the message says which",
        "Compare the settings with the rules in docs/configuration.md",
    ),
    "TooManyRequests": ("Graph throttles the caller", "Wait as long as Retry-After says"),
    "ServiceUnavailable": ("Graph does not serve at the moment", "Run the same command again later"),
    "GatewayTimeout": (
        "Graph gave no answer in time, and may have done what was asked",
        "Run deploy: it looks at what is there before it makes anything",
    ),
}
