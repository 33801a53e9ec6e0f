"""The fixed sets of values that settings choose from."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Cloud(StrEnum):
    """Which of Microsoft's clouds a stack is in (`usgov` is GCC High); `emulator` stands in on loopback."""

    PUBLIC = "public"
    USGOV = "usgov"
    DOD = "dod"
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


GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: Controls, format characters (zero width, direction), lone surrogates, separators of lines.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def hidden(text: str) -> str:
    """The first character that nobody sees, as `U+200B`; empty when there is none."""
    return next((f"U+{ord(sign):04X}" for sign in text if unicodedata.category(sign) in _HIDDEN), "")


def fault_of_name(text: str) -> str:
    """What is wrong with text that names something in the tenant; empty when nothing is.

    Such text is never trimmed: a name with a blank around it may exist, and would be another's.
    """
    if not text.strip():
        return "is blank; give a name or an id"
    if text != text.strip():
        return "has blanks around it; take them away"
    if hidden(text):
        return f"holds {hidden(text)}, which nobody sees; type it anew"
    if text[0] == "{" and text[-1] == "}" and GUID.fullmatch(text[1:-1]):
        return "is an id in braces; take the braces away"
    return ""


class Shape(BaseModel):
    """Frozen, camelCase keys, unknown keys refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
    )
