"""API permissions by name: which APIs are known and how an entry is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainValidator

from connector.errors import Problem
from connector.settings.problems import nearest, shown
from connector.settings.values import PermissionKind, SignInAudience

#: Application ids of the APIs, the same in every tenant (Microsoft first-party applications).
APIS = {
    "dynamics-crm": "00000007-0000-0000-c000-000000000000",
    "graph": "00000003-0000-0000-c000-000000000000",
}


#: How many APIs of other tenants an application may ask; every API above is Microsoft's own.
API_LIMIT = 10
_PERSONAL_API_LIMIT = 30


class ApiPermission(BaseModel):
    """One permission of one API: `client_id` is the API's application id."""

    model_config = ConfigDict(frozen=True)

    api: str
    client_id: str
    name: str
    kind: PermissionKind = PermissionKind.DELEGATED


class PermissionEntry(BaseModel):
    """The long form of an entry: `{api, name, kind}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api: str
    name: str
    kind: PermissionKind = PermissionKind.DELEGATED


_FORM = "write it as api/name, such as graph/openid, or as {api, name, kind}"
#: What Entra allows in the value of a scope or an app role: ASCII that can be seen, no blank.
_NAME = re.compile(r"[!-~]+")


def _entry(value: object) -> str | PermissionEntry:
    """Text as it is, an object as an entry; a union of pydantic's would report each mistake twice."""
    if isinstance(value, str | PermissionEntry):
        return value
    if isinstance(value, Mapping):
        return PermissionEntry.model_validate(value)
    raise ValueError(_FORM)


#: An entry of a list of permissions, as it is written.
Written = Annotated[str | PermissionEntry, PlainValidator(_entry)]


@dataclass(frozen=True)
class ReadPermissions:
    """What a list of entries came to: the permissions and the problems."""

    permissions: tuple[ApiPermission, ...]
    problems: tuple[Problem, ...]


def read_permissions(entries: list[tuple[str, str | PermissionEntry]]) -> ReadPermissions:
    """Permissions from (key path, entry) pairs, each once, in order; problems beside them."""
    problems: list[Problem] = []
    found: dict[ApiPermission, None] = {}
    for key, entry in entries:
        long = _split(entry) if isinstance(entry, str) else entry
        wrong = list(_check(long, key, entry))
        problems.extend(wrong)
        if long and not wrong:
            client_id = APIS[long.api]
            found[ApiPermission(api=long.api, client_id=client_id, name=long.name, kind=long.kind)] = None
    return ReadPermissions(tuple(found), tuple(problems))


def _split(text: str) -> PermissionEntry | None:
    api, slash, name = text.partition("/")
    return PermissionEntry(api=api, name=name) if slash and name else None


def _check(long: PermissionEntry | None, key: str, entry: str | PermissionEntry) -> Iterator[Problem]:
    if long is None:
        yield Problem("settings.permission", key, shown(entry), _FORM)
        return
    short = isinstance(entry, str)
    if long.api not in APIS:
        near = nearest(long.api, APIS)
        hint = f"did you mean {near!r}? " if near else ""
        message = f"is of an API nobody knows here; {hint}known: {', '.join(sorted(APIS))}"
        value = shown(entry if short else long.api)
        yield Problem("settings.permission", key if short else f"{key}.api", value, message)
    if not _NAME.fullmatch(long.name):
        message = "needs the permission's name as the API spells it, without blanks, such as openid"
        value = shown(entry if short else long.name)
        yield Problem("settings.permission", key if short else f"{key}.name", value, message)


def check_counts(permissions: Sequence[ApiPermission], audience: SignInAudience) -> Iterator[Problem]:
    """Problems of more permissions or APIs than the audience allows, the profile's among them.

    Source: EM identity-platform/supported-accounts-validation.md (requiredResourceAccess).
    """
    limit = 200 if audience.is_personal else 400
    if len(permissions) > limit:
        yield _too_many(f"{len(permissions)} permissions", f"{audience.value} allows at most {limit}")
    by_api = Counter(permission.api for permission in permissions)
    for api, count in by_api.items() if audience.is_personal else ():
        if count > _PERSONAL_API_LIMIT:
            allowed = f"{audience.value} allows at most {_PERSONAL_API_LIMIT} of one API"
            yield _too_many(f"{count} permissions of {api}", allowed)
    if len(by_api) > API_LIMIT:
        message = f"an application may ask at most {API_LIMIT} APIs of other tenants; take some away"
        yield Problem("settings.api_count", "permissions", f"{len(by_api)} APIs", message)


def _too_many(count: str, allowed: str) -> Problem:
    return Problem("settings.permission_count", "permissions", count, f"{allowed}; take some away")
