"""What the directory says before anything is written; `connector.preflight` puts it together."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any

from connector import naming
from connector.entra.consent import consent_link, missing_consent
from connector.entra.directory import Directory
from connector.entra.objects import LiveApplication, moment
from connector.entra.ownership import CODE as OWNED
from connector.entra.ownership import owner_checks
from connector.entra.policy import CODE, SUBJECT, brought_by, policy_check
from connector.entra.recycle_bin import CODE as CODE_OF_BIN
from connector.entra.recycle_bin import bin_checks
from connector.entra.references import api_checks, people_checks
from connector.report import Check, answered, no, unknown, yes
from connector.settings import ConsentMode, Settings
from connector.stack.state import StackState
from connector.wire.rounds import join, start
from connector.wire.session import Session

_READ_APPS = "Application.Read.All"


async def directory_checks(session: Session, state: StackState) -> tuple[Check, ...]:
    """Ask everything side by side; what the caller may not read is unknown. Raises LoginError."""
    directory, settings = Directory(session), session.settings
    questions = (
        answered(_policy(directory, settings, state), CODE, SUBJECT, "Policy.Read.All"),
        answered(_marked(directory, settings, state), "entra.marker", "this stack's application", _READ_APPS),
        answered(
            _namesakes(directory, settings, state), "entra.namesakes", settings.display_name, _READ_APPS
        ),
        answered(bin_checks(directory, settings, state), CODE_OF_BIN, "the recycle bin", _READ_APPS),
        asked_for_checks(session, state),
        answered(_consent(session, directory, state), "entra.consent", "admin consent", "Directory.Read.All"),
    )
    return await _all(questions)


async def asked_for_checks(session: Session, state: StackState) -> tuple[Check, ...]:
    """What a deployment would stumble over in the middle: APIs, permissions, people, ownership."""
    directory, settings = Directory(session), session.settings
    questions = (
        answered(api_checks(directory, settings), "entra.api", "the APIs asked for", _READ_APPS),
        people_checks(directory, settings),
        answered(_owners(session, directory, state), OWNED, "owners of the application", _READ_APPS),
    )
    return await _all(questions)


async def _all(questions: Iterable[Coroutine[Any, Any, tuple[Check, ...]]]) -> tuple[Check, ...]:
    branches = [start(question) for question in questions]
    await join(*branches)
    return tuple(check for branch in branches for check in branch.result())


async def _owners(session: Session, directory: Directory, state: StackState) -> Iterable[Check]:
    token = await session.deployer.token(f"{session.endpoints.graph}/.default")
    return await owner_checks(directory, session.settings, state, token)


async def _policy(directory: Directory, settings: Settings, state: StackState) -> Iterable[Check]:
    """A restriction may spare applications made before a date: the stack's own counts by its own."""
    policy, made = await directory.default_app_policy(), None
    known = _known(settings, state)
    if policy and policy.get("isEnabled") and known:
        application = await directory.application(known)
        made = moment(application.created) if application else None
    return [policy_check(policy, brought_by(settings), made)]


async def _marked(directory: Directory, settings: Settings, state: StackState) -> Iterable[Check]:
    known = _known(settings, state)
    found = await directory.with_known(await directory.marked(naming.marker_tag(settings.stack)), known)
    return [_marked_check(one, known) for one in found] or [
        yes("entra.marker", "this stack's application", "there is none yet; deploy makes it")
    ]


def _known(settings: Settings, state: StackState) -> str | None:
    """The object id of the application that the state holds."""
    return state.object_id(naming.application_resource(settings.profile.name))


def _marked_check(one: LiveApplication, known: str | None) -> Check:
    subject = f"application {one.display_name} ({one.app_id})"
    if one.id == known:
        return yes("entra.marker", subject, "is this stack's own")
    if one.in_use:
        text = (
            "carries this stack's marker and holds credentials that the state does not know; "
            f"take it over with `adopt --application-id {one.app_id}`, or name the stack otherwise"
        )
        return no("entra.marker", subject, text)
    return yes("entra.marker", subject, "was left by an interrupted run; deploy takes it over or removes it")


async def _namesakes(directory: Directory, settings: Settings, state: StackState) -> Iterable[Check]:
    found = await directory.named(settings.display_name)
    marker, known = naming.marker_tag(settings.stack), _known(settings, state)
    others = [one.app_id for one in found if marker not in one.tags and one.id != known]
    if not others:
        return [yes("entra.namesakes", settings.display_name, "no other application has this name")]
    text = (
        f"another application has this name: {', '.join(others)}; if it is the hand-made one, "
        f"`adopt --application-id {others[0]}` keeps its client id; deploy makes a second one"
    )
    return [unknown("entra.namesakes", settings.display_name, text)]


async def _consent(session: Session, directory: Directory, state: StackState) -> Iterable[Check]:
    """Only for `consent: link`: whether somebody has consented, and the link for it."""
    settings = session.settings
    if settings.consent is not ConsentMode.LINK:
        return []
    known = _known(settings, state)
    application = await directory.application(known) if known else None
    if application is None:
        return [unknown("entra.consent", "admin consent", "is left to a link, which deploy prints")]
    attached = start(directory.attached(application.app_id))
    apis = start(directory.principals_of_apps(sorted({p.client_id for p in settings.permissions})))
    await join(attached, apis)
    by_app = {one.app_id: one for one in apis.result()}
    missing = missing_consent(settings.permissions, by_app, attached.result())
    if not missing:
        return [yes("entra.consent", "admin consent", "was given")]
    link = consent_link(session.endpoints.login, settings.tenant_id, application.app_id)
    text = f"is pending for {', '.join(missing)}: somebody who may opens {link}"
    return [unknown("entra.consent", "admin consent", text)]
