"""The catalogue of the pipeline's rights: what each is for, and what else could be done with it.

One list for what is granted, for the table that is shown, and for docs/bootstrap.md. Least rights of
each call: Graph API reference, Permissions. Privileges of each table: PPD security-access-coding.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.bootstrap.model import Right, Service, Trust, Wanted, When, Who
from connector.entra.rights import by_name
from connector.settings import ConsentMode, PermissionKind, Settings

ADMINISTRATOR = "System Administrator"
_BECOMES_ANY = (
    "can add a credential to any application of the tenant and so act with that application's rights; "
    "only the approval of the environment stands before it"
)
_BECOMES_ADMIN = (
    "can give any application, itself too, any permission on Graph, and so become Global Administrator; "
    "leave it out where nobody is assigned"
)


def _reads(name: str, why: str, when: When = When.ALWAYS) -> Right:
    return Right(Who.READER, Service.GRAPH, name, why, when)


def _writes(name: str, why: str, when: When = When.ALWAYS, beware: str = "") -> Right:
    return Right(Who.WRITER, Service.GRAPH, name, why, when, beware)


_GRAPH = (
    _reads(
        "Application.Read.All",
        "`preview`, `status` and `preflight` read applications, service principals and assignments",
    ),
    _reads("DelegatedPermissionGrant.Read.All", "`preview --refresh` and `status` compare admin consent"),
    _reads("Policy.Read.All", "`preflight` asks whether a policy of the tenant refuses the client secret"),
    _reads("User.Read.All", "`preview` and `preflight` find users by principal name", When.USERS),
    _reads("Group.Read.All", "`preview` and `preflight` find groups by name", When.GROUPS),
    _writes(
        "Application.ReadWrite.All",
        "`deploy` and `rotate` make and change application, service principal and client secret",
        When.ANY,
        _BECOMES_ANY,
    ),
    _writes(
        "Application.ReadWrite.OwnedBy",
        "the same, for applications that it owns",
        When.OWNED,
        "changes nothing else; the stack has to name its service principal in `owners`",
    ),
    _writes("Application.Read.All", "`deploy` and the proof read APIs and assignments", When.OWNED),
    _writes(
        "DelegatedPermissionGrant.ReadWrite.All",
        "`deploy` grants admin consent for delegated permissions",
        When.GRANT,
        "can consent to any delegated permission for all users",
    ),
    _writes("DelegatedPermissionGrant.Read.All", "the proof reads what was consented to", When.LINK),
    _writes(
        "AppRoleAssignment.ReadWrite.All",
        "`deploy` assigns users, groups and app roles",
        When.ASSIGNMENTS,
        _BECOMES_ADMIN,
    ),
    _writes("User.Read.All", "`deploy` finds users by principal name", When.USERS),
    _writes("Group.Read.All", "`deploy` finds groups by name", When.GROUPS),
)
_PLAN_READS = (
    ("prvReadUser", "`plan` and `status` find the application user"),
    ("prvReadRole", "`plan` and `status` compare the security role with what is wanted"),
    ("prvReadTeam", "`plan` and `status` read the roles that come through teams"),
    ("prvReadBusinessUnit", "`plan` finds the business unit that user and role belong to"),
    ("prvReadSolution", "`plan` and `status` check the managed solution and its version"),
    ("prvReadEntity", "`plan` finds each table's privileges in its metadata"),
)
_APPLY_WRITES = (
    ("prvCreateRole", "`apply` makes the security role"),
    ("prvWriteRole", "`apply` sets its privileges"),
    ("prvAssignRole", "`apply` assigns it to the application user"),
    ("prvCreateUser", "`apply` makes the application user"),
    ("prvWriteUser", "`apply` changes the application user"),
    ("prvDisableUser", "`apply` enables an application user that somebody disabled"),
    ("prvDeleteUser", "`apply` purges a soft-deleted application user that blocks the application"),
)
#: The name that stands in the catalogue for the privileges of the profile.
PROFILE_PRIVILEGES = "(the privileges of the profile's role)"
CATALOGUE: tuple[Right, ...] = (
    *_GRAPH,
    *(Right(Who.READER, Service.DATAVERSE, name, why) for name, why in _PLAN_READS),
    Right(
        Who.WRITER,
        Service.DATAVERSE,
        ADMINISTRATOR,
        "`apply` hands out the profile's privileges, and nobody can hand out what they do not hold",
        When.WIDE,
        "may do everything in the environment",
    ),
    *(Right(Who.WRITER, Service.DATAVERSE, name, why, When.NARROW) for name, why in _PLAN_READS),
    *(Right(Who.WRITER, Service.DATAVERSE, name, why, When.NARROW) for name, why in _APPLY_WRITES),
    Right(
        Who.WRITER,
        Service.DATAVERSE,
        PROFILE_PRIVILEGES,
        "nobody can hand out a privilege that they do not hold at that depth",
        When.NARROW,
        "reads and changes the customer's records as the profile's application may",
    ),
)


@dataclass(frozen=True)
class Choices:
    """What an administrator chooses: `assignments` overrules what the settings say of users and groups."""

    assignments: bool | None = None
    narrow_role: bool = False
    owned_only: bool = False

    def holding(self) -> frozenset[When]:
        """The conditions that they make true."""
        narrow = When.NARROW if self.narrow_role else When.WIDE
        return frozenset({narrow, When.OWNED if self.owned_only else When.ANY})


NO_CHOICE = Choices()


def wanted_of(
    settings: Settings, trusts: Mapping[Who, tuple[Trust, ...]], choices: Choices = NO_CHOICE
) -> tuple[Wanted, ...]:
    """Both identities as a stack needs them."""
    holding = _conditions(settings, choices.assignments) | choices.holding()
    return tuple(
        Wanted(who, trusts[who], tuple(r for r in CATALOGUE if r.who is who and r.when in holding))
        for who in Who
    )


def _conditions(settings: Settings, assignments: bool | None) -> frozenset[When]:
    """What is so for a stack, among that which rights depend on."""
    kinds = {permission.kind for permission in settings.permissions}
    grants = settings.consent is ConsentMode.GRANT
    assigned, nobody = settings.assignments, assignments is False
    users = () if nobody else assigned.users
    groups = () if nobody else assigned.groups
    app_roles = grants and PermissionKind.APPLICATION in kinds
    answers = {
        When.ALWAYS: True,
        When.GRANT: grants and PermissionKind.DELEGATED in kinds,
        When.LINK: not (grants and PermissionKind.DELEGATED in kinds),
        When.USERS: assignments or by_name((*users, *settings.owners)),
        When.GROUPS: assignments or by_name(groups),
        When.ASSIGNMENTS: assignments or users or groups or app_roles,
    }
    return frozenset(when for when, so in answers.items() if so)


def ours(who: Who, service: Service) -> frozenset[str]:
    """Every name that `bootstrap` may ever have granted to an identity on a service."""
    return frozenset(right.name for right in CATALOGUE if right.who is who and right.service is service)
