"""The models of settings: what a stack's file may hold, and what the rest of the program sees."""

from __future__ import annotations

from pydantic import Field

from connector import naming
from connector.errors import Problem
from connector.settings.certificates import Certificate
from connector.settings.permissions import ApiPermission, Written
from connector.settings.profile import Profile, RedirectUris, RoleLine
from connector.settings.values import Cloud, ConsentMode, Shape, SignInAudience


class Assignments(Shape):
    """Who is assigned to the application, and whether only they may sign in."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    required: bool = True


class SecretSettings(Shape):
    """How long a client secret lives, in days."""

    lifetime_days: int = 180


class DataverseSettings(Shape):
    """What a stack says about its Dataverse half; `add` and `remove` change the profile's role."""

    business_unit: str | None = None
    role: str | None = None
    add: tuple[RoleLine, ...] = ()
    remove: tuple[RoleLine, ...] = ()


class FleetMark(Shape):
    """Which fleet a stack's file belongs to, and which keys of it `fleet sync` wrote."""

    name: str = ""
    keys: tuple[str, ...] = ()


class RawSettings(Shape):
    """The keys of a stack's configuration as they are written, before the rules look at them.

    What a key is when nobody writes it is said here; Pulumi.yaml repeats it for the engine and the
    documents, and a test compares the two. `profile` has a default there alone: no code names a product.
    """

    profile: str | None = None
    tenant_id: str | None = None
    cloud: Cloud = Cloud.PUBLIC
    dynamics_url: str | None = None
    display_name: str = ""
    sign_in_audience: SignInAudience = SignInAudience.MULTIPLE_ORGS
    redirect_uris: RedirectUris = RedirectUris()
    permissions: tuple[Written, ...] = ()
    assignments: Assignments = Assignments()
    owners: tuple[str, ...] = ()
    secret: SecretSettings = SecretSettings()
    slots: dict[str, int] = Field(default_factory=lambda: {"a": 1})
    certificates: dict[str, str] = Field(default_factory=dict)
    consent: ConsentMode = ConsentMode.GRANT
    dataverse: DataverseSettings = DataverseSettings()
    protect: bool = True
    sign_in: bool = False
    fleet: FleetMark = FleetMark()


DEFAULTS = RawSettings()


class Settings(Shape):
    """Everything a stack says, checked: the one object that components and verbs work from.

    `redirect_uris` and `permissions` are the profile's followed by the stack's own.
    `dynamics_url` has no trailing slash; `dynamics_host` is its host, with the port if there is one.
    `fleet` names the fleet that wrote the stack's file; empty for a stack of its own.
    `warnings` holds what is allowed and probably not meant.
    """

    stack: str
    profile: Profile
    tenant_id: str
    cloud: Cloud
    dynamics_url: str
    dynamics_host: str
    display_name: str
    sign_in_audience: SignInAudience
    redirect_uris: RedirectUris
    permissions: tuple[ApiPermission, ...]
    assignments: Assignments
    owners: tuple[str, ...]
    secret: SecretSettings
    slots: dict[str, int]
    certificates: dict[str, Certificate] = Field(default_factory=dict)
    consent: ConsentMode
    dataverse: DataverseSettings
    protect: bool
    sign_in: bool
    fleet: str = ""
    warnings: tuple[Problem, ...] = ()

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of application and service principal: our marker, then the portal's."""
        return naming.tags(self.stack)

    @property
    def role_name(self) -> str:
        """The security role's name: the stack's, or one made of profile title and stack."""
        return self.dataverse.role or naming.default_role_name(self.profile.title, self.stack)
