"""Carrying out a plan with the fewest requests: independent ones side by side, in two rounds."""

from __future__ import annotations

from dataclasses import dataclass

from connector.dataverse.application_user import make_ready, strip_role
from connector.dataverse.caller import check_caller
from connector.dataverse.client import DataverseClient, query
from connector.dataverse.desired import NOTHING_KNOWN
from connector.dataverse.live import read_roles
from connector.dataverse.plan import Plan
from connector.dataverse.rows import RoleRow, UserRow, role_of
from connector.dataverse.units import Units, choose_units, read_units
from connector.errors import RefusedError
from connector.report import Progress
from connector.wire.rounds import join, start
from connector.wire.writes import DUPLICATE, make_or_find


@dataclass(frozen=True)
class Applied:
    """What stands after the writes: the role and the user, and which of them were taken as found."""

    role: RoleRow
    user: UserRow
    role_adopted: bool
    user_adopted: bool


async def carry_out(
    client: DataverseClient, plan: Plan, caller_id: str | None, progress: Progress
) -> Applied:
    """Do what the plan says; raises before the first write where the caller lacks a privilege.

    Every step looks before it repeats, so that a run after a broken one goes on from there.
    """
    if plan.refusal is not None:
        raise plan.refusal
    if plan.role is not None and plan.user is not None and not plan.writes:
        return Applied(plan.role, plan.user, not plan.role_is_ours, not plan.user_is_ours)
    units = await _before_writing(client, plan, caller_id)
    role = start(_role(client, plan, units, progress))
    ready = start(make_ready(client, plan, units, progress))
    await join(role, ready)
    user, ours = ready.result()
    await _rights(client, plan, role.result(), user, progress)
    return Applied(role.result(), user, not plan.role_is_ours, not ours)


async def _before_writing(client: DataverseClient, plan: Plan, caller_id: str | None) -> Units:
    units = start(_units(client, plan))
    allowed = start(check_caller(client, plan, caller_id))
    await join(units, allowed)
    return units.result()


async def _units(client: DataverseClient, plan: Plan) -> Units:
    if plan.root_unit_id and plan.unit_id:
        return Units(plan.root_unit_id, plan.unit_id)
    return choose_units(await read_units(client), plan.desired.business_unit)


async def _role(client: DataverseClient, plan: Plan, units: Units, progress: Progress) -> RoleRow:
    if plan.role is None:
        progress(f"creating security role {plan.desired.role_name}")
        return await _make_role(client, plan, units)
    if plan.role_is_ours and plan.role.name != plan.desired.role_name:
        progress(f"renaming security role {plan.role.name}")
        await client.patch(f"roles({plan.role.id})", {"name": plan.desired.role_name})
    return plan.role


async def _make_role(client: DataverseClient, plan: Plan, units: Units) -> RoleRow:
    desired = plan.desired
    body = {
        "roleid": desired.role_id,
        "name": desired.role_name,
        "isinherited": 1,
        "businessunitid@odata.bind": f"/businessunits({units.root})",
    }

    async def find() -> RoleRow | None:
        """By the id that was sent, else by name in its unit: whether the service keeps ids is UNVERIFIED."""
        rows = await read_roles(client, desired, NOTHING_KNOWN)
        found = [row for row in rows if row.business_unit_id == units.root and not row.is_protected]
        return next((row for row in found if row.id == desired.role_id), found[0] if found else None)

    async def post() -> RoleRow:
        return role_of(await client.post("roles", body))

    deadline = client.session.patience.until(client.session.patience.retry_after)
    return (await make_or_find(post, find, deadline))[0]


async def _rights(
    client: DataverseClient, plan: Plan, role: RoleRow, user: UserRow, progress: Progress
) -> None:
    steps = []
    if plan.role_is_ours and plan.privileges:
        progress(f"setting {len(plan.privileges)} privileges")
        steps.append(start(_set_privileges(client, plan, role)))
    if not plan.assigned:
        progress("assigning the security role")
        steps.append(start(_assign(client, plan, role, user)))
    for extra in plan.strip:
        progress(f"taking role {extra.name} from the application user")
        steps.append(start(strip_role(client, user, extra)))
    await join(*steps)


async def _set_privileges(client: DataverseClient, plan: Plan, role: RoleRow) -> None:
    action = "ReplacePrivilegesRole" if plan.replace else "AddPrivilegesRole"
    body = {"Privileges": [{"PrivilegeId": p.id, "Depth": p.depth} for p in plan.privileges]}
    path = f"roles({role.id})/Microsoft.Dynamics.CRM.{action}"
    await client.post(path, body, idempotent=True)


async def _assign(client: DataverseClient, plan: Plan, role: RoleRow, user: UserRow) -> None:
    target = await _copy_for(client, plan, role, user)
    path = f"systemusers({user.id})/systemuserroles_association/$ref"
    try:
        await client.post(path, {"@odata.id": client.url(f"roles({target})")}, idempotent=True)
    except RefusedError as error:
        if error.service_code != DUPLICATE:
            raise


async def _copy_for(client: DataverseClient, plan: Plan, role: RoleRow, user: UserRow) -> str:
    """The id of the role's copy in the user's business unit: only that one can be assigned."""
    if role.business_unit_id == user.business_unit_id:
        return role.id
    for copy in plan.copies:
        if copy.root_id == role.id and copy.business_unit_id == user.business_unit_id:
            return copy.id
    condition = f"_parentrootroleid_value eq {role.id} and _businessunitid_value eq {user.business_unit_id}"
    deadline = client.session.patience.until(client.session.patience.permissions)
    while True:
        rows = await client.rows(query("roles", select="roleid", filter=condition), strong=True)
        if rows:
            return str(rows[0]["roleid"]).lower()
        if not await deadline.pause():
            message = (
                f"security role {role.name!r} has no copy in business unit "
                f"{user.business_unit_id}; run again in a minute"
            )
            raise RefusedError(message, code="dataverse.no_role_copy", key=role.id)
