"""What the members of answers are, by name: one table for each kind of service.

Names that are read and whose kind is the same wherever they stand; what is not listed may be anything.
Sources: Graph API reference, resource pages; Dataverse Web API entity types; OpenID Connect discovery;
GitHub REST API, issues/comments; Azure DevOps REST API, git/pull-request-threads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

#: It goes into a path: what would make another path of it is no id.
_ID = re.compile(r"[^\s/?#\x00-\x1f]+")


class Kind(Enum):
    """What a member is; all but ID and ADDRESS may be null. The value says it in a message."""

    ID = "an id"
    NUMBERED = "an id or a number"
    TEXT = "text"
    TEXTS = "a list of texts"
    NUMBER = "a number"
    OBJECT = "an object"
    OBJECTS = "a list of objects"
    ADDRESS = "an https address"

    def fits(self, value: Any) -> bool:
        """Whether a value is of this kind."""
        if self is Kind.ID:
            return isinstance(value, str) and _ID.fullmatch(value) is not None
        if self is Kind.NUMBERED:
            return Kind.ID.fits(value) or (isinstance(value, int) and not isinstance(value, bool))
        if self is Kind.ADDRESS:
            return isinstance(value, str) and _is_address(value)
        return value is None or self._fits_given(value)

    def _fits_given(self, value: Any) -> bool:
        if self is Kind.TEXT:
            return isinstance(value, str)
        if self is Kind.NUMBER:
            return str(value).isdecimal()  # Entra's first endpoint writes numbers as text
        if self is Kind.OBJECT:
            return isinstance(value, dict)
        inner = str if self is Kind.TEXTS else dict
        return isinstance(value, list) and all(isinstance(one, inner) for one in value)


Shapes = Mapping[str, Kind]


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


def _table(**names: str) -> dict[str, Kind]:
    return {name: Kind[kind] for kind, listed in names.items() for name in listed.split()}


#: Microsoft Graph and Dataverse, which one session asks; their names do not clash.
MICROSOFT: Shapes = _table(
    ID=(
        "id keyId resourceId resourceAppId "
        "roleid systemuserid privilegeid PrivilegeId UserId OrganizationId LogicalName"
    ),
    TEXT=(
        "appId displayName description scope consentType principalId principalDisplayName principalType "
        "appRoleId hint customKeyIdentifier issuer subject createdDateTime "
        "startDateTime endDateTime signInAudience restrictionType maxLifetime name fullname version "
        "applicationid _parentrootroleid_value _businessunitid_value _roletemplateid_value "
        "_parentbusinessunitid_value _createdby_value PrivilegeName PrivilegeType Name"
    ),
    TEXTS="tags",
    OBJECT="applicationRestrictions signInActivity authentication",
    OBJECTS=(
        "appRoles oauth2PermissionScopes passwordCredentials keyCredentials requiredResourceAccess "
        "resourceAccess RolePrivileges Privileges systemuserroles_association teamroles_association"
    ),
)
#: The login service, as MSAL and azure-identity read it, and a pipeline's token service.
LOGIN: Shapes = _table(
    ID="access_token",
    TEXT="error error_description id_token client_info refresh_token token_type scope issuer",
    NUMBER="expires_in ext_expires_in refresh_in",
    OBJECTS="metadata",
    TEXTS="aliases",
    ADDRESS="authorization_endpoint token_endpoint tenant_discovery_endpoint",
)
#: GitHub and Azure Repos.
COMMENTS: Shapes = _table(
    NUMBERED="id",
    TEXT="login body html_url content message",
    OBJECT="user data viewer author authenticatedUser",
    OBJECTS="comments value",
)
