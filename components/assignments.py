"""Users and groups that may sign in: app role assignments with the default role.

The all-zero role is legal as long as the application declares no app roles of its own
(Graph: appRoleAssignment). A group needs an Entra ID P1 licence and nested groups do not count.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from components import tokens
from components.lookups import look_up
from connector.naming import DEFAULT_APP_ROLE, assignment_resource, older_assignment_resource


@dataclass(frozen=True)
class AssignmentsArgs:
    """Users by user principal name or object id, groups by display name or object id."""

    service_principal_object_id: pulumi.Input[str]
    users: Sequence[str]
    groups: Sequence[str]
    deleted_with: pulumi.Resource
    provider: pulumi.ProviderResource


class Assignments(pulumi.ComponentResource):
    """Assignments of users and groups to the enterprise application."""

    def __init__(
        self, name: str, args: AssignmentsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare one assignment for each user and group."""
        super().__init__(tokens.ASSIGNMENTS, name, None, opts)
        self._name, self._args = name, args
        self._claimed: set[str] = set()
        self.users = [self._assign("user", u, user_object_id(u, args.provider)) for u in args.users]
        self.groups = [self._assign("group", g, group_object_id(g, args.provider)) for g in args.groups]
        self.register_outputs({})

    def _assign(self, kind: str, who: str, object_id: pulumi.Input[str]) -> azuread.AppRoleAssignment:
        return azuread.AppRoleAssignment(
            assignment_resource(self._name, kind, who),
            app_role_id=DEFAULT_APP_ROLE,
            principal_object_id=object_id,
            resource_object_id=self._args.service_principal_object_id,
            opts=pulumi.ResourceOptions(
                parent=self, deleted_with=self._args.deleted_with, aliases=self._older(kind, who)
            ),
        )

    def _older(self, kind: str, who: str) -> list[pulumi.Input[str | pulumi.Alias]]:
        """The name that an earlier version gave it; of two that shared one, the first has a claim to it."""
        older = older_assignment_resource(self._name, kind, who)
        if older == assignment_resource(self._name, kind, who) or older in self._claimed:
            return []
        self._claimed.add(older)
        return [pulumi.Alias(name=older)]


def is_object_id(text: str) -> bool:
    """True for a GUID."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def user_object_id(user: str, provider: pulumi.ProviderResource) -> pulumi.Input[str]:
    """A user's object id, looked up by user principal name where it is none already.

    In lower case, as Graph writes it: to the provider another spelling is another principal.
    """
    if is_object_id(user):
        return user.lower()
    found = look_up("getUser", {"userPrincipalName": user}, provider, what=f"user {user}")
    return found["objectId"]


def group_object_id(group: str, provider: pulumi.ProviderResource) -> pulumi.Input[str]:
    """A group's object id, in lower case too, looked up by display name where it is none already.

    Through `getGroups`: `getGroup` puts the name into its filter as it is, and Graph refuses one with a
    quotation mark (terraform-provider-azuread, group_data_source.go); it also reads every member.
    """
    if is_object_id(group):
        return group.lower()
    found = look_up("getGroups", {"displayNames": [group]}, provider, what=f"group {group}")
    return found["objectIds"][0]
