"""What is allowed and probably not meant: warnings, in the order of the keys."""

from __future__ import annotations

from collections.abc import Iterator

from connector.errors import Problem
from connector.settings.model import RawSettings
from connector.settings.problems import shown
from connector.settings.profile import RedirectUris


def cautions(raw: RawSettings, uris: RedirectUris) -> Iterator[Problem]:
    """Warnings about a configuration that the rules let pass."""
    platforms = (("web", uris.web), ("publicClient", uris.public_client), ("spa", uris.spa))
    for platform, merged in platforms:
        yield from _differ_in_case(f"redirectUris.{platform}", merged)
        yield from _broad(f"redirectUris.{platform}", merged)
    assigned = raw.assignments.users or raw.assignments.groups
    if raw.assignments.required and not assigned:
        message = "nobody is assigned and assignment is required: nobody can sign in until somebody is"
        yield Problem("settings.nobody_assigned", "assignments", "", message)


def _differ_in_case(key: str, uris: tuple[str, ...]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for uri in uris:
        twin = seen.setdefault(uri.lower(), uri)
        if twin != uri:
            message = f"differs from {twin} only in case, and Entra compares with case: one may be a slip"
            yield Problem("settings.redirect_case", key, shown(uri), message)


def _broad(key: str, uris: tuple[str, ...]) -> Iterator[Problem]:
    """Wildcards are allowed for work or school audiences, by the manifest alone, and discouraged."""
    for uri in uris:
        if "*" in uri:
            message = "has a wildcard: codes may go to any host or path that fits; list the URIs instead"
            yield Problem("settings.redirect_broad", key, shown(uri), message)
