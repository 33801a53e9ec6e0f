"""Configurations that are accepted, and what they come to."""

from __future__ import annotations

import json

import pytest

from connector.settings import Cloud, Settings, SignInAudience, load_settings
from tests.unit.settings_samples import GOOD, PROJECT


def load(**changes: object) -> Settings:
    """Settings of the good configuration with changes."""
    return load_settings(GOOD | changes, stack="dev", project_dir=PROJECT)


def test_the_smallest_configuration_gets_the_documented_defaults() -> None:
    """Three keys are enough; the audience is work accounts of any organization."""
    settings = load()
    assert settings.sign_in_audience is SignInAudience.MULTIPLE_ORGS
    assert settings.cloud is Cloud.PUBLIC
    assert settings.secret.lifetime_days == 180
    assert settings.slots == {"a": 1}
    assert settings.protect
    assert settings.assignments.required


def test_redirect_uris_of_the_profile_keep_their_exact_case() -> None:
    """Entra compares redirect URIs by case, so the profile's two arrive as they are written."""
    assert load().redirect_uris.web == (
        "https://apps.bizible.com/OAuth2",
        "https://apps.bizible.com/OAuth2?identityOnly=true",
    )


def test_redirect_uris_of_the_stack_follow_the_profiles_without_duplicates() -> None:
    """An URI given twice is registered once, and one without a path gets its slash."""
    own = ["https://apps.bizible.com/OAuth2", "http://localhost:12345"]
    web = load(redirectUris={"web": own}).redirect_uris.web
    assert web[2:] == ("http://localhost:12345/",)


def test_objects_may_come_as_json_and_scalars_as_text() -> None:
    """Pulumi hands objects over as JSON text and booleans and numbers as text."""
    settings = load(
        redirectUris=json.dumps({"publicClient": ["http://localhost"]}),
        secret=json.dumps({"lifetimeDays": "30"}),
        slots='{"b": "2", "a": 3}',
        protect="false",
    )
    assert settings.redirect_uris.public_client == ("http://localhost/",)
    assert settings.secret.lifetime_days == 30
    assert settings.slots == {"a": 3, "b": 2}
    assert settings.protect is False


def test_permissions_are_the_profiles_and_the_stacks_each_once() -> None:
    """A permission asked for by both stands once, and a long entry may say its kind."""
    long = {"api": "graph", "name": "User.Read.All", "kind": "application"}
    permissions = load(permissions=["graph/openid", long]).permissions
    assert [f"{p.api}/{p.name}:{p.kind}" for p in permissions] == [
        "dynamics-crm/user_impersonation:delegated",
        "graph/openid:delegated",
        "graph/User.Read.All:application",
    ]


def test_the_dynamics_url_is_normalised() -> None:
    """Upper case and a trailing slash are the same organization."""
    settings = load(dynamicsUrl="https://Contoso.CRM4.dynamics.com/")
    assert settings.dynamics_url == "https://contoso.crm4.dynamics.com"
    assert settings.dynamics_host == "contoso.crm4.dynamics.com"


@pytest.mark.parametrize(
    ("cloud", "url"),
    [
        ("public", "https://contoso.crm.dynamics.com"),
        ("public", "https://contoso.api.crm21.dynamics.com"),
        ("public", "https://gcc-org.crm9.dynamics.com:443"),
        ("usgov", "https://contoso.crm.microsoftdynamics.us"),
        ("dod", "https://contoso.crm.appsplatform.us"),
        ("china", "https://contoso.crm.dynamics.cn"),
        ("emulator", "https://127.0.1.1:8443"),
        ("emulator", "https://localhost:9999"),
    ],
)
def test_organization_hosts_of_each_cloud_are_accepted(cloud: str, url: str) -> None:
    """Region numbers are a pattern; only the emulator's cloud takes loopback, on any port."""
    assert load(cloud=cloud, dynamicsUrl=url).dynamics_url.startswith("https://")


def test_names_that_only_look_odd_are_taken_as_they_are() -> None:
    """A guest's principal name, two groups that differ in case, ports and schemes of installed apps."""
    native = ["msauth.com.example://auth", "urn:ietf:wg:oauth:2.0:oob", "http://localhost:8400/a"]
    settings = load(
        assignments={"users": ["a_b.c#EXT#@contoso.example", "o'neil@c.example"], "groups": ["Team", "team"]},
        redirectUris={"publicClient": native, "web": ["https://a.example:8443/b"]},
        displayName="Überblick & Söhne 株式会社",
        dataverse={"businessUnit": "Europe / North", "add": [{"table": "new_x1", "rights": ["read"]}]},
    )
    assert settings.redirect_uris.public_client == tuple(native)
    assert settings.assignments.groups == ("Team", "team")


@pytest.mark.parametrize(("audience", "rights", "uris"), [(None, 398, 254), ("AzureADMyOrg", 398, 254)])
def test_as_many_as_the_audience_takes_are_accepted(audience: str | None, rights: int, uris: int) -> None:
    """With the profile's two of each: 400 permissions, and 256 redirect URIs over all platforms."""
    settings = load(
        signInAudience=audience,
        permissions=[f"graph/Some.Right.{number}" for number in range(rights)],
        redirectUris={"spa": [f"https://a.example/{number}" for number in range(uris)]},
    )
    assert (len(settings.permissions), len(settings.redirect_uris.spa)) == (rights + 2, uris)


def test_role_name_and_tags_come_from_profile_and_stack() -> None:
    """The tag marks the stack's objects, and the role says whose it is."""
    settings = load()
    assert settings.role_name == "Marketo Measure Integration (dev)"
    assert settings.tags == (
        "dynamics-connect:dev",
        "WindowsAzureActiveDirectoryIntegratedApp",
    )


def test_empty_display_name_is_the_profiles_title_and_the_stack() -> None:
    """Pulumi.yaml's default for the name is the empty text, which counts as not set."""
    assert load(displayName="").display_name == "Marketo Measure (dev)"
