"""From a stack's configuration to Settings: every problem found is reported at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from connector.errors import Problem, SettingsError
from connector.settings import checks, redirects
from connector.settings.cautions import cautions
from connector.settings.certificates import Certificate, read_certificates
from connector.settings.clouds import normalise_url
from connector.settings.model import RawSettings, Settings
from connector.settings.permissions import ReadPermissions, check_counts, read_permissions
from connector.settings.problems import from_pydantic, shown
from connector.settings.profile import Profile, RedirectUris, find_profile

_OBJECTS = {"redirectUris", "permissions", "assignments", "owners", "secret", "slots"} | {
    "certificates",
    "dataverse",
    "fleet",
}
_DEPTH_LIMIT = 10


def load_settings(raw: Mapping[str, object], *, stack: str, project_dir: Path) -> Settings:
    """Settings from configuration keys without their `dynamics-connect:` prefix.

    Objects may come as values or as JSON text, numbers and booleans as text; None counts as not
    set. Raises SettingsError (exit 2) holding every problem, before anything is sent anywhere.
    """
    values, problems = _decode(raw)
    shaped = _shape(values, problems)
    profile = _profile(shaped, project_dir, problems)
    uris = _uris(shaped, profile)
    permissions = _permissions(shaped, profile)
    problems.extend(permissions.problems)
    problems.extend(check_counts(permissions.permissions, shaped.sign_in_audience))
    problems.extend(checks.check_all(shaped, uris, profile, stack))
    certificates = _certificates(shaped, profile, project_dir, problems)
    if problems or profile is None:
        raise SettingsError(_once(problems), where=f"the settings of stack {stack}")
    settings = _settings(shaped, profile, uris, permissions, stack)
    return settings.model_copy(update={"certificates": certificates})


def _decode(raw: Mapping[str, object]) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in raw.items():
        if value is None:
            continue
        try:
            decoded = json.loads(value) if key in _OBJECTS and isinstance(value, str) else value
        except (ValueError, RecursionError):
            message = "must be an object or list (as YAML in the stack's file, or as JSON)"
            # `secret` holds a lifetime, and is where a person may have put the client secret itself.
            told = "" if key == "secret" else shown(value)
            problems.append(Problem("settings.value", key, told, message))
            continue
        if _depth(decoded) > _DEPTH_LIMIT:
            message = f"is nested more than {_DEPTH_LIMIT} deep; no setting is"
            problems.append(Problem("settings.value", key, "", message))
        else:
            values[key] = decoded
    return values, problems


def _depth(value: object) -> int:
    """How deep lists and mappings lie in each other, counted without recursion and up to the limit."""
    level, depth = [value], 0
    while level and depth <= _DEPTH_LIMIT:
        inner = [list(one.values()) if isinstance(one, dict) else one for one in level]
        level = [item for one in inner if isinstance(one, list | tuple) for item in one]
        depth += bool(level)
    return depth


def _shape(values: dict[str, Any], problems: list[Problem]) -> RawSettings:
    """The raw model; keys that do not fit are reported and then left out, so the rest is checked."""
    try:
        return RawSettings.model_validate(values)
    except ValidationError as error:
        problems.extend(from_pydantic(error, RawSettings))
        bad = {str(item["loc"][0]) for item in error.errors()}
    return RawSettings.model_validate({key: values[key] for key in values if key not in bad})


def _profile(shaped: RawSettings, project_dir: Path, problems: list[Problem]) -> Profile | None:
    if not shaped.profile:
        problems.append(Problem("settings.missing", "profile", "", "is required; name a profile"))
        return None
    try:
        return find_profile(shaped.profile, project_dir)
    except SettingsError as error:
        problems.extend(error.problems)
        return None


def _uris(shaped: RawSettings, profile: Profile | None) -> RedirectUris:
    base = profile.redirect_uris if profile else RedirectUris()
    own = shaped.redirect_uris
    local = (redirects.LOCAL_SIGN_IN,) if shaped.sign_in else ()
    return RedirectUris(
        web=redirects.merge(base.web, own.web, local),
        public_client=redirects.merge(base.public_client, own.public_client),
        spa=redirects.merge(base.spa, own.spa),
    )


def _permissions(shaped: RawSettings, profile: Profile | None) -> ReadPermissions:
    entries = [(f"permissions[{i}]", entry) for i, entry in enumerate(shaped.permissions)]
    own = read_permissions(entries)
    base = profile.api_permissions if profile else ()
    return ReadPermissions(tuple(dict.fromkeys(base + own.permissions)), own.problems)


def _once(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _certificates(
    shaped: RawSettings, profile: Profile | None, project_dir: Path, problems: list[Problem]
) -> dict[str, Certificate]:
    if profile is None:
        return {}
    return read_certificates(shaped.certificates, shaped.slots, profile.credential, project_dir, problems)


def _settings(
    shaped: RawSettings,
    profile: Profile,
    uris: RedirectUris,
    permissions: ReadPermissions,
    stack: str,
) -> Settings:
    url = normalise_url(shaped.dynamics_url or "")
    return Settings(
        stack=stack,
        profile=profile,
        tenant_id=(shaped.tenant_id or "").lower(),
        cloud=shaped.cloud,
        dynamics_url=url,
        dynamics_host=urlsplit(url).netloc,
        display_name=(shaped.display_name or f"{profile.title} ({stack})").strip(),
        sign_in_audience=shaped.sign_in_audience,
        redirect_uris=uris,
        permissions=permissions.permissions,
        assignments=shaped.assignments,
        owners=shaped.owners,
        secret=shaped.secret,
        slots=dict(sorted(shaped.slots.items())),
        consent=shaped.consent,
        dataverse=shaped.dataverse,
        protect=shaped.protect,
        sign_in=shaped.sign_in,
        fleet=shaped.fleet.name,
        warnings=tuple(cautions(shaped, uris)),
    )
