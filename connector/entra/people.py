"""Users and groups of the settings, looked up in the directory by the names that people use."""

from __future__ import annotations

from dataclasses import dataclass

from connector.entra.directory import Directory
from connector.entra.import_ids import Attachable, is_federated, people_of
from connector.entra.objects import LiveApplication, Named
from connector.settings import Settings
from connector.settings.checks import GUID
from connector.wire.rounds import join, start


@dataclass(frozen=True)
class Person:
    """One user or group of the settings, and who in the directory answers to the name."""

    kind: str
    name: str
    found: tuple[Named, ...]

    @property
    def object_id(self) -> str | None:
        """The object id, when exactly one answers."""
        return self.found[0].id if len(self.found) == 1 else None


async def look_up(directory: Directory, kind: str, name: str) -> Person:
    """Find a user by principal name, a group by display name; an object id stands for itself."""
    if GUID.fullmatch(name):
        return Person(kind, name, (Named(name, name),))
    if kind == "group":
        return Person(kind, name, tuple(await directory.groups_named(name)))
    found = await directory.user_id(name)
    return Person(kind, name, (Named(found, name),) if found else ())


async def confirm(directory: Directory, kind: str, name: str) -> Person:
    """Find somebody as `look_up` does, and ask for an object id too: it must be of the kind.

    The kind `owner` is a user or a service principal. Raises RefusedError, UnreachableError.
    """
    if not GUID.fullmatch(name):
        return Person(kind, name, (await look_up(directory, _NAMED_AS.get(kind, kind), name)).found)
    there = await _is_there(directory, kind, name)
    return Person(kind, name, (Named(name, name),) if there else ())


_NAMED_AS = {"owner": "user"}


async def _is_there(directory: Directory, kind: str, object_id: str) -> bool:
    if kind == "group":
        return await directory.has_group(object_id)
    if kind == "owner" and await directory.principal(object_id) is not None:
        return True
    return await directory.user_id(object_id) is not None


async def look_up_all(directory: Directory, settings: Settings) -> tuple[Person, ...]:
    """Everybody whom the settings assign, side by side."""
    branches = [start(look_up(directory, kind, name)) for kind, name in people_of(settings)]
    await join(*branches)
    return tuple(branch.result() for branch in branches)


async def attachable(directory: Directory, settings: Settings, application: LiveApplication) -> Attachable:
    """What hangs on an application, with the ids that the settings' names stand for."""
    attached = start(directory.attached(application.app_id))
    apis = start(directory.principals_of_apps(sorted({p.client_id for p in settings.permissions})))
    people = start(look_up_all(directory, settings))
    federated = start(_federated(directory, settings, application))
    await join(attached, apis, people, federated)
    ids = {(one.kind, one.name): one.object_id for one in people.result()}
    return Attachable(
        attached.result(),
        {one.app_id: one for one in apis.result()},
        {key: id for key, id in ids.items() if id},
        federated.result(),
    )


async def _federated(
    directory: Directory, settings: Settings, application: LiveApplication
) -> dict[str, str]:
    if not is_federated(settings):
        return {}
    return {one.name: one.id for one in await directory.federated(application.id)}
