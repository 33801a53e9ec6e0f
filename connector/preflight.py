"""What is checked before the first write: that the right doors are there and open for the caller."""

from __future__ import annotations

from collections.abc import Iterable

from connector import naming
from connector.dataverse.bearer_challenge import check_challenge
from connector.dataverse.client import NO_USER, DataverseClient
from connector.dataverse.desired import NOTHING_KNOWN, Known
from connector.dataverse.jobs import check_apply
from connector.entra.directory import Directory
from connector.entra.ownership import listed_check, require_listed
from connector.entra.preflight import asked_for_checks, directory_checks
from connector.entra.rights import require_rights, right_checks, token_tenant
from connector.errors import ConnectError, RefusedError
from connector.report import Answer, Cause, Check, answered, no, unknown, yes
from connector.settings import Settings
from connector.stack.state import StackState
from connector.wire.rounds import cancel, join, settle, start
from connector.wire.session import Session

_PRIVILEGES = "dataverse.caller_privileges"


async def run_checks(session: Session, state: StackState, known: Known = NOTHING_KNOWN) -> tuple[Check, ...]:
    """Every question of a preflight, answered; nothing is written. Raises LoginError, UnreachableError.

    `known` is what the stack's record says of the Dataverse half.
    """
    settings = session.settings
    token = await session.deployer.token(f"{session.endpoints.graph}/.default")
    directory = start(directory_checks(session, state))
    organization = start(_organization_checks(session, state, known))
    await join(directory, organization)
    first = _tenant_check(settings.tenant_id, token_tenant(token))
    rights = (*right_checks(settings, token), *listed_check(settings, token))
    return (first, *rights, *directory.result(), *organization.result())


def _tenant_check(wanted: str, given: str | None) -> Check:
    subject = f"tenant {wanted}"
    if given is None:
        return unknown("entra.tenant", subject, "the token does not say which tenant it is for")
    if given.lower() != wanted.lower():
        return no("entra.tenant", subject, f"the login is for tenant {given}; log in to the stack's")
    return yes("entra.tenant", subject, "is the one that the caller logs in to")


async def _organization_checks(session: Session, state: StackState, known: Known) -> tuple[Check, ...]:
    where = f"organization {session.settings.dynamics_host}"
    entry = await answered(_organization(session), "dataverse.caller", where, "an application user")
    if any(check.answer is not Answer.YES for check in entry):
        return entry
    return (*entry, *await _apply_checks(session, state, known))


async def _organization(session: Session) -> Iterable[Check]:
    await check_challenge(session)
    where = f"organization {session.settings.dynamics_host}"
    try:
        await DataverseClient(session, session.deployer).get("WhoAmI")
    except RefusedError as error:
        if error.service_code != NO_USER:
            raise
        return [no("dataverse.caller", where, error.message)]
    return [yes("dataverse.caller", where, "is of this tenant and lets the caller in")]


async def _apply_checks(session: Session, state: StackState, known: Known) -> tuple[Check, ...]:
    """Whether the caller may do what `apply` will do (a refused read is a no, too), and the solution."""
    subject = f"security role and application user in {session.settings.dynamics_host}"
    try:
        application = await _application(session, state)
    except RefusedError as error:
        if error.status != 403:
            return (no(_PRIVILEGES, subject, error.message),)
        text = "the stack's application cannot be read, and so not its user; Application.Read.All would do"
        return (unknown(_PRIVILEGES, subject, text),)
    try:
        waits = await check_apply(session, application, known)
    except ConnectError as error:
        return (no(error.code, subject, error.message),)
    may = yes(_PRIVILEGES, subject, "the caller may make and change them as planned")
    return may, *_solution(session.settings, waits)


def _solution(settings: Settings, waits: Iterable[Cause]) -> Iterable[Check]:
    """The vendor's managed solution: without it `deploy` makes what it can, and its proof fails."""
    needed = settings.profile.solution
    if needed is None:
        return
    subject = f"solution {needed.unique_name} in {settings.dynamics_host}"
    missing = [no(cause.code, subject, cause.message) for cause in waits]
    yield from missing or [yes("dataverse.solution", subject, f"is there, {needed.minimum_version} or later")]


async def _application(session: Session, state: StackState) -> tuple[str, str] | None:
    """Client id and object id of the state's application, where it is there."""
    object_id = state.object_id(naming.application_resource(session.settings.profile.name))
    found = await Directory(session).application(object_id) if object_id else None
    return (found.app_id, found.id) if found else None


def check_same_environment(
    settings: Settings, state: StackState, organization_id: str, recorded_organization: str
) -> None:
    """Refuse to turn a deployed stack to another tenant, environment or fleet.

    User and role would stay behind in the old one, and a new tenant means another application. An
    organization that only changed its address is known by the id in the record.
    """
    if state.fleet and state.fleet != settings.fleet:
        raise _other_fleet(settings, state.fleet)
    moved = state.dynamics_url and state.dynamics_url != settings.dynamics_url
    if state.tenant_id and state.tenant_id != settings.tenant_id:
        raise _elsewhere(settings.stack, "tenantId", state.tenant_id, settings.tenant_id)
    if moved and organization_id != recorded_organization:
        raise _elsewhere(settings.stack, "dynamicsUrl", state.dynamics_url, settings.dynamics_url)


def check_same_profile(settings: Settings, state: StackState) -> None:
    """Refuse to turn a deployed stack to another profile: every resource would be made a second time."""
    if state.profile and state.profile != settings.profile.name:
        raise _elsewhere(settings.stack, "profile", state.profile, settings.profile.name)


def _elsewhere(stack: str, key: str, before: str, now: str) -> RefusedError:
    message = (
        f"stack {stack} is deployed for {key} {before}, and its settings now say {now}; a stack is one "
        "connection of one tenant and one environment: make a stack for the other one, or put the setting "
        "back and run remove first"
    )
    return RefusedError(message, code="stack.elsewhere", key=key)


def _other_fleet(settings: Settings, fleet: str) -> RefusedError:
    mine = f"of fleet {settings.fleet}" if settings.fleet else "of no fleet"
    message = (
        f"the state of stack {settings.stack} belongs to fleet {fleet}, and this checkout's settings are "
        f"{mine}; two fleets never share state: use another backend or stack name. To move the stack on "
        f"purpose, take it out of fleet {fleet} first: remove the key fleet from its file there and run "
        "`pulumi up`"
    )
    return RefusedError(message, code="stack.other_fleet", key="fleet")


async def check_access(session: Session) -> str:
    """Log in, read who is asked for, and compare rights: nothing is written before this holds.

    Raises LoginError (no token), UnreachableError (a host does not answer), RefusedError (another
    tenant's organization, no application user for the caller, a Graph permission that is missing, a
    caller that would lock itself out of the application).
    Returns the organization's id.
    """
    graph = start(session.deployer.token(f"{session.endpoints.graph}/.default"))
    organization = start(check_challenge(session))
    client = DataverseClient(session, session.deployer)
    # Asked for beside Graph's, and used only once the challenge holds; what that says goes first.
    early = start(session.deployer.token(client.scope))
    try:
        await join(graph, organization)
    except BaseException:
        await cancel(early)
        raise
    await join(early)
    require_rights(session.settings, graph.result(), who=session.deployer.name)
    require_listed(session.settings, graph.result(), who=session.deployer.name)
    caller = await client.get("WhoAmI")
    return str(caller.get("OrganizationId", ""))


async def check_plan(session: Session, state: StackState, known: Known = NOTHING_KNOWN) -> None:
    """Ask what `up` or `apply` would stumble over in the middle; run it beside other reads, before a write.

    Raises RefusedError naming every API, permission, user, group and owner that is unknown or ambiguous,
    an application that the caller may not change, privileges in Dataverse that the caller lacks;
    SettingsError for tables or a business unit that are not there; UnreachableError, LoginError.
    """
    directory = start(check_directory(session, state))
    organization = start(_check_apply(session, state, known))
    await settle(directory, organization)


async def check_directory(session: Session, state: StackState) -> None:
    """The directory's half of `check_plan`: all that can be asked while the application is deleted."""
    checks = await asked_for_checks(session, state)
    refused = [check for check in checks if check.answer is Answer.NO]
    if not refused:
        return
    lines = "\n".join(f"  - {check.subject}: {check.detail}" for check in refused)
    count = "1 check does" if len(refused) == 1 else f"{len(refused)} checks do"
    message = f"{count} not hold for stack {session.settings.stack}; nothing was written:\n{lines}"
    raise RefusedError(message, code=refused[0].code, key=refused[0].subject)


async def _check_apply(session: Session, state: StackState, known: Known) -> None:
    await check_challenge(session)
    await check_apply(session, await _application(session, state), known)
