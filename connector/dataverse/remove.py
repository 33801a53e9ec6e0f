"""The way back: role unassigned, user disabled and deleted, role deleted where it is ours."""

from __future__ import annotations

from urllib.parse import quote

from connector.dataverse.apply import Progress
from connector.dataverse.challenge import check_challenge
from connector.dataverse.client import DataverseClient, query
from connector.dataverse.desired import Desired
from connector.dataverse.live import RoleRow, UserRow, read_roles, read_users
from connector.dataverse.plan import ASSIGNMENT, ROLE, USER
from connector.dataverse.reports import Action, Change
from connector.errors import ConnectError, RefusedError
from connector.patience import Deadline
from connector.rounds import join, start

_DELETE_RACE = "0x80048610"


async def remove_all(
    client: DataverseClient,
    desired: Desired,
    progress: Progress,
    *,
    adopted_user: bool = False,
    recorded_role_id: str | None = None,
) -> list[Change]:
    """Take away what is ours, and report what is not: nothing foreign is touched.

    A role is ours by its id (or the recorded one), a user by its application id unless it was
    adopted. A second run after a broken one goes on; when nothing is left, all lists are empty.
    """
    users, roles = await _read(client, desired)
    ours = {desired.role_id, (recorded_role_id or desired.role_id).lower()}
    changes: list[Change] = []
    for user in users:
        changes += await _remove_user(client, user, ours, progress, adopted=adopted_user)
    for role in (row for row in roles if not row.is_copy):
        changes.append(await _remove_role(client, role, ours, progress))
    return changes


async def _read(client: DataverseClient, desired: Desired) -> tuple[tuple[UserRow, ...], tuple[RoleRow, ...]]:
    challenge = start(check_challenge(client.session))
    users, roles = start(read_users(client, desired)), start(read_roles(client, desired))
    try:
        await join(users, roles)
    except ConnectError:
        await challenge.task
        raise
    await join(challenge)
    return users.result()[0], roles.result()


async def _remove_user(
    client: DataverseClient,
    user: UserRow,
    ours: set[str],
    progress: Progress,
    *,
    adopted: bool,
) -> list[Change]:
    name = user.name or user.id
    if adopted:
        await _unassign(client, user, ours)
        return [Change(Action.FOREIGN, USER, name, "adopted, not made by this stack; left")]
    changes: list[Change] = []
    if not user.deleted:
        changes += await _unassign(client, user, ours)
        progress("disabling the application user")
        if not user.disabled:
            body = {"isdisabled": True, "applicationid": user.application_id}
            await client.patch(f"systemusers({user.id})", body)
    progress("deleting the application user")
    deadline = client.session.patience.until(client.session.patience.permissions)
    if not user.deleted:
        await _delete(client, user.id, deadline)
    await _delete(client, user.id, deadline)
    return [*changes, Change(Action.REMOVED, USER, name)]


async def _unassign(client: DataverseClient, user: UserRow, ours: set[str]) -> list[Change]:
    mine = [role for role in user.roles if ours & {role.id, role.root_id}]
    for role in mine:
        target = quote(client.url(f"roles({role.id})"), safe="")
        path = f"systemusers({user.id})/systemuserroles_association/$ref?$id={target}"
        await client.delete(path)
    return [Change(Action.REMOVED, ASSIGNMENT, role.name or role.id) for role in mine]


async def _delete(client: DataverseClient, user_id: str, deadline: Deadline) -> None:
    """Delete a user; the second delete may meet its own settings row, and then goes again."""
    while True:
        try:
            await client.delete(f"systemusers({user_id})")
        except RefusedError as error:
            if error.service_code != _DELETE_RACE or not await deadline.pause(0.2):
                raise
        else:
            return


async def _remove_role(client: DataverseClient, role: RoleRow, ours: set[str], progress: Progress) -> Change:
    if role.id not in ours or role.managed or role.template_id:
        return Change(Action.FOREIGN, ROLE, role.name, "not made by this stack; left")
    holders = await _holders(client, role)
    if holders:
        detail = f"still assigned to {', '.join(holders[:5])}; left"
        return Change(Action.FOREIGN, ROLE, role.name, detail)
    progress(f"deleting security role {role.name}")
    await client.delete(f"roles({role.id})")
    return Change(Action.REMOVED, ROLE, role.name)


async def _holders(client: DataverseClient, role: RoleRow) -> list[str]:
    path = query(
        "roles",
        select="roleid",
        filter=f"roleid eq {role.id} or _parentrootroleid_value eq {role.id}",
        expand="systemuserroles_association($select=systemuserid,fullname),"
        "teamroles_association($select=teamid,name)",
    )
    found: list[str] = []
    for row in await client.rows(path, strong=True):
        found += [str(user.get("fullname")) for user in row.get("systemuserroles_association", [])]
        found += [str(team.get("name")) for team in row.get("teamroles_association", [])]
    return found
