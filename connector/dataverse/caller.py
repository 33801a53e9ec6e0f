"""What the caller itself may do: checked and named before anything is written.

Nobody can hand out a privilege that they do not hold at that depth (PPD
prevent-elevation-security-role-privilege.md), and assigning needs prvAssignRole, which System
Customizer lacks.
"""

from __future__ import annotations

from connector.dataverse.client import DataverseClient
from connector.dataverse.plan import Plan
from connector.dataverse.privileges import Held, rank, read_held, union
from connector.errors import RefusedError
from connector.wire.rounds import join, start

TEAMS = "(ExcludeOrgDisabledPrivileges=false,IncludeSetupUserFiltering=false)"


def own_path(user_id: str) -> str:
    """The function that tells what a user holds by its own roles."""
    return f"systemusers({user_id})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges"


def teams_path(user_id: str) -> str:
    """The function that tells what a user holds through teams."""
    name = "Microsoft.Dynamics.CRM.RetrieveUsersPrivilegesThroughTeams"
    return f"systemusers({user_id})/{name}{TEAMS}"


async def read_user_privileges(
    client: DataverseClient, user_id: str
) -> tuple[dict[str, Held], dict[str, Held]]:
    """What a user holds, by its own roles and through teams, read past the caches."""
    own = start(client.get(own_path(user_id), strong=True))
    teams = start(client.get(teams_path(user_id), strong=True))
    await join(own, teams)
    return read_held(own.result()), read_held(teams.result())


async def check_caller(client: DataverseClient, plan: Plan, caller_id: str | None) -> None:
    """Raise RefusedError naming each privilege that the caller lacks for the plan."""
    lacking = await read_lacking(client, plan, caller_id)
    if lacking:
        shown = ", ".join(lacking[:12]) + (f" and {len(lacking) - 12} more" if lacking[12:] else "")
        message = (
            f"{client.identity.name} may not do this plan: it lacks {shown}. Nobody can grant what "
            "they do not hold; give it System Administrator, or a role with these privileges"
        )
        raise RefusedError(message, code="dataverse.caller_privileges", key=lacking[0])


async def read_lacking(client: DataverseClient, plan: Plan, caller_id: str | None) -> list[str]:
    """Names of the privileges that the caller lacks for the plan.

    Where it may not read its own privileges, nothing is known and the service decides.
    """
    try:
        user_id = caller_id or str((await client.get("WhoAmI"))["UserId"])
        own, teams = await read_user_privileges(client, user_id)
    except RefusedError as error:
        if error.service_code == "0x80040220":
            return []
        raise
    return missing_for(plan, union(own, teams))


def missing_for(plan: Plan, held: dict[str, Held]) -> list[str]:
    """Names of the privileges that the plan needs and the holder lacks."""
    lacking = [name for name in needed_names(plan) if not _holds_name(held, name)]
    hands_out = bool(plan.privileges) or not plan.assigned
    for wanted in plan.resolution.wanted.values() if hands_out else ():
        have = held.get(wanted.id)
        if have is None or rank(have.depth) < rank(wanted.depth):
            lacking.append(str(wanted))
    return lacking


def needed_names(plan: Plan) -> list[str]:
    """The administrative privileges that the plan's writes need."""
    names: list[str] = []
    if plan.role is None:
        names.append("prvCreateRole")
    if plan.privileges:
        names.append("prvWriteRole")
    if plan.user is None:
        names.append("prvCreateUser")
    elif plan.user.disabled or plan.move:
        names.append("prvWriteUser")
    if plan.ghosts:
        names.append("prvDeleteUser")
    if plan.move:
        names.append("prvReparentUser")
    if plan.strip or not plan.assigned:
        names.append("prvAssignRole")
    return names


def _holds_name(held: dict[str, Held], name: str) -> bool:
    known = {one.name.lower() for one in held.values() if one.name}
    return not known or name.lower() in known
