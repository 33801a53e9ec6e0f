"""Users, groups and owners: how each is written, and nobody twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.errors import Problem
from connector.settings.model import RawSettings
from connector.settings.problems import shown
from connector.settings.texts import GUID, fault_of_name

#: A name, one @ and a domain with a dot: Entra takes only verified domains, which have one.
_PRINCIPAL = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")


def check_people(raw: RawSettings) -> Iterator[Problem]:
    """Problems of assignments and owners, in the order of the keys."""
    assigned = raw.assignments
    yield from _users("settings.assignee", "assignments.users", assigned.users)
    yield from _twice("assignments.users", assigned.users, [user.lower() for user in assigned.users])
    for i, group in enumerate(assigned.groups):
        fault = fault_of_name(group)
        if fault:
            yield Problem("settings.assignee", f"assignments.groups[{i}]", shown(group), fault)
    # Names of groups are compared as they are; only ids mean the same in either case.
    same = [group.lower() if GUID.fullmatch(group) else group for group in assigned.groups]
    yield from _twice("assignments.groups", assigned.groups, same)
    yield from _users("settings.owner", "owners", raw.owners)


def _users(rule: str, key: str, users: Sequence[str]) -> Iterator[Problem]:
    for i, user in enumerate(users):
        fault = fault_of_name(user)
        if not fault and not GUID.fullmatch(user) and not _PRINCIPAL.fullmatch(user):
            fault = "must be a user principal name (name@domain.example) or an object id"
        if fault:
            yield Problem(rule, f"{key}[{i}]", shown(user), fault)


def _twice(key: str, written: Sequence[str], same: Sequence[str]) -> Iterator[Problem]:
    """An assignment exists once for each principal: the second POST would be refused half-way."""
    first: dict[str, int] = {}
    for i, name in enumerate(same):
        if first.setdefault(name, i) != i:
            message = f"stands at {key}[{first[name]}] already; keep one of the two"
            yield Problem("settings.assignee_twice", f"{key}[{i}]", shown(written[i]), message)
