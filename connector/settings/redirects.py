"""Redirect URIs: Microsoft's rules by audience and platform (EM identity-platform/reply-url.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import SplitResult, urlsplit

from connector.errors import Problem
from connector.settings.problems import shown
from connector.settings.values import SignInAudience, hidden

LENGTH_LIMIT = 256
#: Where `verify --sign-in` lets a browser come back to; Entra ignores the port of localhost.
LOCAL_SIGN_IN = "http://localhost/signed-in"
_UNSUPPORTED = "!$',;"
_LOCAL = ("localhost", "127.0.0.1")
#: Schemes that a browser runs or opens itself, so that no installed app can own them.
_BROWSERS = {"javascript", "data", "vbscript", "file", "about", "blob"}

_HOST = "needs a host in plain ASCII, no [::1], and a port of 1 to 65535 if there is a colon"
_CHARACTERS = f"may hold no blank, no character that nobody sees, and none of {_UNSUPPORTED}"
_QUERY_AND_PERSONAL = (
    "has a query string, which Microsoft refuses for an audience with personal accounts{vendor}; "
    "set signInAudience to AzureADMultipleOrgs (the default) or AzureADMyOrg"
)


def count_limit(audience: SignInAudience) -> int:
    """How many redirect URIs an application of that audience may have."""
    return 100 if audience.is_personal else 256


def normalise(uri: str) -> str:
    """A slash where an http(s) URI has no path, since Entra stores it so; case is kept."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    if parts.scheme in ("http", "https") and parts.netloc and not parts.path:
        return parts._replace(path="/").geturl()
    return uri


def merge(*lists: Iterable[str]) -> tuple[str, ...]:
    """The lists one after another, normalised, each exact spelling once."""
    return tuple(dict.fromkeys(normalise(uri) for uris in lists for uri in uris))


def check_uri(
    uri: str,
    key: str,
    *,
    audience: SignInAudience,
    native: bool = False,
    vendor_note: str | None = None,
) -> Iterator[Problem]:
    """Problems of one URI; `native` (publicClient) also allows schemes of an installed app.

    `vendor_note` is what the profile says about its SaaS asking for personal accounts: it stands
    beside Microsoft's rule in the message, so that a reader of both texts knows which one holds.
    """
    query = _QUERY_AND_PERSONAL.format(vendor=f" ({vendor_note})" if vendor_note else "")
    for rule, wrong, message in _findings(uri, audience, native, query):
        if wrong:
            yield Problem(f"settings.redirect_{rule}", key, shown(uri), message)


def check_count(uris: tuple[str, ...], key: str, audience: SignInAudience) -> Iterator[Problem]:
    """A problem when a platform has more URIs than its audience allows."""
    limit = count_limit(audience)
    if len(uris) > limit:
        message = f"{audience.value} allows at most {limit} redirect URIs; take some away"
        yield Problem("settings.redirect_count", key, f"{len(uris)} URIs", message)


def check_total(platforms: Sequence[tuple[str, ...]], audience: SignInAudience) -> Iterator[Problem]:
    """A problem when all platforms together pass the limit and none does alone.

    Microsoft says "per app registration" and not whether it counts a platform or their sum: a
    configuration that keeps to the sum is good either way.
    """
    limit, total = count_limit(audience), sum(map(len, platforms))
    if total > limit >= max(map(len, platforms)):
        message = f"{audience.value} allows at most {limit}, all platforms together; take some away"
        yield Problem("settings.redirect_total", "redirectUris", f"{total} URIs", message)


def _findings(
    uri: str, audience: SignInAudience, native: bool, query_hint: str
) -> Iterator[tuple[str, bool, str]]:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        yield "host", True, "is not a URI; write it out, such as https://example.com/oauth"
        return
    web = parts.scheme in ("http", "https")
    yield "length", len(uri) > LENGTH_LIMIT, f"is longer than {LENGTH_LIMIT} characters"
    yield "characters", _has_unsupported(uri), _CHARACTERS
    yield "fragment", "#" in uri, "may have no fragment (the part after #)"
    yield "scheme", not _scheme_fits(parts.scheme, host, native), _scheme_hint(native)
    yield "host", web and not _host_fits(parts, host), _HOST
    yield "query", audience.is_personal and "?" in uri, query_hint
    wild = audience.is_personal and "*" in uri
    yield "wildcard", wild, "a wildcard is not allowed for an audience with personal accounts"


def _has_unsupported(uri: str) -> bool:
    seen = any(sign in _UNSUPPORTED or sign.isspace() or sign == "\\" for sign in uri)
    return seen or bool(hidden(uri))


def _scheme_fits(scheme: str, host: str, native: bool) -> bool:
    if scheme == "https":
        return True
    if scheme == "http":
        return host in _LOCAL
    return native and bool(scheme) and scheme not in _BROWSERS


def _scheme_hint(native: bool) -> str:
    more = " (or an installed app's own scheme, and none that browsers run or open)" if native else ""
    return f"must begin with https://; http:// is for localhost alone{more}"


def _host_fits(parts: SplitResult, host: str) -> bool:
    plain = parts.netloc.isascii() and "@" not in parts.netloc
    return plain and bool(host) and host != "::1" and _port_fits(parts)


def _port_fits(parts: SplitResult) -> bool:
    try:
        return parts.port != 0 and not parts.netloc.endswith(":")
    except ValueError:  # no number, or one that no port has
        return False
