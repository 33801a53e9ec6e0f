"""What an interrupted or doubled run left in the tenant, and what is done about it.

`find` reads, `plan` decides and is pure. An application is ours by its marker tag alone; a secret
by its display name, and only when it came after the state first held the application: an older one
was adopted or belongs to somebody. Nothing that may be in use is ever deleted: see `UsedElsewhereError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connector import naming
from connector.entra.directory import Directory
from connector.entra.drift import Drift, drifts, read_held
from connector.entra.import_ids import Attachable, import_ids, wanted_names
from connector.entra.objects import LiveApplication, LiveCertificate, LiveSecret
from connector.entra.orphan_credentials import check_room, spare_certificates, spare_secrets
from connector.entra.people import attachable
from connector.entra.recycle_bin import deleted_with_marker, lost_application, lost_principal
from connector.errors import RefusedError
from connector.settings import Settings
from connector.stack.state import StackState
from connector.wire.rounds import join, start
from connector.wire.session import Session


class UsedElsewhereError(RefusedError):
    """An application with this stack's marker holds credentials that this state knows nothing of."""


@dataclass(frozen=True)
class Leftovers:
    """What to take into the state, and what to remove.

    `imports` maps the engine's names to import ids; `applications` and `secrets` are spare: nobody
    can know their value or have used them. Secrets are those of the application `application_id`.
    `renames` maps URNs to new names: the same object, spelled differently in the settings (a user by
    principal name who was named by object id); made anew, it would be refused as already there.
    `deleted` is what the recycle bin holds of this stack while the state knows no application.
    `certificates` are copies of the stack's own under key ids that no state holds. `lost` says what the
    state holds and the tenant no more: a refresh makes the state forget it. `drifts` were changed by hand.
    """

    application_id: str = ""
    imports: Mapping[str, str] = field(default_factory=dict)
    applications: tuple[LiveApplication, ...] = ()
    secrets: tuple[LiveSecret, ...] = ()
    deleted: tuple[LiveApplication, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    certificates: tuple[LiveCertificate, ...] = ()
    lost: tuple[str, ...] = ()
    drifts: tuple[Drift, ...] = ()

    @property
    def none(self) -> bool:
        """Whether there is nothing to do; what lies in the recycle bin is only mentioned."""
        spare = self.applications or self.secrets or self.certificates
        return not (spare or self.imports or self.renames or self.lost)


async def find(
    session: Session,
    state: StackState,
    accepted: str | None = None,
    *,
    adopted: frozenset[str] = frozenset(),
) -> Leftovers:
    """Read what carries the marker, and plan. Raises UsedElsewhereError, RefusedError, UnreachableError.

    Three requests side by side where nothing is left over and nothing new is wanted. `accepted` is the
    object id of an application that a person said is this stack's, whoever may use it; `adopted` holds
    the key ids of hand-made secrets, which are no left-overs whatever their names.
    """
    settings, directory = session.settings, Directory(session)
    known = state.object_id(naming.application_resource(settings.profile.name))
    marked = start(directory.marked(naming.marker_tag(settings.stack)))
    # Only a stack that knows no application cares for the recycle bin.
    binned = start(_nothing() if known else deleted_with_marker(directory, settings.stack))
    held = start(read_held(directory, settings, state))
    await join(marked, binned, held)
    applications = await directory.with_known(marked.result(), known)
    gone = await lost_application(directory, settings, state, applications)
    gone += await lost_principal(directory, settings, state, held.result().principal)
    keep = choose(settings.stack, applications, known or accepted)
    if keep is None:
        return Leftovers(deleted=binned.result(), lost=gone)
    lacking = wanted_names(settings) - set(state.resources)
    found = await attachable(directory, settings, keep) if lacking else None
    planned = plan(settings, state, applications, keep, found, adopted)
    check_room(settings, state, keep, planned.secrets)
    return replace(planned, lost=gone, drifts=drifts(settings, state, keep, held.result()))


async def _nothing() -> tuple[LiveApplication, ...]:
    return ()


def choose(stack: str, applications: Sequence[LiveApplication], known: str | None) -> LiveApplication | None:
    """The application to keep: the state's, else the oldest that nobody uses. Raises UsedElsewhereError."""
    for application in applications:
        if application.id == known:
            return application
    _refuse_used(stack, applications)
    return min(applications, key=lambda one: (one.created, one.id), default=None)


def plan(
    settings: Settings,
    state: StackState,
    applications: Sequence[LiveApplication],
    keep: LiveApplication,
    found: Attachable | None,
    adopted: frozenset[str] = frozenset(),
) -> Leftovers:
    """What to import into the state, and what to remove; *found* is what is attached to *keep*."""
    spare = tuple(one for one in applications if one.id != keep.id)
    _refuse_used(settings.stack, spare, keep)
    imports = import_ids(settings, keep, found) if found else {}
    lacking = {name: id for name, id in imports.items() if name not in state.resources}
    renames = _renames(settings, state, lacking)
    imports = {name: id for name, id in lacking.items() if name not in renames.values()}
    return Leftovers(
        keep.id,
        imports,
        spare,
        spare_secrets(settings, state, keep, adopted),
        renames=renames,
        certificates=spare_certificates(settings, state, keep),
    )


def _renames(settings: Settings, state: StackState, lacking: Mapping[str, str]) -> dict[str, str]:
    wanted = wanted_names(settings)
    unwanted = {one.id: one.urn for one in state.resources.values() if one.name not in wanted}
    return {unwanted[id]: name for name, id in lacking.items() if id in unwanted}


def _refuse_used(
    stack: str, applications: Sequence[LiveApplication], own: LiveApplication | None = None
) -> None:
    used = [one for one in applications if one.in_use]
    if not used:
        return
    names = ", ".join(f"{one.display_name} (application id {one.app_id})" for one in used)
    ways = (
        f"if the state was lost, take it over with `adopt --application-id {used[0].app_id}`; if another "
        "backend deploys it, give this stack another name; if it is no longer used, delete it"
    )
    if own is not None:
        ways = (
            f"this stack's own is {own.app_id}. If the other is no longer used, delete it, in the portal or "
            f"with `az ad app delete --id {used[0].app_id}`; if it is to be kept, `remove` this stack first"
        )
    message = (
        f"{names} carries the marker of stack {stack} and holds credentials that this stack's state does "
        f"not know: it may be in use. Nothing was changed; {ways}"
    )
    raise UsedElsewhereError(message, code="entra.marker_in_use", key=used[0].app_id)


async def remove(session: Session, leftovers: Leftovers) -> None:
    """Delete what is spare, by id."""
    directory = Directory(session)
    for application in leftovers.applications:
        await directory.delete_application(application.id)
    for secret in leftovers.secrets:
        await directory.remove_secret(leftovers.application_id, secret.key_id)
    if leftovers.certificates:
        key_ids = {one.key_id for one in leftovers.certificates}
        await directory.remove_certificates(leftovers.application_id, key_ids)
