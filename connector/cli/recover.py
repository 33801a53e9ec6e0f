"""Before `pulumi up`: what an interrupted or doubled run left is imported or removed by name."""

from __future__ import annotations

import asyncio

from connector import naming
from connector.cli.engine.pulumi import Engine
from connector.cli.open_stack import OpenStack, ask_locks
from connector.cli.screen.console import Screen
from connector.dataverse.desired import Known
from connector.entra.consent import consent_changes
from connector.entra.directory import Directory
from connector.entra.orphans import Leftovers, find, remove
from connector.entra.restore import restore
from connector.preflight import (
    check_access,
    check_directory,
    check_plan,
    check_same_environment,
    check_same_profile,
)
from connector.records.record import StackRecord, adopted_key_ids, known_of
from connector.report import Action, Change
from connector.settings import Settings
from connector.stack.secrets import check_deployable, secrets_of
from connector.stack.state import StackState
from connector.wire.rounds import cancel, join, settle, start
from connector.wire.session import Session


async def prepare(
    stack: OpenStack, session: Session, *, restore: bool = False, consent: bool = True
) -> tuple[Change, ...]:
    """Check access and look for left-overs side by side, then mend; returns what was mended.

    With `restore`, this stack's application comes back from the recycle bin first. A stack that is
    deployed elsewhere than its settings say is refused, by the record of its last runs.
    With `consent`, grants get the scopes that the settings name, in place.
    """
    screen, engine, record = stack.screen, stack.engine, stack.record()
    if restore:
        state, mended = None, await _bring_back(screen, engine, session, record)
    else:
        state, mended = await _checked_and_mended(screen, engine, session, record)
    if not consent:
        return mended
    if state is None:
        state = await asyncio.to_thread(engine.state)
    return mended + await align_consent(screen, engine, session, state)


async def _checked_and_mended(
    screen: Screen, engine: Engine, session: Session, record: StackRecord | None
) -> tuple[StackState | None, tuple[Change, ...]]:
    """The state as it was read, None once it was mended; and what was."""
    adopted = adopted_key_ids(record)
    looking = start(look(engine, session, adopted=adopted, known=known_of(record)))
    try:
        organization = await check_access(session)
    except BaseException:
        await cancel(looking)
        raise
    await join(looking)
    state, found = looking.result()
    _check_settings(session.settings, state, organization, record)
    mended = await mend(screen, engine, session, state, found, adopted)
    if not found.none or state.pending:
        return None, mended
    if found.drifts:
        screen.say(f"changed by hand and put right now: {', '.join(map(str, found.drifts))}")
        await asyncio.to_thread(engine.refresh, *(one.urn for one in found.drifts))
    return state, mended


def _check_settings(
    settings: Settings, state: StackState, organization: str, record: StackRecord | None
) -> None:
    """Refuse a run whose settings mean another environment or older secrets than the state."""
    check_same_environment(settings, state, organization, record.organization_id if record else "")
    check_deployable(settings.slots, secrets_of(state, settings.profile.name), settings.stack)


async def _bring_back(
    screen: Screen, engine: Engine, session: Session, record: StackRecord | None
) -> tuple[Change, ...]:
    """Restore, then take into the state what it does not know (any more); what stops a deploy goes first."""
    organization = await check_access(session)
    state = await asyncio.to_thread(engine.state)
    check_same_profile(session.settings, state)
    _check_settings(session.settings, state, organization, record)
    await check_directory(session, state)
    ask_locks(screen, engine)
    screen.title(f"Recycle bin: bringing back the application of stack {engine.stack}")
    application, changes = await restore(session, state)
    screen.changes(changes)
    adopted = adopted_key_ids(record)
    return changes + await _settle(screen, engine, session, application.id, adopted=adopted)


async def look(
    engine: Engine,
    session: Session,
    accepted: str | None = None,
    *,
    adopted: frozenset[str] = frozenset(),
    known: Known | None = None,
) -> tuple[StackState, Leftovers]:
    """The engine's state and what the tenant holds beyond it; nothing is written.

    With *known*, what `up` and `apply` would stumble over is asked beside it, and raised.
    """
    # In clear: whoever looks hands the outputs on, and a secret that stays is not asked for again.
    state = await asyncio.to_thread(engine.state, opened=True)
    check_same_profile(session.settings, state)
    finding = start(find(session, state, accepted, adopted=adopted))
    checking = start(_nothing() if known is None else check_plan(session, state, known))
    await settle(finding, checking)
    return state, finding.result()


async def _nothing() -> None:
    return None


async def mend(  # what was looked for, and where
    screen: Screen,
    engine: Engine,
    session: Session,
    state: StackState,
    found: Leftovers,
    adopted: frozenset[str] = frozenset(),
) -> tuple[Change, ...]:
    """Put in order what `look` found. Raises UsedElsewhereError, RefusedError, EngineError.

    A refresh comes first: it needs the stack's lock, so that what another run is just making is never
    taken for a left-over, and it forgets operations that were cut off. Then everything is read anew.
    """
    for one in found.deleted:
        screen.say(
            f"the recycle bin holds this stack's application {one.display_name} ({one.app_id}); a new one "
            "is made now. To keep its client id, interrupt this run and use `deploy --restore`"
        )
    for sentence in found.lost:
        screen.say(sentence)
    if found.none and not state.pending:
        return ()
    screen.title(f"Clean-up: a run of stack {engine.stack} was interrupted or left out what exists")
    return await _settle(screen, engine, session, adopted=adopted)


async def _settle(
    screen: Screen,
    engine: Engine,
    session: Session,
    accepted: str | None = None,
    *,
    adopted: frozenset[str] = frozenset(),
) -> tuple[Change, ...]:
    await asyncio.to_thread(engine.refresh)
    _, found = await look(engine, session, accepted, adopted=adopted)
    changes = _changes(found)
    screen.changes(changes)
    ask_locks(screen, engine)
    await _carry_out(engine, session, found)
    return changes


async def _carry_out(engine: Engine, session: Session, found: Leftovers) -> None:
    await remove(session, found)
    for urn, name in found.renames.items():
        await asyncio.to_thread(engine.rename, urn, name)
    if found.imports:
        base = session.settings.profile.name
        await asyncio.to_thread(engine.take_over, found.imports, base)


def _changes(found: Leftovers) -> tuple[Change, ...]:
    spare = [
        Change(Action.REMOVED, "left-over application", one.display_name, f"object id {one.id}")
        for one in found.applications
    ]
    secrets = [Change(Action.REMOVED, "left-over secret", str(one)) for one in found.secrets]
    secrets += [Change(Action.REMOVED, "left-over certificate", str(one)) for one in found.certificates]
    taken = [Change(Action.ADDED, "existing resource", name, id) for name, id in found.imports.items()]
    named = [
        Change(Action.CHANGED, "name in the state", urn.rsplit("::", 1)[-1], f"now {name}")
        for urn, name in found.renames.items()
    ]
    return (*spare, *secrets, *named, *taken)


async def align_consent(
    screen: Screen, engine: Engine, session: Session, state: StackState
) -> tuple[Change, ...]:
    """Give the stack's grants the scopes that the settings name; returns what was changed.

    What somebody took back or added in the portal is mended too. A run that dies in between does no
    harm: the next one finds the difference again. A grant that is gone is forgotten by the refresh, and
    made by the `up` that follows.
    """
    principal = state.object_id(naming.service_principal_resource(session.settings.profile.name))
    if principal is None:
        return ()
    directory = Directory(session)
    found = consent_changes(session.settings, state, await directory.grants(principal))
    if not found:
        return ()
    ask_locks(screen, engine)
    screen.title("Admin consent: scopes changed in place")
    for one in found:
        if not one.gone:
            await directory.change_grant(one.grant_id, one.after)
    await asyncio.to_thread(engine.refresh, *(one.urn for one in found))
    changes = tuple(one.to_change() for one in found)
    screen.changes(changes)
    return changes
