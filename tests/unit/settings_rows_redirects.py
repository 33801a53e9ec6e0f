"""Rows of the bad-configuration table: redirect URIs, and what of them is changed or warned of."""

from __future__ import annotations

from tests.unit.settings_samples import ONLY_PERSONAL, PERSONAL, WEB, Row, native, spa, web


def many(count: int, start: str = WEB) -> list[str]:
    """So many redirect URIs, all different."""
    return [f"{start}{number}" for number in range(count)]


BAD_REDIRECTS: list[Row] = [
    ("settings.redirect_query", "redirectUris.web[0]", web(WEB + "?a=b", signInAudience=PERSONAL)),
    ("settings.redirect_scheme", "redirectUris.web[0]", web("http://example.com/")),
    ("settings.redirect_scheme", "redirectUris.web[0]", web("myapp://auth")),
    ("settings.redirect_host", "redirectUris.web[0]", web("http://[::1]/")),
    ("settings.redirect_host", "redirectUris.web[0]", web("https://bücher.example/")),
    ("settings.redirect_fragment", "redirectUris.web[0]", web(WEB + "#top")),
    (
        "settings.redirect_wildcard",
        "redirectUris.web[0]",
        web("https://*.example.com/", signInAudience=PERSONAL),
    ),
    ("settings.redirect_characters", "redirectUris.web[0]", web(WEB + "a;b")),
    ("settings.redirect_characters", "redirectUris.web[0]", web(WEB + "a b")),
    ("settings.redirect_length", "redirectUris.web[0]", web(WEB + "x" * 256)),
    (
        "settings.redirect_count",
        "redirectUris.web",
        {"redirectUris": {"web": [f"{WEB}{i}" for i in range(255)]}},
    ),
    ("settings.redirect_query", "redirectUris.spa[0]", spa(WEB + "?a=b", signInAudience=PERSONAL)),
    ("settings.redirect_fragment", "redirectUris.spa[0]", spa(WEB + "a#b")),
    ("settings.redirect_wildcard", "redirectUris.spa[0]", spa("https://*.a.io/", signInAudience=PERSONAL)),
    ("settings.redirect_length", "redirectUris.spa[0]", spa(WEB + "y" * 300)),
    (
        "settings.redirect_count",
        "redirectUris.spa",
        {
            "redirectUris": {"spa": [f"{WEB}{i}" for i in range(101)]},
            "signInAudience": PERSONAL,
        },
    ),
    ("settings.redirect_host", "redirectUris.web[0]", web("https://a.b:99999/c")),
    ("settings.redirect_host", "redirectUris.web[0]", web("https://a.b:x/c")),
    ("settings.redirect_host", "redirectUris.web[0]", web("https://a.b:/c")),
    ("settings.redirect_host", "redirectUris.web[0]", web("https://a.b:0/c")),
    ("settings.redirect_characters", "redirectUris.web[0]", web(WEB + "a\0b")),
    ("settings.redirect_characters", "redirectUris.web[0]", web(WEB + "a\u200bb")),
    ("settings.redirect_wildcard", "redirectUris.web[0]", web(WEB + "*", signInAudience=PERSONAL)),
    *[
        ("settings.redirect_scheme", "redirectUris.publicClient[0]", native(uri))
        for uri in ("javascript:alert(1)", "JavaScript://a/b", "data:text/html,x", "vbscript:x", "file:///etc/passwd")
    ],
    ("settings.redirect_scheme", "redirectUris.publicClient[0]", native("about:blank")),
    ("settings.redirect_scheme", "redirectUris.publicClient[0]", native("blob:https://a.example/1")),
    ("settings.redirect_total", "redirectUris", {"redirectUris": {"spa": many(99), "web": many(156)}}),
    (
        "settings.redirect_total",
        "redirectUris",
        {"redirectUris": {"spa": many(60), "publicClient": many(40)}, "signInAudience": ONLY_PERSONAL},
    ),
]

REDIRECT_CAUTIONS: list[Row] = [
    ("settings.redirect_case", "redirectUris.web", web("https://apps.bizible.com/oauth2")),
    ("settings.redirect_case", "redirectUris.spa", {"redirectUris": {"spa": [WEB + "a", WEB + "A"]}}),
    ("settings.redirect_broad", "redirectUris.web", web("https://*.example.com/a")),
    ("settings.redirect_broad", "redirectUris.spa", spa(WEB + "*", signInAudience="AzureADMyOrg")),
]
