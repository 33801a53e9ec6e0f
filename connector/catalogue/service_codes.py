"""What the login service, Dataverse and the vendor say, by code: the cause, what to do, what a deployer does.

The third text is there where the deployer's refusal has another cure than the application's. Sources: EM
identity-platform/reference-error-codes.md; PAD webapi/compose-http-requests-handle-errors.md and the
troubleshooting pages; issues Azure/login 180, 372, 515 and 517, PowerPlatform-DataverseServiceClient 135 and
528, active-directory-dotnet-daemon 10; the vendor's release notes and error notifications.
"""

from __future__ import annotations

Texts = dict[str, tuple[str, ...]]

#: AADSTS codes of the login service.
LOGIN: Texts = {
    "50011": (
        "the redirect URI of the request is not registered on the application",
        "Register it exactly, case included, through redirectUris",
    ),
    "50105": (
        "who logs in is not assigned to the application, and assignment is required",
        "Add the user or a group to assignments; an application that calls an API with assignment "
        "needs an app role of that API",
    ),
    "50194": (
        "a single-tenant application was called through /common",
        "Set signInAudience to AzureADMultipleOrgs or call the tenant's own endpoint",
    ),
    "50020": ("the account is not in this tenant", "Sign in with an account of the tenant"),
    "50173": ("the grant was revoked, as by a password change", "Sign in again"),
    "53003": (
        "a Conditional Access policy keeps this machine from logging in",
        "Run the proof from a place that the policy allows",
    ),
    "65001": ("nobody consented to the permission", "Grant admin consent, as deploy does"),
    "90002": ("there is no tenant of that id", "Correct tenantId"),
    "90094": ("the permission needs an administrator's consent", "Grant admin consent"),
    "500011": (
        "the resource has no service principal in this tenant",
        "Check dynamicsUrl where the text names the organization, and that the tenant has Dataverse; "
        "for any other resource, that the tenant has that service and the scope is right",
    ),
    "500014": ("the resource's service principal is disabled", "Enable it in the tenant"),
    "650052": (
        "the tenant has not subscribed to the service or it is switched off",
        "Check that the tenant has Dynamics 365",
    ),
    "650056": (
        "the permission is not listed on the application or not consented to",
        "Run deploy, so that request and grant agree",
    ),
    "650057": (
        "the resource is not among the permissions that the application requests",
        "Check dynamicsUrl and permissions",
    ),
    "650059": (
        "the application's audience does not include this tenant",
        "Set signInAudience to AzureADMultipleOrgs",
    ),
    "700016": (
        "the application is not in this tenant",
        "Check tenantId and the client id; a new application may need a minute",
        "check ARM_CLIENT_ID and ARM_TENANT_ID: the tenant has no service principal of it",
    ),
    "700025": ("a public client sent a secret", "Register the redirect URI as web"),
    "700082": ("the refresh token was unused for too long", "Sign in again"),
    "70021": (
        "no federated credential of the application matches the token's issuer",
        "Compare the issuer with the credential's, letter by letter; a new one may need minutes; bootstrap "
        "makes the pipeline's",
    ),
    "700211": (
        "no federated credential matches the token's issuer",
        "Compare the issuer with the credential's, letter by letter: GitHub's is "
        "https://token.actions.githubusercontent.com, a service connection's stands on its page",
    ),
    "700212": (
        "no federated credential matches the token's audience",
        "Ask for a token for api://AzureADTokenExchange: GitHub's request URL takes it as &audience=",
    ),
    "700213": (
        "no federated credential matches the token's subject",
        "Compare the subject with the credential's, letter by letter. GitHub writes "
        "repo:OWNER@OWNERID/REPO@REPOID:ref:… for repositories made, renamed or moved since July 2026 and "
        "repo:OWNER/REPO:ref:… before (`ref`, not `refs`); pull_request and environment:NAME are subjects "
        "of their own",
    ),
    "700027": (
        "the certificate of the login is not registered on the application, or its time is over",
        "Register it, or log in with one that is and holds now",
    ),
    "7000112": (
        "the application is disabled in this tenant",
        "Enable its service principal",
    ),
    "7000215": (
        "the client secret is wrong: not this application's, or the secret's id was given in place of "
        "its value, or it is newer than the login service knows",
        "Give the secret's value; wait a minute when it was just made",
        "set ARM_CLIENT_SECRET to the value of a secret of ARM_CLIENT_ID, and not to its id",
    ),
    "7000218": (
        "the request held neither secret nor assertion",
        "Give the client secret, certificate or federated token",
    ),
    "7000222": (
        "the client secret has expired",
        "Make a new one (rotate) and hand it over",
        "renew that credential where it was made, and set ARM_CLIENT_SECRET",
    ),
    "7000229": (
        "the application has no service principal in this tenant",
        "Make one by consent or by deploy",
    ),
    "50057": (
        "the user account is disabled",
        "Enable it, or sign in as somebody else",
    ),
    "50059": (
        "the request names no tenant, and none follows from the application",
        "Call the tenant's own endpoint and not /common",
    ),
    "501051": (
        "the application is not assigned to an app role of the API, and the API requires assignment",
        "Assign one of the API's app roles to the application",
    ),
    "70011": (
        "the scope is not one that the login service knows",
        "Ask for the resource's own scope, such as https://ORGANIZATION/.default",
    ),
    "700023": (
        "the assertion is for another audience",
        "Ask for a token for api://AzureADTokenExchange",
    ),
    "700024": (
        "the assertion is outside of its time range",
        "Ask for a fresh token just before the login, and check this machine's clock",
    ),
    "7002138": (
        "no federated credential matches the token's subject, which differs only in upper and lower "
        "case",
        "Write the credential's subject exactly as the token has it; bootstrap makes the pipeline's",
    ),
    "900144": (
        "the login's request lacks a parameter",
        "Compare the vendor's request with the protocol: the text names the parameter",
    ),
    "1002012": (
        "the scope of a client credentials login does not end in /.default",
        "Ask for https://ORGANIZATION/.default",
    ),
}

#: Codes of the Dataverse Web API.
DATAVERSE: Texts = {
    "0x80072560": (
        "no application user stands for the caller in this environment",
        "Make it (apply does), and check that dynamicsUrl is the right environment",
        "an administrator of the environment makes an application user for ARM_CLIENT_ID (bootstrap "
        "does), or adds the person",
    ),
    "0x80040220": (
        "the caller lacks a privilege",
        "Give the caller a security role that holds it, such as System Administrator",
    ),
    "0x80042f09": (
        "the user has no security role",
        "Assign one, as apply does",
        "an administrator gives the deployer's user a security role, such as System Administrator",
    ),
    "0x80072559": (
        "Dataverse does not see the application's service principal",
        "Consent first; a new one may need a minute",
    ),
    "0x80040225": (
        "the user is disabled",
        "Enable the user, or let apply do it",
        "an administrator of the environment enables the deployer's user",
    ),
    "0x80040237": ("a record with the same key exists", "Run again; the record is then adopted"),
    "0x80040217": ("the record does not exist", "Run again; live state is then read anew"),
    "0x80040530": ("the record was posted without its business unit", "Name the business unit"),
    "0x80048610": (
        "the user owns records, or its own settings were not swept yet",
        "Run again; if it stays, give the user's records to another owner",
    ),
    "0x80060882": ("the record changed meanwhile", "Run again"),
    "0x80048d19": ("the service cannot read the request's body", "Report this as a defect"),
    "0x80060888": (
        "the service does not know a property or segment of the request",
        "Check that the environment's version is current",
    ),
    "0x80041102": ("the service does not know the table", "Check the profile's table names"),
    "0x80072322": ("too many requests in five minutes", "Wait as long as Retry-After says"),
    "0x80072321": ("too much execution time in five minutes", "Wait as Retry-After says"),
    "0x80072326": ("too many requests at once", "Wait as Retry-After says"),
    "0x8006088a": ("the environment does not serve this version of the Web API", "Check dynamicsUrl"),
    "0x80095ffc": (
        "the environment allows only listed applications (Managed Environments), and this client id "
        "is not among them",
        "An administrator of the environment adds the client id to its list of allowed applications; "
        "the vendor is barred just as well until then",
        "an administrator adds the client id that logs in here to that list: ARM_CLIENT_ID, or the "
        "Azure CLI's own for a login by az",
    ),
}

#: What a vendor shows of a connection, and words of Dataverse that come without a code.
WORDS: Texts = {
    "MISSING_OBJECT_WRITE_PERMISSION": (
        "the vendor may not write a table that it writes",
        "Compare the table in the text with `plan`; run apply, or add the right to dataverse.add",
    ),
    "MISSING_OBJECT_READ_PERMISSION": (
        "the vendor may not read a table that it reads",
        "Compare the table in the text with `plan`; run apply, or add the right to dataverse.add",
    ),
    "MISSING_FIELD_READ_PERMISSION": (
        "the vendor may not read a column: column security, which no security role lifts",
        "Add the application user to a column security profile that shows the column",
    ),
    "UNSUPPORTED_CRM_PACKAGE_VERSION": (
        "the vendor's solution in the environment is too old for it",
        "Import the version that the vendor names, then run deploy",
    ),
    "API_LIMIT_EXCEEDED": (
        "the environment's requests of the day are used up",
        "Wait until they are counted anew, or give the environment more",
    ),
    "administration mode": (
        "the environment is in administration mode: it admits administrators alone, so the vendor is "
        "barred, too",
        "End administration mode in the Power Platform admin center",
    ),
}
