"""What a SaaS needs, read from profiles/NAME.yaml: nothing about one SaaS stands in code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, field_validator

from connector.errors import Problem, SettingsError
from connector.settings.permissions import ApiPermission, Written, read_permissions
from connector.settings.problems import from_pydantic, nearest, shown
from connector.settings.values import Basis, CredentialKind, Depth, Right, Shape
from connector.settings.yaml_text import read_mapping

FOLDER = "profiles"


class RedirectUris(Shape):
    """Redirect URIs by platform, exact case."""

    web: tuple[str, ...] = ()
    public_client: tuple[str, ...] = ()
    spa: tuple[str, ...] = ()


def _logical_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError("must be a table's logical name, in lower case, such as lead")
    return name


#: A table by its logical name, which is always in lower case.
Table = Annotated[str, AfterValidator(_logical_name)]


class RoleLine(Shape):
    """Rights on one table.

    `optional`: the table is not in every environment. `covered_by`: the table that carries its
    privileges where it has none of its own.
    """

    table: Table
    rights: tuple[Right, ...]
    depth: Depth = Depth.ORGANIZATION
    basis: Basis = Basis.DERIVED
    optional: bool = False
    covered_by: Table | None = None

    @field_validator("rights")
    @classmethod
    def _some_rights(cls, rights: tuple[Right, ...]) -> tuple[Right, ...]:
        if not rights:
            raise ValueError("must name at least one right")
        return rights


class ForbiddenLine(Shape):
    """Rights that the application must not hold on some tables, by whatever role."""

    tables: tuple[Table, ...]
    rights: tuple[Right, ...]


class RequiredSolution(Shape):
    """A managed solution that the environment must hold, with the least version that will do.

    With `publisher_prefix` only tables of that prefix may wait for the solution; without it any
    table that is not there may.
    """

    unique_name: str
    minimum_version: str
    publisher_prefix: str | None = None

    @field_validator("minimum_version")
    @classmethod
    def _is_version(cls, version: str) -> str:
        if not all(part.isdigit() for part in version.split(".")):
            raise ValueError("must be numbers and dots, quoted, such as '6.12'")
        return version


class RoleProfile(Shape):
    """The security role: rights on tables, each with its depth, and what it must never hold."""

    tables: tuple[RoleLine, ...] = ()
    forbidden: tuple[ForbiddenLine, ...] = ()


class HandoverValue(StrEnum):
    """The values that a connect form may ask for."""

    TENANT_ID = "tenantId"
    CLIENT_ID = "clientId"
    CLIENT_SECRET = "clientSecret"  # noqa: S105 - the word, not one
    CERTIFICATE_THUMBPRINT = "certificateThumbprint"
    DYNAMICS_URL = "dynamicsUrl"


class FormField(Shape):
    """One field of the SaaS's connect form: its words and the value that belongs there."""

    label: str
    value: HandoverValue
    note: str | None = None


#: What only one kind of credential has to hand over.
_OF_CREDENTIAL = {
    HandoverValue.CLIENT_SECRET: CredentialKind.SECRET,
    HandoverValue.CERTIFICATE_THUMBPRINT: CredentialKind.CERTIFICATE,
}


def _form_of(data: dict[str, Any]) -> tuple[FormField, ...]:
    """The form of a profile that names none: every value that its credential has."""
    kind = data.get("credential", CredentialKind.SECRET)
    return tuple(
        FormField(label=str(value), value=value)
        for value in HandoverValue
        if _OF_CREDENTIAL.get(value, kind) is kind
    )


class FederatedLogin(Shape):
    """Whose tokens the SaaS logs in with, where it needs neither secret nor certificate."""

    issuer: str
    subject: str
    audience: str = "api://AzureADTokenExchange"


class Profile(Shape):
    """What one SaaS needs. `name` is the file's name without ending."""

    name: str
    title: str
    redirect_uris: RedirectUris = RedirectUris()
    permissions: tuple[Written, ...] = ()
    credential: CredentialKind = CredentialKind.SECRET
    federated: FederatedLogin | None = None
    solution: RequiredSolution | None = None
    role: RoleProfile = RoleProfile()
    connect_form: tuple[FormField, ...] = Field(default_factory=_form_of)
    connect_hint: str | None = None
    personal_audience_note: str | None = None

    @property
    def api_permissions(self) -> tuple[ApiPermission, ...]:
        """The permissions, resolved to their APIs; checked when the profile was loaded."""
        return read_permissions([("permissions", entry) for entry in self.permissions]).permissions


def load_profile(path: Path) -> Profile:
    """Read and check one profile; raises SettingsError with every problem of the file."""
    name = f"{path.parent.name}/{path.name}"
    raw = read_mapping(path, name=name)
    if "name" in raw:
        message = "is the file's own, without its ending; take the key out, or call it title"
        raise SettingsError([Problem("settings.unknown_key", f"{name}: name", "", message)], where=name)
    try:
        profile = Profile.model_validate({"name": path.stem, **raw})
    except ValidationError as error:
        problems = [
            Problem(item.rule, f"{name}: {item.key}", item.value, item.message)
            for item in from_pydantic(error, Profile)
        ]
        raise SettingsError(problems, where=name) from error
    keyed = [(f"{name}: permissions[{i}]", e) for i, e in enumerate(profile.permissions)]
    wrong = [*read_permissions(keyed).problems, *_of_credential(profile, name)]
    if wrong:
        raise SettingsError(wrong, where=name)
    return profile


def _of_credential(profile: Profile, name: str) -> Iterator[Problem]:
    """What does not fit the profile's credential: whose tokens count, and what the form asks for."""
    kind = profile.credential
    if kind is CredentialKind.FEDERATED and profile.federated is None:
        message = "is needed by credential: federated; give {issuer, subject}: whose tokens count"
        yield Problem("settings.profile", f"{name}: federated", "", message)
    if kind is not CredentialKind.FEDERATED and profile.federated is not None:
        message = f"is for credential: federated, and this profile's is {kind.value}; take one of them out"
        yield Problem("settings.profile", f"{name}: federated", "", message)
    for index, field in enumerate(profile.connect_form):
        if _OF_CREDENTIAL.get(field.value, kind) is not kind:
            message = f"is nothing that credential: {kind.value} has; take the field out"
            yield Problem("settings.profile", f"{name}: connectForm[{index}]", field.value.value, message)


@lru_cache(maxsize=32)
def _load_once(path: Path, _changed: int) -> Profile:
    """A fleet of a thousand stacks reads its profile once; a file that changed is read again."""
    return load_profile(path)


def find_profile(name: str, project_dir: Path) -> Profile:
    """The profile of that name in PROJECT/profiles; an unknown name lists those there are."""
    folder = project_dir / FOLDER
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name in known:
        path = folder / f"{name}.yaml"
        return _load_once(path, path.stat().st_mtime_ns)
    near = nearest(name, known)
    hint = f"did you mean {near!r}? " if near else ""
    listed = ", ".join(known) or f"none in {FOLDER}/"
    message = f"is no profile; {hint}there are: {listed}"
    raise SettingsError([Problem("settings.profile", "profile", shown(name), message)])
