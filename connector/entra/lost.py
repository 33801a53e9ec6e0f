"""What the state holds and the tenant no more: deleted by somebody, perhaps into the recycle bin."""

from __future__ import annotations

from collections.abc import Sequence

from connector import naming
from connector.entra.directory import Directory
from connector.entra.graph import Principal
from connector.entra.objects import LiveApplication
from connector.errors import RefusedError
from connector.settings import Settings
from connector.stack_state import StackState


async def deleted_with_marker(directory: Directory, stack: str) -> tuple[LiveApplication, ...]:
    """This stack's applications in the recycle bin; none where the caller may not look."""
    try:
        return await deleted_of(directory, stack)
    except RefusedError as error:
        if error.status != 403:
            raise
        return ()


async def deleted_of(
    directory: Directory, stack: str, known: str | None = None
) -> tuple[LiveApplication, ...]:
    """What the recycle bin holds with the stack's marker, or under the object id that its state knows.

    An adopted application has no marker before the first `deploy`. Raises RefusedError.
    """
    marker = naming.marker_tag(stack)
    found = await directory.deleted_applications()
    return tuple(one for one in found if one.id == known or marker in one.tags)


async def lost_application(
    directory: Directory, settings: Settings, state: StackState, live: Sequence[LiveApplication]
) -> tuple[str, ...]:
    """What to say of the state's application when it is gone for good; nothing when it lives.

    Raises RefusedError when it lies in the recycle bin: a new one would have another client id, and the
    customer would have to connect again.
    """
    name = naming.application_resource(settings.profile.name)
    known, object_id = state.resources.get(name), state.object_id(name)
    if known is None or any(one.id == object_id for one in live):
        return ()
    binned = [one for one in await directory.deleted_applications() if one.id == object_id]
    if binned:
        raise _deleted(settings.stack, binned[0])
    said = f"{name} is gone for good: a new one is made, with another client id"
    return () if known.is_young else (said,)


def _deleted(stack: str, one: LiveApplication) -> RefusedError:
    message = (
        f"the application of stack {stack}, {one.display_name} ({one.app_id}), was deleted and lies in the "
        "recycle bin. Nothing was changed. `deploy --restore` brings it back with its client id and secrets; "
        f"to make a new one instead, run `pulumi refresh --stack {stack}` first"
    )
    return RefusedError(message, code="entra.deleted", key=one.app_id)


async def lost_principal(
    directory: Directory, settings: Settings, state: StackState, live: Principal | None
) -> tuple[str, ...]:
    """What to say of the state's service principal when the tenant does not hold it: it is made anew."""
    name = naming.service_principal_resource(settings.profile.name)
    known, object_id = state.resources.get(name), state.object_id(name)
    if known is None or live is not None:
        return ()
    binned = any(one.id == object_id for one in await directory.deleted_principals())
    if known.is_young and not binned:
        return ()
    keep = "; to keep its object id, interrupt this run and use `deploy --restore`" if binned else ""
    return (f"{name} is not in the tenant any more: it is made anew, with consent and assignments{keep}",)
