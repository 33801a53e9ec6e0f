"""The fixed sets of values that settings choose from."""

from __future__ import annotations

from enum import StrEnum


class Cloud(StrEnum):
    """Which of Microsoft's clouds a stack lives in; `emulator` is the stand-in on loopback."""

    PUBLIC = "public"
    USGOV = "usgov"
    CHINA = "china"
    EMULATOR = "emulator"


class SignInAudience(StrEnum):
    """Who may sign in to the application (Graph's own names)."""

    MY_ORG = "AzureADMyOrg"
    MULTIPLE_ORGS = "AzureADMultipleOrgs"
    ORGS_AND_PERSONAL = "AzureADandPersonalMicrosoftAccount"
    PERSONAL = "PersonalMicrosoftAccount"

    @property
    def is_personal(self) -> bool:
        """Whether personal Microsoft accounts may sign in, which narrows several limits."""
        return self in (SignInAudience.ORGS_AND_PERSONAL, SignInAudience.PERSONAL)


class PermissionKind(StrEnum):
    """A delegated permission (a scope) or an application permission (an app role)."""

    DELEGATED = "delegated"
    APPLICATION = "application"


class ConsentMode(StrEnum):
    """Whether the stack grants admin consent itself or leaves it to someone with a link."""

    GRANT = "grant"
    LINK = "link"


class CredentialKind(StrEnum):
    """What the SaaS logs in with as the application."""

    SECRET = "secret"  # noqa: S105 - the word, not one
    CERTIFICATE = "certificate"
    FEDERATED = "federated"


class Right(StrEnum):
    """What a security role allows on a table, in the words of the role editor."""

    CREATE = "create"
    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    APPEND = "append"
    APPEND_TO = "appendTo"
    ASSIGN = "assign"
    SHARE = "share"

    @property
    def privilege_type(self) -> str:
        """The `PrivilegeType` of table metadata that this right is."""
        return self.value[0].upper() + self.value[1:]


class Depth(StrEnum):
    """How far a right reaches, in the words of the role editor."""

    USER = "user"
    BUSINESS_UNIT = "businessUnit"
    PARENT_CHILD = "parentChild"
    ORGANIZATION = "organization"

    @property
    def service_name(self) -> str:
        """The Web API's `PrivilegeDepth` name."""
        return _SERVICE_DEPTHS[self]


_SERVICE_DEPTHS = {
    Depth.USER: "Basic",
    Depth.BUSINESS_UNIT: "Local",
    Depth.PARENT_CHILD: "Deep",
    Depth.ORGANIZATION: "Global",
}


class Basis(StrEnum):
    """Where a line of the role comes from: the vendor's documentation, its solution, or the stack itself."""

    DOCUMENTED = "documented"
    DERIVED = "derived"
    STACK = "stack"
