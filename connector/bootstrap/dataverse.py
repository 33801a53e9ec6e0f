"""One identity in Dataverse: its application user, and its security role.

Planned and carried out by the parts that make the profile's role, with another wish: privileges by
name for the reader and for `--narrow-role`, System Administrator as it is for the writer otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from connector import naming
from connector.bootstrap.model import Service, Wanted, When, Who
from connector.bootstrap.privileges import named, read_privileges, with_profile
from connector.bootstrap.rights import ADMINISTRATOR, PROFILE_PRIVILEGES
from connector.dataverse import apply as applying
from connector.dataverse.client import DataverseClient
from connector.dataverse.desired import NO_OPT_IN, NOTHING_KNOWN, Desired, desired_of
from connector.dataverse.live import Live, read_administrators, read_live
from connector.dataverse.plan import Plan, only_user, solution_ok, user_is_ours
from connector.dataverse.plan_lines import plan_with_lines, with_lines
from connector.dataverse.privileges import INJECTED, Comparison
from connector.dataverse.resolution import Resolution, resolve
from connector.dataverse.rows import RoleRow
from connector.errors import Problem, RefusedError, SettingsError
from connector.report import Progress
from connector.settings import Settings
from connector.wire.rounds import join, start

_STACK = "dynamics-connect-pipeline"
_NOTHING = Comparison((), (), (), (), ())


@dataclass(frozen=True)
class RolePlan:
    """What is to be done for one identity, and by which user of the caller where that is known."""

    plan: Plan
    caller_id: str | None


def role_name(settings: Settings, who: Who) -> str:
    """The name of the role made for an identity; the writer's narrower one is for one profile."""
    if who is Who.READER:
        return who.display_name
    name = f"Dynamics Connect pipeline (writer of {settings.profile.name})"
    return name[: naming.ROLE_NAME_LIMIT]


async def plan(client: DataverseClient, settings: Settings, wanted: Wanted, app_id: str) -> RolePlan:
    """What is lacking; `app_id` is empty where the application is still to be made.

    Raises RefusedError, and SettingsError for a profile's role that the environment cannot hold.
    """
    name = role_name(settings, wanted.who)
    id = naming.role_id(settings.dynamics_host, _STACK, name)
    desired = Desired(name, id, app_id.lower(), None, None, ())
    if ADMINISTRATOR in wanted.names(Service.DATAVERSE):
        return await _administrator(client, desired)
    live = start(read_live(client, desired, NOTHING_KNOWN))
    resolution = start(_resolution(client, settings, wanted))
    await join(live, resolution)
    made = plan_with_lines(desired, live.result(), NOTHING_KNOWN, NO_OPT_IN, resolution.result())
    return RolePlan(_without_administrator(made, live.result()), live.result().caller_id)


async def _administrator(client: DataverseClient, desired: Desired) -> RolePlan:
    """System Administrator is assigned as it is, and never read, compared or changed."""
    live, roles = start(read_live(client, desired, NOTHING_KNOWN)), start(read_administrators(client))
    await join(live, roles)
    role = next((one for one in roles.result() if one.in_root_unit), None)
    if role is None:
        message = f"the environment shows no security role {ADMINISTRATOR} in its root business unit"
        raise RefusedError(message, code="bootstrap.administrator", key=ADMINISTRATOR)
    made = _assigning(
        replace(desired, role_name=role.name, role_id=role.id), live.result(), role, roles.result()
    )
    return RolePlan(with_lines(made, live.result()), live.result().caller_id)


def _assigning(desired: Desired, live: Live, role: RoleRow, copies: tuple[RoleRow, ...]) -> Plan:
    """A plan that makes the user and assigns a role that is nobody's to change."""
    user = only_user(live)
    mine = [one for one in (user.roles if user else ()) if one.is_administrator]
    return Plan(
        desired=desired,
        resolution=Resolution(),
        comparison=_NOTHING,
        role=role,
        role_is_ours=False,
        user=user,
        user_is_ours=user is not None and user_is_ours(user, NOTHING_KNOWN, live.caller_id),
        ghosts=live.ghosts,
        privileges=(),
        assigned=bool(mine),
        unit_id=role.business_unit_id,
        root_unit_id=role.business_unit_id,
        wrong_unit=user is not None and user.business_unit_id != role.business_unit_id,
        extra=tuple(one for one in (user.roles if user else ()) if one not in mine),
        copies=copies,
    )


def _without_administrator(plan: Plan, live: Live) -> Plan:
    """Who is to have a narrower role does not keep System Administrator from an earlier run."""
    strip = tuple(one for one in plan.extra if one.is_administrator)
    return with_lines(replace(plan, strip=strip), live) if strip else plan


async def _resolution(client: DataverseClient, settings: Settings, wanted: Wanted) -> Resolution:
    names = [name for name in wanted.names(Service.DATAVERSE) if name != PROFILE_PRIVILEGES]
    narrow = any(right.when is When.NARROW for right in wanted.rights)
    if not narrow:
        return named(names, await read_privileges(client, names))
    found = start(read_privileges(client, [*names, *sorted(INJECTED)]))
    profile = start(_profile(client, settings))
    await join(found, profile)
    return with_profile(named(names, found.result()), profile.result(), found.result())


async def _profile(client: DataverseClient, settings: Settings) -> Resolution:
    """What the profile's role comes to in this environment."""
    desired = desired_of(settings, "")
    live = await read_live(client, desired, NOTHING_KNOWN)
    resolution = resolve(desired, live.tables, solution_there=solution_ok(desired, live))
    problems = [*resolution.problems]
    problems += [
        Problem("dataverse.table", table, "", "is not in the environment") for table in resolution.unknown
    ]
    if problems:
        raise SettingsError(problems, where=f"the security role of profile {settings.profile.name}")
    return resolution


async def carry_out(client: DataverseClient, planned: RolePlan, app_id: str, progress: Progress) -> None:
    """Make role, application user and assignment for an application that stands by now."""
    plan = replace(planned.plan, desired=replace(planned.plan.desired, application_id=app_id.lower()))
    await applying.carry_out(client, plan, planned.caller_id, progress)
