"""What a preflight says of the recycle bin: this stack's application or service principal, and namesakes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from connector import naming
from connector.checks import Check, no, unknown, yes
from connector.entra.directory import Directory
from connector.entra.objects import LiveApplication
from connector.rounds import join, start
from connector.settings import Settings
from connector.stack_state import StackState

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
