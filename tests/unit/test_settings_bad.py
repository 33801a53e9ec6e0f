"""Configurations that are refused: the rule, the key, and all problems at once."""

from __future__ import annotations

from collections import Counter

import pytest

from connector.errors import SettingsError
from connector.settings import RULES, load_settings
from tests.unit.settings_samples import GOOD, PROJECT

_WEB = "https://example.com/"


def problems(raw: dict[str, object]) -> SettingsError:
    """The refusal that a configuration meets."""
    with pytest.raises(SettingsError) as caught:
        load_settings(raw, stack="dev", project_dir=PROJECT)
    return caught.value


def _uri(uri: str, **more: object) -> dict[str, object]:
    return {"redirectUris": {"web": [uri]}, **more}


def _spa(uri: str, **more: object) -> dict[str, object]:
    return {"redirectUris": {"spa": [uri]}, **more}


_PERSONAL = "AzureADandPersonalMicrosoftAccount"
_ONLY_PERSONAL = "PersonalMicrosoftAccount"


def _line(change: str, **line: object) -> dict[str, object]:
    return {"dataverse": {change: [line]}}

BAD: list[tuple[str, str, dict[str, object]]] = [
    ("settings.missing", "tenantId", {"tenantId": None}),
    ("settings.missing", "dynamicsUrl", {"dynamicsUrl": None}),
    ("settings.missing", "profile", {"profile": None}),
    ("settings.tenant_id", "tenantId", {"tenantId": "contoso.onmicrosoft.com"}),
    ("settings.tenant_id", "tenantId", {"tenantId": "11111111-1111-4111-8111-11111111111"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "contoso.crm4.dynamics.com"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "http://c.crm4.dynamics.com"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "https://c.crm4.dynamics.com/main.aspx"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "https://a@c.crm.dynamics.com"}),
    ("settings.dynamics_url_form", "dynamicsUrl", {"dynamicsUrl": "https://c.crm:99999"}),
    ("settings.dynamics_url", "dynamicsUrl", {"dynamicsUrl": "https://c.crm4.dynamics.com.evil.io"}),
    ("settings.dynamics_url", "dynamicsUrl", {"dynamicsUrl": "https://c.crm4-dynamics.com"}),
    ("settings.dynamics_url", "dynamicsUrl", {"dynamicsUrl": "https://127.0.1.1:8443"}),
    ("settings.dynamics_url", "dynamicsUrl", {"dynamicsUrl": "https://c.crm.microsoftdynamics.us"}),
    (
        "settings.dynamics_url",
        "dynamicsUrl",
        {"dynamicsUrl": "https://c.crm4.dynamics.com", "cloud": "emulator"},
    ),
    ("settings.value", "cloud", {"cloud": "azure"}),
    ("settings.value", "signInAudience", {"signInAudience": "Everyone"}),
    ("settings.value", "redirectUris", {"redirectUris": "not json"}),
    ("settings.value", "slots.a", {"slots": {"a": "first"}}),
    ("settings.unknown_key", "tenantID", {"tenantID": "x"}),
    ("settings.unknown_key", "assignments.user", {"assignments": {"user": []}}),
    ("settings.profile", "profile", {"profile": "market-measure"}),
    ("settings.profile", "profile", {"profile": "../../etc/passwd"}),
    ("settings.display_name", "displayName", {"displayName": "x" * 121}),
    ("settings.display_name", "displayName", {"displayName": "  "}),
    ("settings.audience_cloud", "signInAudience", {"cloud": "usgov", "signInAudience": _PERSONAL}),
    ("settings.redirect_query", "redirectUris.web[0]", _uri(_WEB + "?a=b", signInAudience=_PERSONAL)),
    ("settings.redirect_scheme", "redirectUris.web[0]", _uri("http://example.com/")),
    ("settings.redirect_scheme", "redirectUris.web[0]", _uri("myapp://auth")),
    ("settings.redirect_host", "redirectUris.web[0]", _uri("http://[::1]/")),
    ("settings.redirect_host", "redirectUris.web[0]", _uri("https://bücher.example/")),
    ("settings.redirect_fragment", "redirectUris.web[0]", _uri(_WEB + "#top")),
    (
        "settings.redirect_wildcard",
        "redirectUris.web[0]",
        _uri("https://*.example.com/", signInAudience=_PERSONAL),
    ),
    ("settings.redirect_characters", "redirectUris.web[0]", _uri(_WEB + "a;b")),
    ("settings.redirect_characters", "redirectUris.web[0]", _uri(_WEB + "a b")),
    ("settings.redirect_length", "redirectUris.web[0]", _uri(_WEB + "x" * 256)),
    (
        "settings.redirect_count",
        "redirectUris.web",
        {"redirectUris": {"web": [f"{_WEB}{i}" for i in range(255)]}},
    ),
    ("settings.permission", "permissions[0]", {"permissions": ["openid"]}),
    ("settings.permission", "permissions[0]", {"permissions": ["grahp/openid"]}),
    ("settings.assignee", "assignments.users[0]", {"assignments": {"users": ["adele"]}}),
    ("settings.owner", "owners[0]", {"owners": ["Adele"]}),
    ("settings.lifetime_days", "secret.lifetimeDays", {"secret": {"lifetimeDays": 731}}),
    ("settings.lifetime_days", "secret.lifetimeDays", {"secret": {"lifetimeDays": 0}}),
    ("settings.slots", "slots.c", {"slots": {"c": 1}}),
    ("settings.slots", "slots.a", {"slots": {"a": 0}}),
    ("settings.slots", "slots", {"slots": {}}),
    ("settings.role_name", "dataverse.role", {"dataverse": {"role": "x" * 101}}),
    ("settings.role_name", "dataverse.role", {"dataverse": {"role": " "}}),
    ("settings.role_line", "dataverse.add[0].rights", _line("add", table="lead", rights=[])),
    ("settings.role_line", "dataverse.add[0].table", _line("add", rights=["read"])),
    (
        "settings.role_line",
        "dataverse.remove[0].depth",
        _line("remove", table="lead", rights=["read"], depth="world"),
    ),
    ("settings.audience_cloud", "signInAudience", {"cloud": "china", "signInAudience": _ONLY_PERSONAL}),
    ("settings.redirect_query", "redirectUris.spa[0]", _spa(_WEB + "?a=b", signInAudience=_PERSONAL)),
    ("settings.redirect_fragment", "redirectUris.spa[0]", _spa(_WEB + "a#b")),
    ("settings.redirect_wildcard", "redirectUris.spa[0]", _spa("https://*.a.io/", signInAudience=_PERSONAL)),
    ("settings.redirect_length", "redirectUris.spa[0]", _spa(_WEB + "y" * 300)),
    (
        "settings.redirect_count",
        "redirectUris.spa",
        {
            "redirectUris": {"spa": [f"{_WEB}{i}" for i in range(101)]},
            "signInAudience": _PERSONAL,
        },
    ),
    ("settings.permission", "permissions[1]", {"permissions": ["graph/openid", "graph/"]}),
    ("settings.assignee", "assignments.groups[0]", {"assignments": {"groups": [" "]}}),
    ("settings.owner", "owners[1]", {"owners": ["a@b.example", "11111111"]}),
]


@pytest.mark.parametrize(("rule", "key", "change"), BAD, ids=[f"{r}-{i}" for i, (r, _, _) in enumerate(BAD)])
def test_a_bad_value_is_reported_under_its_rule_and_key(
    rule: str, key: str, change: dict[str, object]
) -> None:
    """Each refusal names the rule's id and the key's path."""
    found = {(problem.rule, problem.key) for problem in problems(GOOD | change).problems}
    assert (rule, key) in found


def test_every_rule_that_is_reported_stands_in_the_table() -> None:
    """No refusal has an id that the table of rules does not know."""
    assert {rule for rule, _, _ in BAD} <= set(RULES)


CAUTIONS: list[tuple[str, str, dict[str, object]]] = [
    ("settings.redirect_case", "redirectUris.web", _uri("https://apps.bizible.com/oauth2")),
    ("settings.redirect_case", "redirectUris.spa", {"redirectUris": {"spa": [_WEB + "a", _WEB + "A"]}}),
    ("settings.nobody_assigned", "assignments", {}),
    ("settings.nobody_assigned", "assignments", {"assignments": {"required": True}}),
]


@pytest.mark.parametrize(("rule", "key", "change"), CAUTIONS)
def test_what_is_probably_not_meant_is_a_warning(rule: str, key: str, change: dict[str, object]) -> None:
    """A warning names rule and key, and the settings are good all the same."""
    settings = load_settings(GOOD | change, stack="dev", project_dir=PROJECT)
    assert (rule, key) in {(warning.rule, warning.key) for warning in settings.warnings}


def test_settings_without_a_slip_warn_of_nothing() -> None:
    """Somebody is assigned and every URI is one of a kind: nothing to say."""
    users = {"assignments": {"users": ["adele@contoso.example"]}}
    assert load_settings(GOOD | users, stack="dev", project_dir=PROJECT).warnings == ()


NORMALISED: list[tuple[str, dict[str, object], str, object]] = [
    (
        "settings.dynamics_url_slash",
        {"dynamicsUrl": "https://contoso.crm4.dynamics.com/"},
        "dynamics_url",
        "https://contoso.crm4.dynamics.com",
    ),
    (
        "settings.dynamics_url_slash",
        {"dynamicsUrl": "https://Contoso.CRM4.dynamics.com"},
        "dynamics_host",
        "contoso.crm4.dynamics.com",
    ),
    ("settings.redirect_slash", {"redirectUris": {"spa": ["https://a.example"]}}, "spa", ("https://a.example/",)),
    (
        "settings.redirect_slash",
        {"redirectUris": {"spa": ["https://a.example?q=1"]}},
        "spa",
        ("https://a.example/?q=1",),
    ),
]


@pytest.mark.parametrize(("rule", "change", "name", "value"), NORMALISED)
def test_what_is_normalised_comes_out_in_one_form(
    rule: str, change: dict[str, object], name: str, value: object
) -> None:
    """The value is changed to the form that the service gives it, and nothing is said."""
    settings = load_settings(GOOD | change, stack="dev", project_dir=PROJECT)
    assert getattr(settings.redirect_uris if name == "spa" else settings, name) == value
    assert RULES[rule].effect == "normalise"


def test_every_rule_has_two_rows() -> None:
    """A rule without rows is a rule that nobody has tried; files and environment have tests of their own."""
    rows = Counter(rule for rule, *_ in [*BAD, *CAUTIONS, *NORMALISED])
    elsewhere = {"settings.yaml", "settings.certificate", "settings.credential", "settings.sign_in"}
    mine = {rule for rule in RULES if rule.startswith("settings.")} - elsewhere
    assert len(mine) >= 25
    assert {rule for rule in mine if rows[rule] < 2} == set()


def test_all_problems_are_reported_at_once() -> None:
    """A person mends a file in one go, not one error a run."""
    error = problems({"profile": "nope", "tenantId": "x", "dynamicsUrl": "y", "consent": "z"})
    assert {p.key for p in error.problems} == {"profile", "tenantId", "dynamicsUrl", "consent"}
    assert error.exit_code == 2


def test_an_unknown_key_names_the_nearest_and_the_known_ones() -> None:
    """A typing error is answered with the key that was meant."""
    message = problems(GOOD | {"dynamicUrl": "x"}).message
    assert "did you mean 'dynamicsUrl'?" in message
    assert "tenantId" in message


def test_an_unknown_profile_lists_those_there_are() -> None:
    """The message names the profiles in the project."""
    assert "marketo-measure" in problems(GOOD | {"profile": "x"}).message


def test_the_personal_audience_message_names_both_facts() -> None:
    """Adobe's article asks for it and Microsoft refuses it: the reader hears of both."""
    message = problems(GOOD | {"signInAudience": _PERSONAL}).message
    assert "Adobe's article" in message
    assert "Microsoft refuses" in message
    assert "AzureADMultipleOrgs" in message


@pytest.mark.parametrize(("url", "said"), [("https://127.0.1.1:8443", True), ("https://c.example", False)])
def test_an_address_of_this_machine_is_answered_with_the_emulators_cloud(url: str, said: bool) -> None:
    """Whoever forgot `cloud: emulator` is told so; nobody else is."""
    error = problems(GOOD | {"dynamicsUrl": url})
    assert ("set `cloud: emulator`" in error.message) is said
