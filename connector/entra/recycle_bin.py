"""What a preflight says of the recycle bin: this stack's application or service principal, and namesakes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from connector import naming
from connector.entra.directory import Directory
from connector.entra.graph import Principal
from connector.entra.objects import LiveApplication
from connector.errors import RefusedError
from connector.report import Action, Change, Check, no, unknown, yes
from connector.settings import Settings
from connector.stack.state import StackState
from connector.wire.rounds import join, start
from connector.wire.session import Session

CODE = "entra.recycle_bin"


async def bin_checks(directory: Directory, settings: Settings, state: StackState) -> Iterable[Check]:
    """Read both bins side by side; one answer for each object of this stack, one for its namesakes."""
    applications, principals = start(directory.deleted_applications()), start(directory.deleted_principals())
    await join(applications, principals)
    found = (
        *_applications(settings, state, applications.result()),
        *_principals(settings, state, applications.result(), principals.result()),
    )
    return found or [yes(CODE, "the recycle bin", "holds nothing of this stack")]


def _applications(
    settings: Settings, state: StackState, binned: Sequence[LiveApplication]
) -> Iterator[Check]:
    known = state.object_id(naming.application_resource(settings.profile.name))
    marker = naming.marker_tag(settings.stack)
    ours = [one for one in binned if marker in one.tags or one.id == known]
    for one in ours:
        subject = f"deleted application {one.display_name} ({one.app_id})"
        if one.id == known:
            text = "is this stack's own; `deploy --restore` brings it back with its client id"
            yield no(CODE, subject, text)
        elif known:
            yield yes(CODE, subject, "is an earlier one of this stack; `remove --purge` deletes it for good")
        else:
            text = (
                "carries this stack's marker; `deploy --restore` brings it back with its client id, a plain "
                "deploy makes a new one"
            )
            yield unknown(CODE, subject, text)
    alike = [one.app_id for one in binned if one.display_name == settings.display_name and one not in ours]
    if alike:
        yield unknown(CODE, settings.display_name, f"deleted applications have this name: {', '.join(alike)}")


def _principals(
    settings: Settings,
    state: StackState,
    applications: Sequence[LiveApplication],
    binned: Sequence[LiveApplication],
) -> Iterator[Check]:
    """The stack's own, where it was deleted alone: with its application it comes back, too."""
    known = state.object_id(naming.service_principal_resource(settings.profile.name))
    gone = {one.app_id for one in applications}
    for one in binned:
        if one.id == known and one.app_id not in gone:
            text = (
                "is this stack's own; `deploy --restore` brings it back with its object id, a plain deploy "
                "makes a new one"
            )
            yield unknown(CODE, f"deleted service principal {one.display_name} ({one.app_id})", text)


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


async def purge(session: Session, known: Collection[str]) -> tuple[Change, ...]:
    """Delete them from the bin; *known* holds object ids that the state had. Raises RefusedError."""
    directory, marker = Directory(session), naming.marker_tag(session.settings.stack)
    applications, principals = start(directory.deleted_applications()), start(directory.deleted_principals())
    await join(applications, principals)
    changes = []
    for kind, found in (("application", applications.result()), ("service principal", principals.result())):
        for one in found:
            if one.id in known or marker in one.tags:
                await directory.purge(one.id)
                detail = f"{one.app_id}, gone for good"
                changes.append(Change(Action.REMOVED, f"deleted {kind}", one.display_name, detail))
    return tuple(changes)
