"""API permissions by name: which APIs are known and how an entry is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from connector.errors import Problem
from connector.settings.problems import nearest, shown
from connector.settings.values import PermissionKind

#: Application ids of the APIs, the same in every tenant (Microsoft first-party applications).
APIS = {
    "dynamics-crm": "00000007-0000-0000-c000-000000000000",
    "graph": "00000003-0000-0000-c000-000000000000",
}


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
        problems.extend(_check(long, key, entry))
        if long and long.api in APIS and long.name:
            client_id = APIS[long.api]
            found[ApiPermission(api=long.api, client_id=client_id, name=long.name, kind=long.kind)] = None
    return ReadPermissions(tuple(found), tuple(problems))


def _split(text: str) -> PermissionEntry | None:
    api, slash, name = text.partition("/")
    return PermissionEntry(api=api, name=name) if slash and name else None


def _check(long: PermissionEntry | None, key: str, entry: str | PermissionEntry) -> Iterator[Problem]:
    value = shown(entry if isinstance(entry, str) else f"{entry.api}/{entry.name}")
    if long is None:
        message = "write it as api/name, such as graph/openid, or as {api, name, kind}"
        yield Problem("settings.permission", key, value, message)
    elif long.api not in APIS:
        near = nearest(long.api, APIS)
        hint = f"did you mean {near!r}? " if near else ""
        message = f"is of an API nobody knows here; {hint}known: {', '.join(sorted(APIS))}"
        yield Problem("settings.permission", key, value, message)
