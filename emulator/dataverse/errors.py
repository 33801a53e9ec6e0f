"""What Dataverse refuses, each with its status and code.

Sources: powerapps-docs, webapi/compose-http-requests-handle-errors and
reference/web-service-error-codes. Where no source gives the code, the class says so.
"""

from __future__ import annotations

from typing import Any

from emulator.errors import DataverseError


class Unauthorized(DataverseError):
    """401 with an empty body; the reason is in the headers (SDK: AuthorityResolver reads the challenge)."""

    status = 401
    code = ""

    def body(self) -> dict[str, Any] | None:
        """Return no body."""
        return None


class NoVersion(DataverseError):
    """The address has no /api/data/vX.Y: answered from below the OData layer."""

    status = 404

    def body(self) -> dict[str, Any] | None:
        """Return the body that has no error envelope."""
        return {"Message": self.message}


class VersionNotServed(DataverseError):
    """An API version from v9.3 on."""

    status = 501
    code = "0x8006088a"


class NotAMember(DataverseError):
    """No application user stands for the caller's service principal."""

    status = 403
    code = "0x80072560"


class UserDisabled(DataverseError):
    """The caller's user is disabled."""

    status = 403
    code = "0x80040225"


class NoRoles(DataverseError):
    """The caller's user has no security role (NoUserRolesAssigned)."""

    status = 403
    code = "0x80042f09"


class PrivilegeMissing(DataverseError):
    """The caller lacks a privilege, or the depth of one."""

    status = 403
    code = "0x80040220"


class NotFound(DataverseError):
    """The record, or the target of a reference, does not exist."""

    status = 404
    code = "0x80040217"


class UnknownSegment(DataverseError):
    """An unknown resource in the path."""

    status = 404
    code = "0x80060888"


class UnknownDefinition(DataverseError):
    """No table of that name in EntityDefinitions (that this status and code come with it is not verified)."""

    status = 404
    code = "0x80060888"


class WrongMethod(DataverseError):
    """A method that the resource does not take."""

    status = 405
    code = ""


class BadQuery(DataverseError):
    """An unknown property or a query that cannot be read."""

    code = "0x80060888"


class NotEmulated(BadQuery):
    """Something the service may do and the emulator does not; the request log marks it."""


class BadBody(DataverseError):
    """A body that cannot be deserialised."""

    code = "0x80048d19"


class BadArgument(DataverseError):
    """An argument that is missing or not allowed. Stands in where no source gives the code."""

    code = "0x80040203"


class NoBusinessUnit(DataverseError):
    """A systemuser without a business unit."""

    code = "0x80040530"


class TooLong(DataverseError):
    """A text longer than its column takes (StringLengthTooLong)."""

    code = "0x80044331"


class Duplicate(DataverseError):
    """A record with the same key: primary key, or the application id of a systemuser."""

    status = 412
    code = "0x80040237"

    def __init__(self) -> None:
        """Take the service's one message."""
        super().__init__("A record with matching key values already exists.")


class StaleVersion(DataverseError):
    """If-Match names a version that is not the record's (ConcurrencyVersionMismatch)."""

    status = 412
    code = "0x80060882"

    def __init__(self) -> None:
        """Take the service's one message."""
        super().__init__("The version of the existing record doesn't match the RowVersion property provided.")


class DirectoryRefused(DataverseError):
    """Entra ID knows no such service principal (AADError; that it comes with this code is not verified)."""

    code = "0x80072559"


class OwnsRecords(DataverseError):
    """The second delete of a user that owns records (terraform-provider-power-platform issue 1249)."""

    code = "0x80048610"


class DeleteRace(OwnsRecords):
    """The second delete of a user meets its own usersettings row; a plain retry works."""
