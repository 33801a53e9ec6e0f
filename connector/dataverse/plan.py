"""From desired and live state to a plan: pure, so that a reviewer's plan and apply's are the same."""

from __future__ import annotations

from dataclasses import dataclass

from connector.dataverse.desired import Desired, Known, OptIn, version_at_least
from connector.dataverse.live import Live
from connector.dataverse.matrix import MatrixRow, make_matrix
from connector.dataverse.privileges import Comparison, Held, WantedPrivilege, compare
from connector.dataverse.reports import foreign_role
from connector.dataverse.resolution import Resolution, resolve
from connector.dataverse.rows import RoleRow, UserRow
from connector.dataverse.units import Units, choose_units
from connector.errors import ConnectError, RefusedError
from connector.report import WRITES, Change


@dataclass(frozen=True)
class Plan:
    """What is to be done, ready for apply.

    `privileges` are those to send, `replace` whether they replace all the role holds. `assigned`
    says whether the user will have the role's copy of its business unit without a further write.
    `unit_id` is the wanted business unit where it is known without a further read. `strip` are
    roles to take from the user, `move` whether it goes to another business unit.
    """

    desired: Desired
    resolution: Resolution
    comparison: Comparison
    role: RoleRow | None
    role_is_ours: bool
    user: UserRow | None
    user_is_ours: bool
    ghosts: tuple[UserRow, ...]
    privileges: tuple[WantedPrivilege | Held, ...]
    assigned: bool
    unit_id: str | None
    root_unit_id: str | None
    move: bool = False
    wrong_unit: bool = False
    strip: tuple[RoleRow, ...] = ()
    extra: tuple[RoleRow, ...] = ()
    copies: tuple[RoleRow, ...] = ()
    refusal: ConnectError | None = None
    changes: tuple[Change, ...] = ()
    matrix: tuple[MatrixRow, ...] = ()

    @property
    def replace(self) -> bool:
        """Whether something is taken from the role, which only a replacement of all can do at once."""
        return bool(self.comparison.wide or self.comparison.excess)

    @property
    def takes_away(self) -> bool:
        """Whether the application may hold less afterwards, so that its caches may lag with more."""
        return self.replace or self.move or bool(self.strip)

    @property
    def writes(self) -> bool:
        """Whether the plan changes anything."""
        return any(change.action in WRITES for change in self.changes)

    @property
    def pending(self) -> tuple[str, ...]:
        """Rights that wait for the required solution."""
        return tuple(self.resolution.pending)


def draft_plan(
    desired: Desired, live: Live, known: Known, opt_in: OptIn, resolution: Resolution | None = None
) -> Plan:
    """The plan without its lines for people (`connector.dataverse.plan_lines` adds them).

    A role that is no profile's brings its privileges as `resolution`.
    Raises RefusedError where live state leaves no way (managed role, two users), SettingsError
    for a business unit that is none or several.
    """
    resolution = resolution or resolve(desired, live.tables, solution_there=solution_ok(desired, live))
    role, ours = find_role(desired, live, known)
    comparison = _compared(resolution, live, role)
    user = only_user(live)
    units = choose_units(live.units, desired.business_unit) if live.units else None
    # Units are read only where the settings name one; otherwise a role of the root knows its id.
    root = units.root if units else next((r.business_unit_id for r in live.roles if r.in_root_unit), None)
    wrong = user is not None and _in_wrong_unit(user, units, root)
    move = wrong and opt_in.move_business_unit
    extra = _extra_roles(user, role)
    return Plan(
        desired=desired,
        resolution=resolution,
        comparison=comparison,
        role=role,
        role_is_ours=ours,
        user=user,
        user_is_ours=user is not None and user_is_ours(user, known, live.caller_id),
        ghosts=live.ghosts,
        privileges=_to_send(comparison, resolution),
        # A move drops every role of the user: ours is to be assigned again, and no other is left to take.
        assigned=not move and _assigned(user, role),
        unit_id=units.user if units else root,
        root_unit_id=root,
        move=move,
        wrong_unit=wrong,
        strip=extra if opt_in.strip_extra_roles and not move else (),
        extra=extra,
        copies=live.roles,
        refusal=_refusal(desired, role, ours, comparison),
        matrix=make_matrix(desired, resolution, live.tables, comparison, ours=ours),
    )


def solution_ok(desired: Desired, live: Live) -> bool:
    """Whether the required solution is there, managed, in a version that will do."""
    if desired.solution is None:
        return True
    found = live.solution
    enough = found is not None and version_at_least(found.version, desired.solution.minimum_version)
    return enough and found is not None and found.managed


def find_role(desired: Desired, live: Live, known: Known) -> tuple[RoleRow | None, bool]:
    """The role in question and whether it is ours: by our id, then by record, then by name.

    A name counts in the root business unit alone: elsewhere it is another role (role.md).
    """
    # Copies in other units follow the role they were copied from and take no edits.
    roots = [row for row in live.roles if not row.is_copy]
    # Our id, which a run may have sent before it died; then the recorded one, where the settings renamed the
    # role or Dataverse gave another id.
    for id in (desired.role_id, known.role_id):
        for row in roots:
            if row.id == id:
                return row, True
    named = [r for r in roots if r.in_root_unit and r.name.lower() == desired.role_name.lower()]
    if len(named) > 1:
        ids = ", ".join(row.id for row in named)
        message = (
            f"there are {len(named)} security roles named {desired.role_name!r} ({ids}); "
            "set dataverse.role to another name, or delete those not needed"
        )
        raise RefusedError(message, code="dataverse.ambiguous_role", key=desired.role_name)
    if not named:
        return None, True
    if named[0].is_protected:
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


def user_is_ours(user: UserRow, known: Known, caller_id: str | None) -> bool:
    """Whether a run of this stack made the user: by record, else by who created its row.

    The second holds for a run that was killed between the post and its record.
    """
    if known.user_id == user.id:
        return not known.user_adopted
    # A person who deploys through the Azure CLI has no application user to compare with.
    return bool(caller_id) and user.created_by == caller_id


def _compared(resolution: Resolution, live: Live, role: RoleRow | None) -> Comparison:
    names = {one.id: one.name for table in live.tables.values() for one in table.values()}
    return compare(resolution.wanted, live.role_privileges if role else {}, names)


def _in_wrong_unit(user: UserRow, units: Units | None, root: str | None) -> bool:
    wanted = units.user if units else root
    # Without units and roles, as in a first run, the user's own row says whether it is in the root.
    return user.business_unit_id != wanted if wanted else not user.in_root_unit


def _assigned(user: UserRow | None, role: RoleRow | None) -> bool:
    return user is not None and role is not None and any(_is_of(held, role) for held in user.roles)


def _extra_roles(user: UserRow | None, role: RoleRow | None) -> tuple[RoleRow, ...]:
    held = user.roles if user else ()
    return tuple(one for one in held if role is None or not _is_of(one, role))


def _is_of(held: RoleRow, role: RoleRow) -> bool:
    # A user below the root holds the copy of its own business unit, which has an id of its own.
    return role.id in (held.id, held.root_id)


def _to_send(comparison: Comparison, resolution: Resolution) -> tuple[WantedPrivilege | Held, ...]:
    # Adding raises a depth and never lowers one, so what is too much goes by a replacement of everything; it
    # has to name what the platform added by itself as well, or some of that would go.
    if comparison.wide or comparison.excess:
        return (*resolution.wanted.values(), *comparison.injected)
    return (*comparison.lacking, *(wanted for wanted, _ in comparison.narrow))


def _refusal(
    desired: Desired, role: RoleRow | None, ours: bool, comparison: Comparison
) -> ConnectError | None:
    # Somebody else's role is used where it holds exactly what is wanted: that takes no change of it.
    if role is None or ours or comparison.equal:
        return None
    return foreign_role(desired.role_name, comparison.missing_text(), comparison.excess_text())
