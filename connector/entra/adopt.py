"""A hand-made application as `adopt` sees it: what can be imported, and what stays foreign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector import naming
from connector.entra.consent import differing_grants
from connector.entra.directory import Directory
from connector.entra.foreign import foreign_to
from connector.entra.import_ids import import_ids
from connector.entra.objects import LiveApplication
from connector.entra.people import attachable
from connector.entra.secrets import read_outside_slots
from connector.errors import RefusedError
from connector.report import Change
from connector.settings import Settings
from connector.stack.hand_made import OutsideSlots
from connector.stack.state import StackState
from connector.wire.rounds import join, start
from connector.wire.session import Session


@dataclass(frozen=True)
class Adoption:
    """`imports` maps the engine's names to import ids, `foreign` lists what is seen and left alone.

    Grants that differ from the settings stand in `foreign` too, as pending. `secrets` were made by
    hand and count as adopted from now on: the first rotation takes them over.
    """

    application: LiveApplication
    imports: Mapping[str, str]
    foreign: tuple[Change, ...]
    secrets: OutsideSlots


async def examine(session: Session, state: StackState, application_id: str) -> Adoption:
    """Read the application and all that hangs on it; nothing is written.

    Raises RefusedError when there is none, when it is another stack's, or when the state has one already.
    """
    settings, directory = session.settings, Directory(session)
    application = await directory.with_app_id(application_id)
    if application is None:
        message = (
            f"no application {application_id} is registered in tenant {settings.tenant_id}; give the "
            "application (client) id, not an object id, and check the tenant"
        )
        raise RefusedError(message, code="adopt.no_application", key=application_id)
    _check_owner(settings, application)
    _check_state(settings, state, application)
    federated = start(directory.federated(application.id))
    attached = start(attachable(directory, settings, application))
    await join(federated, attached)
    found = attached.result()
    ids = import_ids(settings, application, found)
    # The provider would replace a grant to change it, so one that differs is taken over by `deploy`.
    undecided = {n: c for n, c in differing_grants(settings, found).items() if n not in state.resources}
    lacking = {name: id for name, id in ids.items() if name not in {*state.resources, *undecided}}
    secrets = await _hand_made(session, state, application)
    foreign = foreign_to(settings, secrets, application, federated.result(), found)
    return Adoption(application, lacking, (*undecided.values(), *foreign), secrets)


async def _hand_made(session: Session, state: StackState, application: LiveApplication) -> OutsideSlots:
    """The secrets that no slot of the state holds, all of them adopted, with their last use."""
    held = {id for name in state.resources if (id := state.object_id(name))}
    adopted = {one.key_id for one in application.secrets}
    return await read_outside_slots(session, application.id, adopted=adopted, in_slots=held)


def _check_owner(settings: Settings, application: LiveApplication) -> None:
    prefix = naming.marker_tag("")
    others = sorted(tag for tag in application.tags if tag.startswith(prefix))
    if others and naming.marker_tag(settings.stack) not in others:
        stack = others[0].removeprefix(prefix)
        message = (
            f"application {application.app_id} belongs to stack {stack} (tag {others[0]}); remove that tag "
            "from the application if the stack is no more"
        )
        raise RefusedError(message, code="adopt.other_stack", key=application.app_id)


def _check_state(settings: Settings, state: StackState, application: LiveApplication) -> None:
    known = state.object_id(naming.application_resource(settings.profile.name))
    if known is not None and known != application.id:
        message = (
            f"stack {settings.stack} has an application already (object id {known}); "
            "adopt into a stack of its own, or remove that one first"
        )
        raise RefusedError(message, code="adopt.has_application", key=known)
