"""From desired and live state to a plan: pure, so that a reviewer's plan and apply's are the same."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.dataverse.desired import Desired, Resolution, resolve, version_at_least
from connector.dataverse.live import Live, RoleRow, UserRow
from connector.dataverse.privileges import Comparison, Held, WantedPrivilege, compare
from connector.dataverse.reports import WRITES, Action, Change, foreign_role
from connector.errors import ConnectError, RefusedError

ROLE, USER, PRIVILEGE = "security role", "application user", "privilege"
ASSIGNMENT, TABLE, SOLUTION = "role assignment", "table", "solution"


@dataclass(frozen=True)
class Plan:
    """What is to be done, ready for apply.

    `privileges` are those to send, `replace` whether they replace all the role holds. `assigned`
    says whether the user already has the role's copy of its business unit. `unit_id` is the
    wanted business unit where it is known without a further read.
    """

    desired: Desired
    resolution: Resolution
    changes: tuple[Change, ...]
    comparison: Comparison
    role: RoleRow | None
    role_is_ours: bool
    user: UserRow | None
    ghosts: tuple[UserRow, ...]
    privileges: tuple[WantedPrivilege | Held, ...]
    replace: bool
    assigned: bool
    unit_id: str | None
    root_unit_id: str | None
    copies: tuple[RoleRow, ...] = ()
    refusal: ConnectError | None = None

    @property
    def writes(self) -> bool:
        """Whether the plan changes anything."""
        return any(change.action in WRITES for change in self.changes)

    @property
    def pending(self) -> tuple[str, ...]:
        """Rights that wait for the required solution."""
        return tuple(self.resolution.pending)


@dataclass
class _Draft:
    changes: list[Change] = field(default_factory=list)

    def note(self, action: Action, kind: str, name: str, detail: str = "") -> None:
        self.changes.append(Change(action, kind, name, detail))


def make_plan(desired: Desired, live: Live, *, recorded_role_id: str | None = None) -> Plan:
    """The plan; raises RefusedError where live state leaves no way (managed role, two users).

    `recorded_role_id` is the id of a role that an earlier run adopted: it counts as ours.
    """
    solution_there = solution_ok(desired, live)
    resolution = resolve(desired.lines, live.tables, solution_there=solution_there)
    role, ours = find_role(desired, live, recorded_role_id)
    held = live.role_privileges if role else {}
    names = {one.id: one.name for table in live.tables.values() for one in table.values()}
    comparison = compare(resolution.wanted, held, names)
    user = only_user(live)
    root = next((row.business_unit_id for row in live.roles if row.in_root_unit), None)
    unit = _unit(desired, live, root)
    draft = _Draft()
    _note_solution(draft, desired, live, resolution)
    _note_role(draft, desired, role, ours, comparison, resolution)
    assigned = _assigned(user, role, live)
    _note_user(draft, desired, live, user, unit)
    _note_assignment(draft, desired, user, role, assigned)
    return Plan(
        desired=desired,
        resolution=resolution,
        changes=tuple(draft.changes),
        comparison=comparison,
        role=role,
        role_is_ours=ours,
        user=user,
        ghosts=live.ghosts,
        privileges=_to_send(comparison, resolution),
        replace=bool(comparison.wide or comparison.excess),
        assigned=assigned,
        unit_id=unit,
        root_unit_id=root,
        copies=live.roles,
        refusal=_refusal(desired, role, ours, comparison),
    )


def solution_ok(desired: Desired, live: Live) -> bool:
    """Whether the required solution is there in a version that will do."""
    if desired.solution is None:
        return True
    version = live.solution_version
    return version is not None and version_at_least(version, desired.solution.minimum_version)


def find_role(desired: Desired, live: Live, recorded_role_id: str | None) -> tuple[RoleRow | None, bool]:
    """The role in question and whether it is ours: by our id, then by record, then by name."""
    roots = [row for row in live.roles if not row.is_copy]
    for known in (desired.role_id, (recorded_role_id or "").lower()):
        for row in roots:
            if row.id == known:
                return row, True
    named = [row for row in roots if row.name.lower() == desired.role_name.lower()]
    if len(named) > 1:
        ids = ", ".join(row.id for row in named)
        message = (
            f"there are {len(named)} security roles named {desired.role_name!r} ({ids}); "
            "set dataverse.role to another name, or delete those not needed"
        )
        raise RefusedError(message, code="dataverse.ambiguous_role", key=desired.role_name)
    if not named:
        return None, True
    if named[0].managed or named[0].template_id:
        message = (
            f"the name {desired.role_name!r} belongs to a role of the system or of a managed "
            "solution, which is never changed; set dataverse.role to another name"
        )
        raise RefusedError(message, code="dataverse.managed_role", key=desired.role_name)
    return named[0], False


def only_user(live: Live) -> UserRow | None:
    """The application user, if there is one; two of them are refused."""
    if len(live.users) > 1:
        ids = ", ".join(user.id for user in live.users)
        message = f"there are {len(live.users)} application users for the application: {ids}"
        raise RefusedError(message, code="dataverse.ambiguous_user", key=ids)
    return live.users[0] if live.users else None


def _unit(desired: Desired, live: Live, root: str | None) -> str | None:
    wanted = desired.business_unit
    if wanted is None:
        return root
    for row in live.roles:
        if wanted.lower() in (row.business_unit_id, row.business_unit_name.lower()):
            return row.business_unit_id
    return None


def _assigned(user: UserRow | None, role: RoleRow | None, live: Live) -> bool:
    if user is None or role is None:
        return False
    copies = {row.id for row in live.roles if role.id in (row.id, row.root_id)}
    return any(held.id in copies or held.root_id == role.id for held in user.roles)


def _to_send(comparison: Comparison, resolution: Resolution) -> tuple[WantedPrivilege | Held, ...]:
    if comparison.wide or comparison.excess:
        return (*resolution.wanted.values(), *comparison.injected)
    return (*comparison.lacking, *(wanted for wanted, _ in comparison.narrow))


def _refusal(
    desired: Desired, role: RoleRow | None, ours: bool, comparison: Comparison
) -> ConnectError | None:
    if role is None or ours or comparison.equal:
        return None
    return foreign_role(desired.role_name, comparison.missing_text(), comparison.excess_text())


def _note_solution(draft: _Draft, desired: Desired, live: Live, resolution: Resolution) -> None:
    if desired.solution is not None and not solution_ok(desired, live):
        found = live.solution_version or "not imported"
        detail = f"needs {desired.solution.minimum_version} or later, and is {found}"
        draft.note(Action.PENDING, SOLUTION, desired.solution.unique_name, detail)
    for right in resolution.pending:
        draft.note(Action.PENDING, PRIVILEGE, right, "exists once the solution is imported")
    for line in resolution.skipped:
        draft.note(Action.KEPT, TABLE, line)


def _note_role(
    draft: _Draft,
    desired: Desired,
    role: RoleRow | None,
    ours: bool,
    comparison: Comparison,
    resolution: Resolution,
) -> None:
    if role is not None and not ours:
        draft.note(Action.FOREIGN, ROLE, role.name, "not made by this stack; never changed")
        return
    if role is None:
        count = f"{len(resolution.wanted)} privileges, in the root business unit"
        draft.note(Action.ADDED, ROLE, desired.role_name, count)
    elif role.name != desired.role_name:
        draft.note(Action.CHANGED, ROLE, desired.role_name, f"renamed from {role.name}")
    else:
        draft.note(Action.KEPT, ROLE, role.name)
    for lacking in comparison.lacking:
        draft.note(Action.ADDED, PRIVILEGE, lacking.name, lacking.depth)
    for wanted, held in (*comparison.narrow, *comparison.wide):
        draft.note(Action.CHANGED, PRIVILEGE, wanted.name, f"{held.depth} → {wanted.depth}")
    for injected in comparison.injected:
        draft.note(Action.KEPT, PRIVILEGE, injected.name, "added by the platform itself")
    for excess in comparison.excess:
        draft.note(Action.REMOVED, PRIVILEGE, excess.name or excess.id, excess.depth)


def _note_user(draft: _Draft, desired: Desired, live: Live, user: UserRow | None, unit: str | None) -> None:
    for ghost in live.ghosts:
        draft.note(Action.REMOVED, USER, ghost.id, "soft-deleted row that blocks the application")
    if user is None:
        where = desired.business_unit or "the root business unit"
        draft.note(Action.ADDED, USER, desired.application_id, f"in {where}")
        return
    name = user.name or user.id
    if user.disabled:
        draft.note(Action.CHANGED, USER, name, "enabled")
    elif unit is not None and user.business_unit_id != unit:
        detail = f"is in business unit {user.business_unit_id}; moving drops roles, so it stays"
        draft.note(Action.FOREIGN, USER, name, detail)
    else:
        draft.note(Action.KEPT, USER, name)


def _note_assignment(
    draft: _Draft,
    desired: Desired,
    user: UserRow | None,
    role: RoleRow | None,
    assigned: bool,
) -> None:
    name = desired.role_name
    draft.note(Action.KEPT if assigned else Action.ADDED, ASSIGNMENT, name)
    for held in user.roles if user else ():
        if role is None or role.id not in (held.id, held.root_id):
            draft.note(Action.FOREIGN, ASSIGNMENT, held.name or held.id, "extra role; left")
