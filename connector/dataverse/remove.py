"""The way back: role unassigned, user disabled and deleted, role deleted where it is ours."""

from __future__ import annotations

from connector.dataverse.application_user import strip_role
from connector.dataverse.bearer_challenge import check_challenge
from connector.dataverse.client import DataverseClient, query
from connector.dataverse.desired import Desired, Known
from connector.dataverse.live import join_after, read_roles, read_users
from connector.dataverse.plan import user_is_ours
from connector.dataverse.plan_lines import ASSIGNMENT, ROLE, USER
from connector.dataverse.rows import RoleRow, UserRow
from connector.deadlines import DELETE_PAUSES
from connector.errors import RefusedError
from connector.report import Action, Change, Progress
from connector.wire.rounds import start

#: "Can't delete a user which owns records": also said of its own settings row, which goes by itself.
_OWNS_RECORDS = "0x80048610"
#: Other answers to a delete that will never be done; whether the first one may give them is UNVERIFIED.
_NEVER = (400, 409, 412)


async def remove_all(
    client: DataverseClient,
    desired: Desired,
    known: Known,
    progress: Progress,
    *,
    include_adopted: bool = False,
) -> list[Change]:
    """Take away what is ours, and report what is not: nothing foreign is touched.

    A role is ours by its id (or the recorded one), a user by its record or by who created its row.
    What was adopted stays unless it is included. A second run after a broken one goes on; when
    nothing is left, all lists are empty.
    """
    users, roles, caller_id = await _read(client, desired, known)
    ours = {desired.role_id, known.role_id or desired.role_id}
    adopted_role = known.adopted_role_id
    if include_adopted and adopted_role:
        ours.add(adopted_role)
    changes: list[Change] = []
    for user in users:
        if include_adopted or user.deleted or user_is_ours(user, known, caller_id):
            changes += await _remove_user(client, user, ours, progress)
        else:
            changes += await _leave_user(client, user, ours | {adopted_role} - {""})
    for role in (row for row in roles if not row.is_copy):
        changes.append(await _remove_role(client, role, ours, progress))
    return changes


async def _read(
    client: DataverseClient, desired: Desired, known: Known
) -> tuple[tuple[UserRow, ...], tuple[RoleRow, ...], str | None]:
    challenge = start(check_challenge(client.session))
    users, roles = start(read_users(client, desired)), start(read_roles(client, desired, known))
    await join_after(challenge, users, roles)
    mine, caller_id = users.result()
    return mine, roles.result(), caller_id


async def _remove_user(
    client: DataverseClient, user: UserRow, ours: set[str], progress: Progress
) -> list[Change]:
    changes: list[Change] = []
    if not user.deleted:
        changes += await _unassign(client, user, ours)
        progress("disabling the application user")
        if not user.disabled:
            body = {"isdisabled": True, "applicationid": user.application_id}
            await client.patch(f"systemusers({user.id})", body)
    progress("deleting the application user")
    return [*changes, await _delete_twice(client, user)]


async def _delete_twice(client: DataverseClient, user: UserRow) -> Change:
    """Softly, then for good; a user that Dataverse keeps is left, so that the rest can still go.

    One that owns records cannot be deleted (PPD manage-application-users.md), and a connection that
    ever wrote has some. Disabled and without its role it can do nothing.
    """
    try:
        for _ in range(1 if user.deleted else 2):
            await _delete(client, user.id)
    except RefusedError as error:
        if error.service_code != _OWNS_RECORDS and error.status not in _NEVER:
            raise
        detail = (
            "disabled and left: Dataverse keeps a user that owns records. Give these to another owner, "
            f"then delete it in the admin center. {error.message}"
        )
        return Change(Action.FOREIGN, USER, user.name or user.id, detail)
    return Change(Action.REMOVED, USER, user.name or user.id)


async def _leave_user(client: DataverseClient, user: UserRow, ours: set[str]) -> list[Change]:
    """An adopted user keeps standing, without the roles that this stack gave it."""
    taken = await _unassign(client, user, ours)
    detail = "adopted, not made by this stack; left (--include-adopted takes it too)"
    return [*taken, Change(Action.FOREIGN, USER, user.name or user.id, detail)]


async def _unassign(client: DataverseClient, user: UserRow, ours: set[str]) -> list[Change]:
    mine = [role for role in user.roles if ours & {role.id, role.root_id}]
    for role in mine:
        await strip_role(client, user, role)
    return [Change(Action.REMOVED, ASSIGNMENT, role.name or role.id) for role in mine]


async def _delete(client: DataverseClient, user_id: str) -> None:
    """Delete a user; the second delete may meet its own settings row, and then goes again."""
    for pause in (*DELETE_PAUSES, None):
        try:
            await client.delete(f"systemusers({user_id})")
        except RefusedError as error:
            if error.service_code != _OWNS_RECORDS or pause is None:
                raise
            await client.session.patience.sleep(pause)
        else:
            return


async def _remove_role(client: DataverseClient, role: RoleRow, ours: set[str], progress: Progress) -> Change:
    if role.id not in ours or role.is_protected:
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
