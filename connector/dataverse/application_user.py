"""The application user's writes: made, enabled, moved, and freed of roles that a person asked to take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from connector.dataverse.client import DataverseClient
from connector.dataverse.live import read_users
from connector.dataverse.plan import Plan
from connector.dataverse.rows import RoleRow, UserRow, user_of
from connector.dataverse.units import Units
from connector.errors import RefusedError
from connector.report import Progress
from connector.wire.writes import make_or_find

#: Answers to posting an application user that no waiting will change.
_FINAL = frozenset({"0x80040530", "0x80048d19", "0x80060888", "0x80040203", "0x80040220", "0x80072560"})


async def make_ready(
    client: DataverseClient, plan: Plan, units: Units, progress: Progress
) -> tuple[UserRow, bool]:
    """The application user, enabled and in its business unit, and whether it is ours or was adopted.

    Dataverse refuses a role on a disabled user (PPD create-users.md), so this comes first.
    """
    if plan.user is not None:
        return await _mend(client, plan, plan.user, units, progress), plan.user_is_ours
    for ghost in plan.ghosts:
        progress("purging a soft-deleted application user")
        await client.delete(f"systemusers({ghost.id})")
    progress("creating the application user")
    return await _make(client, plan, units)


async def _mend(
    client: DataverseClient, plan: Plan, user: UserRow, units: Units, progress: Progress
) -> UserRow:
    body: dict[str, Any] = {}
    if user.disabled:
        progress("enabling the application user")
        body["isdisabled"] = False
    if plan.move:
        progress("moving the application user to its business unit")
        body["businessunitid@odata.bind"] = f"/businessunits({units.user})"
    if body:
        await client.patch(f"systemusers({user.id})", body | {"applicationid": user.application_id})
    return replace(user, business_unit_id=units.user) if plan.move else user


async def _make(client: DataverseClient, plan: Plan, units: Units) -> tuple[UserRow, bool]:
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
    return await make_or_find(post, find, deadline, wait_for=_principal_unseen)


def _principal_unseen(error: RefusedError) -> bool:
    """Whether Dataverse may merely not see the new service principal yet (its code is unknown)."""
    return error.status in (400, 404, 412, 424) and error.service_code not in _FINAL


async def strip_role(client: DataverseClient, user: UserRow, role: RoleRow) -> None:
    """Take one role from the user; that it has it no more is no error."""
    target = quote(client.url(f"roles({role.id})"), safe="")
    await client.delete(f"systemusers({user.id})/systemuserroles_association/$ref?$id={target}")
