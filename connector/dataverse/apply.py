"""Carrying out a plan with the fewest requests: independent ones side by side, in two rounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connector.dataverse.caller import check_caller
from connector.dataverse.client import DataverseClient, Row, query
from connector.dataverse.live import RoleRow, UserRow, read_users, role_of, user_of
from connector.dataverse.plan import Plan
from connector.dataverse.writes import make_or_find
from connector.errors import Problem, RefusedError, SettingsError
from connector.rounds import join, start

Progress = Callable[[str], None]

#: Answers to posting an application user that no waiting will change.
_FINAL = frozenset({"0x80040530", "0x80048d19", "0x80060888", "0x80040203", "0x80040220", "0x80072560"})


@dataclass(frozen=True)
class Units:
    """Business units: the root, and the one that the user belongs in."""

    root: str
    user: str


@dataclass(frozen=True)
class Applied:
    """What stands after the writes: the role, the user, and whether the role was taken as found."""

    role: RoleRow
    user: UserRow
    adopted: bool


async def carry_out(
    client: DataverseClient, plan: Plan, caller_id: str | None, progress: Progress
) -> Applied:
    """Do what the plan says; raises before the first write where the caller lacks a privilege.

    Every step looks before it repeats, so that a run after a broken one goes on from there.
    """
    if plan.refusal is not None:
        raise plan.refusal
    if plan.role is not None and plan.user is not None and not plan.writes:
        return Applied(plan.role, plan.user, adopted=not plan.role_is_ours)
    units = await _before_writing(client, plan, caller_id)
    role, user = start(_role(client, plan, units, progress)), start(_user(client, plan, units, progress))
    await join(role, user)
    made, adopted = role.result()
    await _rights(client, plan, made, user.result(), progress)
    return Applied(made, user.result(), adopted)


async def _before_writing(client: DataverseClient, plan: Plan, caller_id: str | None) -> Units:
    units = start(_units(client, plan))
    allowed = start(check_caller(client, plan, caller_id))
    await join(units, allowed)
    return units.result()


async def _units(client: DataverseClient, plan: Plan) -> Units:
    if plan.root_unit_id and plan.unit_id:
        return Units(plan.root_unit_id, plan.unit_id)
    path = query("businessunits", select="businessunitid,name,_parentbusinessunitid_value")
    rows = await client.rows(path)
    roots = [row for row in rows if not row.get("_parentbusinessunitid_value")]
    if len(roots) != 1:
        message = f"the organization has {len(roots)} root business units where one is expected"
        raise RefusedError(message, code="dataverse.root_unit", key="businessunits")
    root = _unit_id(roots[0])
    wanted = plan.desired.business_unit
    return Units(root, root if wanted is None else _find_unit(rows, wanted))


def _find_unit(rows: list[Row], wanted: str) -> str:
    text = wanted.lower()
    found = [row for row in rows if text in (_unit_id(row), str(row["name"]).lower())]
    if len(found) == 1:
        return _unit_id(found[0])
    names = ", ".join(sorted(str(row["name"]) for row in (found or rows))[:20])
    what = "names several business units" if found else "names no business unit"
    message = f"{what}; give the id of one, or one of: {names}"
    raise SettingsError([Problem("dataverse.business_unit", "dataverse.businessUnit", wanted, message)])


def _unit_id(row: Row) -> str:
    return str(row["businessunitid"]).lower()


async def _role(
    client: DataverseClient, plan: Plan, units: Units, progress: Progress
) -> tuple[RoleRow, bool]:
    if plan.role is not None:
        if plan.role_is_ours and plan.role.name != plan.desired.role_name:
            await client.patch(f"roles({plan.role.id})", {"name": plan.desired.role_name})
        return plan.role, not plan.role_is_ours
    progress(f"creating security role {plan.desired.role_name}")
    desired = plan.desired
    body = {
        "roleid": desired.role_id,
        "name": desired.role_name,
        "isinherited": 1,
        "businessunitid@odata.bind": f"/businessunits({units.root})",
    }

    async def find() -> RoleRow | None:
        row = await client.find(f"roles({desired.role_id})", strong=True)
        return role_of(row) if row else None

    async def post() -> RoleRow:
        return role_of(await client.post("roles", body))

    deadline = client.session.patience.until(client.session.patience.retry_after)
    role, _ = await make_or_find(post, find, deadline)
    return role, role.id != desired.role_id


async def _user(client: DataverseClient, plan: Plan, units: Units, progress: Progress) -> UserRow:
    if plan.user is not None:
        if plan.user.disabled:
            progress("enabling the application user")
            body = {"isdisabled": False, "applicationid": plan.desired.application_id}
            await client.patch(f"systemusers({plan.user.id})", body)
        return plan.user
    for ghost in plan.ghosts:
        progress("purging a soft-deleted application user")
        await client.delete(f"systemusers({ghost.id})")
    progress("creating the application user")
    return await _make_user(client, plan, units)


async def _make_user(client: DataverseClient, plan: Plan, units: Units) -> UserRow:
    body = {
        "applicationid": plan.desired.application_id,
        "accessmode": 4,
        "isdisabled": False,
        "businessunitid@odata.bind": f"/businessunits({units.user})",
    }

    async def find() -> UserRow | None:
        rows, _ = await read_users(client, plan.desired)
        for ghost in (row for row in rows if row.deleted):
            await client.delete(f"systemusers({ghost.id})")
        return next((row for row in rows if not row.deleted), None)

    async def post() -> UserRow:
        return user_of(await client.post("systemusers", body))

    deadline = client.session.patience.until(client.session.patience.new_principal)
    user, _ = await make_or_find(post, find, deadline, wait_for=_principal_unseen)
    return user


def _principal_unseen(error: RefusedError) -> bool:
    """Whether Dataverse may merely not see the new service principal yet (its code is unknown)."""
    return error.status in (400, 404, 412, 424) and error.service_code not in _FINAL


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
        if error.service_code != "0x80040237":
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
