"""Whether what the settings name is in the tenant: APIs and their permissions, users, groups, owners."""

from __future__ import annotations

from collections.abc import Iterable

from connector.entra.directory import Directory
from connector.entra.graph import Principal
from connector.entra.import_ids import people_of
from connector.entra.people import Person, confirm
from connector.errors import RefusedError
from connector.report import Check, no, unknown, yes
from connector.settings import PermissionKind, Settings
from connector.settings.checks import GUID
from connector.wire.rounds import join, start

LICENCE = "assigning a group needs Entra ID P1 or P2, and groups inside it do not count"
_KEYS = {"user": "assignments.users", "group": "assignments.groups", "owner": "owners"}
_RIGHTS = {"user": "User.Read.All", "group": "GroupMember.Read.All", "owner": "User.Read.All"}
_ANYBODY = {"user": "user", "group": "group", "owner": "user and no service principal"}


async def api_checks(directory: Directory, settings: Settings) -> Iterable[Check]:
    """Each API's service principal, and a no for each permission that it does not publish."""
    wanted = {permission.client_id: permission.api for permission in settings.permissions}
    found = {one.app_id: one for one in await directory.principals_of_apps(sorted(wanted))}
    checks = [_api_check(api, app_id, found.get(app_id)) for app_id, api in wanted.items()]
    return [*checks, *_published(settings, found)]


def _api_check(api: str, app_id: str, principal: Principal | None) -> Check:
    subject = f"service principal of {api} ({app_id})"
    if principal is None:
        text = (
            "is not in this tenant: the tenant has no such service, or it was never used; "
            "assign a licence or create an environment first"
        )
        return no("entra.api", subject, text)
    if not principal.enabled:
        return no("entra.api", subject, "is disabled; enable it")
    return yes("entra.api", subject, "is there")


def _published(settings: Settings, found: dict[str, Principal]) -> Iterable[Check]:
    for permission in settings.permissions:
        principal = found.get(permission.client_id)
        if principal is None:
            continue
        delegated = permission.kind is PermissionKind.DELEGATED
        names = principal.scopes if delegated else tuple(name for _, name in principal.app_roles)
        if permission.name not in names:
            text = f"is not published as a {permission.kind.value} permission; published: "
            subject = f"{permission.api}/{permission.name}"
            yield no("entra.permission", subject, text + (", ".join(sorted(names)) or "none"))


async def people_checks(directory: Directory, settings: Settings) -> tuple[Check, ...]:
    """One answer for each user, group and owner of the settings, by name or object id."""
    everybody = (*people_of(settings), *(("owner", owner) for owner in settings.owners))
    branches = [start(_asked(directory, kind, name)) for kind, name in everybody]
    await join(*branches)
    answers = [branch.result() for branch in branches]
    return (*(check for check, _ in answers), *twins(person for _, person in answers if person))


async def _asked(directory: Directory, kind: str, name: str) -> tuple[Check, Person | None]:
    """A name that cannot be read stops a deployment; an object id goes unread into the tenant."""
    try:
        person = await confirm(directory, kind, name)
        return person_check(person), person
    except RefusedError as error:
        if error.status != 403:
            return no("entra.people", f"{kind} {name}", error.message), None
    text = f"the caller may not read it; {_RIGHTS[kind]} would do"
    answer = unknown if GUID.fullmatch(name) else no
    return answer("entra.people", f"{kind} {name}", text), None


def twins(people: Iterable[Person]) -> tuple[Check, ...]:
    """A no for each object that is named twice, as by principal name and by object id.

    Graph takes an assignment once: the second would be refused in the middle of a run.
    """
    named: dict[tuple[str, str], list[str]] = {}
    for person in people:
        if person.object_id and person.kind != "owner":
            named.setdefault((person.kind, person.object_id.lower()), []).append(person.name)
    return tuple(
        no(f"entra.{kind}", f"{kind} {names[0]}", f"is named again as {', '.join(names[1:])}: name it once")
        for (kind, _), names in named.items()
        if len(names) > 1
    )


def person_check(person: Person) -> Check:
    """Whether exactly one user, group or owner answers to a name or object id of the settings."""
    code, subject, key = f"entra.{person.kind}", f"{person.kind} {person.name}", _KEYS[person.kind]
    if not person.found:
        return no(code, subject, f"is not in this tenant; correct {key}{_hint(person)}")
    if len(person.found) > 1:
        candidates = ", ".join(f"{one.id} ({one.detail or 'no description'})" for one in person.found)
        text = f"is ambiguous: {candidates}; write the object id of the one that is meant"
        return no(code, subject, text)
    return yes(code, subject, LICENCE if person.kind == "group" else "is there")


def _hint(person: Person) -> str:
    if not GUID.fullmatch(person.name):
        return ""
    text = f" (no {_ANYBODY[person.kind]} has this object id"
    if person.kind == "owner":
        text += "; a service principal's is neither its client id nor its application's object id"
    return f"{text})"
