"""What is allowed and probably not meant: warnings, in the order of the keys."""

from __future__ import annotations

from collections.abc import Iterator

from connector.errors import Problem
from connector.settings.model import RawSettings
from connector.settings.problems import shown
from connector.settings.profile import RedirectUris
from connector.settings.values import SignInAudience


def cautions(raw: RawSettings, uris: RedirectUris) -> Iterator[Problem]:
    """Warnings about a configuration that the rules let pass."""
    platforms = (("web", uris.web), ("publicClient", uris.public_client), ("spa", uris.spa))
    for platform, merged in platforms:
        yield from _differ_in_case(f"redirectUris.{platform}", merged)
        yield from _broad(f"redirectUris.{platform}", merged)
    yield from _single_tenant(raw, uris)
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


def _single_tenant(raw: RawSettings, uris: RedirectUris) -> Iterator[Problem]:
    """Which endpoint the vendor signs people in at is not documented, and the proof uses the tenant's own."""
    theirs = [uri for uri in uris.web if not uri.startswith("http://")]
    if raw.sign_in_audience is SignInAudience.MY_ORG and theirs:
        message = (
            "is refused (AADSTS50194) where the vendor signs people in at Microsoft's common endpoint, and "
            "the proof does not show that; ask the vendor, or use AzureADMultipleOrgs (the default)"
        )
        yield Problem("settings.single_tenant", "signInAudience", shown("AzureADMyOrg"), message)
