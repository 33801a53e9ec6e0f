from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from emulator.graph.catalogue import DYNAMICS_APP_ID
from tests.support.graph import BOTH_URIS, DYNAMICS, FULL_APPLICATION, Graph, code, message

PERSONAL = ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"]
WORK = ["AzureADMyOrg", "AzureADMultipleOrgs"]
VERSION_2 = {"requestedAccessTokenVersion": 2}


def create(graph: Graph, audience: str = "AzureADMultipleOrgs", **properties: Any) -> httpx.Response:
    """POST an application of an audience, with token version 2 as the personal ones want it."""
    body = {"displayName": "Test", "signInAudience": audience, "api": VERSION_2}
    return graph.post("/applications", body | properties)


def refused(answer: httpx.Response, wanted: str = "Request_BadRequest", status: int = 400) -> None:
    """Check status and code."""
    assert (answer.status_code, code(answer)) == (status, wanted), answer.text


@pytest.mark.parametrize("audience", PERSONAL)
@pytest.mark.parametrize("platform", ["web", "spa", "publicClient"])
def test_refusal_query_string_with_personal_audience(graph: Graph, audience: str, platform: str) -> None:
    """A redirect URI with a query string is refused where personal accounts may sign in."""
    answer = create(graph, audience, **{platform: {"redirectUris": BOTH_URIS}})
    refused(answer)
    assert "URL may not contain a query string." in message(answer)


@pytest.mark.parametrize("audience", WORK)
def test_graph_query_string_with_work_audience(graph: Graph, audience: str) -> None:
    """The same redirect URIs are taken, letter by letter, where only work accounts sign in."""
    answer = create(graph, audience, web={"redirectUris": BOTH_URIS})
    assert answer.json()["web"]["redirectUris"] == BOTH_URIS


@pytest.mark.parametrize("audience", PERSONAL)
def test_refusal_change_to_personal_audience_with_query_string(graph: Graph, audience: str) -> None:
    """An application with such a redirect URI cannot be opened to personal accounts later."""
    application = graph.application(web={"redirectUris": BOTH_URIS})
    body = {"signInAudience": audience, "api": VERSION_2}
    refused(graph.patch(f"/applications/{application['id']}", body))


def test_refusal_of_an_empty_query_string_with_personal_audience(graph: Graph) -> None:
    """The question mark alone is a query string."""
    refused(create(graph, PERSONAL[0], web={"redirectUris": ["https://apps.bizible.com/OAuth2?"]}))


def test_refusal_query_string_under_the_default_audience(graph: Graph) -> None:
    """An omitted audience is the personal one, and its rules hold."""
    refused(graph.post("/applications", {"displayName": "Test", "web": {"redirectUris": BOTH_URIS}}))


@pytest.mark.parametrize("audience", PERSONAL)
def test_refusal_wildcard_with_personal_audience(graph: Graph, audience: str) -> None:
    """A wildcard redirect URI is refused where personal accounts may sign in, and taken elsewhere."""
    uris = {"redirectUris": ["https://*.example.com/callback"]}
    refused(create(graph, audience, web=uris))
    assert create(graph, web=uris).status_code == 201


@pytest.mark.parametrize("audience", PERSONAL)
@pytest.mark.parametrize("version", [1, None])
def test_refusal_token_version_with_personal_audience(
    graph: Graph, audience: str, version: int | None
) -> None:
    """Personal audiences want requestedAccessTokenVersion 2."""
    answer = create(graph, audience, api={"requestedAccessTokenVersion": version})
    refused(answer, "InvalidAccessTokenVersion")


@pytest.mark.parametrize(
    "uri",
    [
        "http://apps.bizible.com/OAuth2",
        "http://[::1]/callback",
        "https://[::1]/callback",
        "https://apps.bizible.com/OAuth2#",
        "https://apps.bizible.com/" + "a" * 232,
        "https://apps.bizible.com/OAuth2#here",
        "https://apps.bizible.com/a;b",
        "https://bücher.example/callback",
        "ftp://apps.bizible.com/OAuth2",
        "apps.bizible.com",
        "https://[broken/",
    ],
)
def test_refusal_redirect_uri(graph: Graph, uri: str) -> None:
    """Plain http off localhost, long, fragment, bad characters, foreign schemes: each is refused."""
    refused(create(graph, web={"redirectUris": [uri]}))


@pytest.mark.parametrize(
    "uri", ["http://localhost:8080/callback", "http://127.0.0.1/callback", "https://e.example/" + "a" * 238]
)
def test_graph_redirect_uri_at_the_limit(graph: Graph, uri: str) -> None:
    """Plain http on localhost is taken, and so are 256 characters."""
    assert create(graph, web={"redirectUris": [uri]}).status_code == 201


@pytest.mark.parametrize(("audience", "limit"), [(PERSONAL[0], 100), (WORK[0], 256)])
def test_refusal_too_many_redirect_uris(graph: Graph, audience: str, limit: int) -> None:
    """256 redirect URIs are allowed for work audiences, 100 for personal ones."""
    uris = [f"https://e.example/{number}" for number in range(limit + 1)]
    refused(create(graph, audience, web={"redirectUris": uris}))
    assert create(graph, audience, web={"redirectUris": uris[:limit]}).status_code == 201


@pytest.mark.parametrize(("audience", "limit"), [(PERSONAL[0], 90), (WORK[0], 120)])
def test_refusal_long_display_name(graph: Graph, audience: str, limit: int) -> None:
    """A display name has at most 120 characters, 90 for personal audiences."""
    refused(create(graph, audience, displayName="a" * (limit + 1)))
    assert create(graph, audience, displayName="a" * limit).status_code == 201


@pytest.mark.parametrize("name", [None, "", "  "])
def test_refusal_missing_display_name(graph: Graph, name: str | None) -> None:
    """An application has a name."""
    refused(create(graph, displayName=name))


def test_refusal_unknown_audience(graph: Graph) -> None:
    """The sign-in audience is one of four words."""
    refused(create(graph, "Everybody"))


def test_refusal_third_secret_with_personal_audience(graph: Graph) -> None:
    """Personal audiences allow two secrets, work audiences more."""
    for audience, status in ((PERSONAL[0], 400), (WORK[1], 200)):
        application = create(graph, audience).json()
        path = f"/applications/{application['id']}/addPassword"
        answers = [graph.post(path, {}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, status]


def test_refusal_new_secret_by_patch(graph: Graph) -> None:
    """A PATCH cannot bring a secret of its own, nor the whole application with one."""
    application = graph.application()
    for credential in ({"displayName": "mine"}, {"keyId": str(uuid.uuid4()), "secretText": "mine"}):
        answer = graph.patch(f"/applications/{application['id']}", {"passwordCredentials": [credential]})
        refused(answer)
        assert message(answer).startswith("New password credentials must be generated using service actions")


def test_refusal_secret_that_ends_before_it_starts(graph: Graph) -> None:
    """A secret's end must lie after its start."""
    path = f"/applications/{graph.application()['id']}/addPassword"
    for end in ("2020-01-01T00:00:00Z", "soon"):
        refused(graph.post(path, {"passwordCredential": {"endDateTime": end}}))


def test_refusal_removing_an_unknown_secret(graph: Graph) -> None:
    """A secret is removed by a key id that is there."""
    path = f"/applications/{graph.application()['id']}/removePassword"
    refused(graph.post(path, {"keyId": str(uuid.uuid4())}))


@pytest.mark.parametrize(
    "body",
    [
        {"nonsense": 1},
        {"web": {"nonsense": 1}},
        {"_owners": []},
        {"oauth2RequirePostResponse": True},
        {"appId": str(uuid.uuid4())},
        {"web": None},
        {"web": {"redirectUris": None}},
        {"web": {"redirectUris": [1]}},
        {"tags": "one"},
        {"tags": [1]},
        {"identifierUris": [1]},
        {"appRoles": [{"value": "no id"}]},
        {"keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": "AAAA"}]},
        {"keyCredentials": [{"type": "Symmetric"}]},
        {"requiredResourceAccess": [1]},
        {"requiredResourceAccess": [{"resourceAppId": "x", "resourceAccess": []}]},
    ],
)
def test_refusal_malformed_application(graph: Graph, body: dict[str, Any]) -> None:
    """Unknown, read-only and misshapen properties are refused in POST and PATCH, and nothing is written."""
    refused(create(graph, **body))
    before = graph.get(f"/applications/{FULL_APPLICATION}").json()
    refused(graph.patch(f"/applications/{FULL_APPLICATION}", body))
    assert graph.get(f"/applications/{FULL_APPLICATION}").json() == before


def test_refusal_body_that_is_no_object(graph: Graph) -> None:
    """A body that is not a JSON object is refused."""
    refused(graph.post("/applications", ["x"]), "BadRequest")


@pytest.mark.parametrize(("audience", "limit"), [(PERSONAL[0], 30), (WORK[0], 400)])
def test_refusal_too_many_permissions(graph: Graph, audience: str, limit: int) -> None:
    """400 permissions are allowed for work audiences, 30 of one API for personal ones."""

    def entry(count: int) -> list[dict[str, Any]]:
        access = [{"id": str(uuid.uuid4()), "type": "Scope"} for _ in range(count)]
        return [{"resourceAppId": str(uuid.uuid4()), "resourceAccess": access}]

    refused(create(graph, audience, requiredResourceAccess=entry(limit + 1)))
    assert create(graph, audience, requiredResourceAccess=entry(limit)).status_code == 201


def test_refusal_too_many_apis(graph: Graph) -> None:
    """An application asks for permissions of at most 50 APIs."""
    entries = [{"resourceAppId": str(uuid.uuid4()), "resourceAccess": []} for _ in range(51)]
    answer = create(graph, requiredResourceAccess=entries)
    refused(answer)
    assert "50 APIs" in message(answer)


def test_refusal_too_many_apis_of_other_tenants(graph: Graph) -> None:
    """Ten, Microsoft's own counted; those of the own tenant are not."""
    entries = [{"resourceAppId": str(uuid.uuid4()), "resourceAccess": []} for _ in range(9)]
    entries += [{"resourceAppId": DYNAMICS_APP_ID, "resourceAccess": []}]
    own = {"resourceAppId": graph.application()["appId"], "resourceAccess": []}
    assert create(graph, requiredResourceAccess=[*entries, own]).status_code == 201
    more = {"resourceAppId": str(uuid.uuid4()), "resourceAccess": []}
    answer = create(graph, requiredResourceAccess=[*entries, more])
    refused(answer)
    assert "other tenants" in message(answer)


def test_refusal_permission_of_an_unknown_type(graph: Graph) -> None:
    """A requested permission is a Scope or a Role."""
    access = [{"id": str(uuid.uuid4()), "type": "delegated"}]
    refused(create(graph, requiredResourceAccess=[{"resourceAppId": DYNAMICS, "resourceAccess": access}]))


@pytest.mark.parametrize("uri", ["api://trailing/", "api://*", "no-scheme", "api://" + "a" * 250])
def test_refusal_identifier_uri(graph: Graph, uri: str) -> None:
    """Identifier URIs have a scheme, no trailing slash, no wildcard and at most 255 characters."""
    refused(create(graph, identifierUris=[uri]))


def test_refusal_identifier_uri_for_personal_audience(graph: Graph) -> None:
    """Personal audiences take no query, fragment or urn in an identifier URI."""
    for uri in ("api://one?x=1", "urn:one", "api://one#x"):
        refused(create(graph, PERSONAL[0], identifierUris=[uri]))


def test_refusal_identifier_uri_in_use(graph: Graph) -> None:
    """Two applications of a tenant cannot have the same identifier URI."""
    assert create(graph, identifierUris=["api://one"]).status_code == 201
    refused(create(graph, identifierUris=["api://one"]), "Request_MultipleObjectsWithSameKeyValue")


def test_refusal_owner_that_is_none(graph: Graph) -> None:
    """Owners are users or service principals that exist, and are added once."""
    application = graph.application()
    path, base = f"/applications/{application['id']}/owners/$ref", "https://graph/v1.0/directoryObjects/"
    group = "f0000000-0000-4000-8000-000000000001"
    user = "e0000000-0000-4000-8000-000000000001"
    refused(graph.post(path, {"@odata.id": base + str(uuid.uuid4())}), "Request_ResourceNotFound", 404)
    refused(graph.post(path, {"@odata.id": base + group}))
    refused(graph.post(path, {"@odata.id": "nobody"}))
    assert graph.post(path, {"@odata.id": base + user}).status_code == 204
    refused(graph.post(path, {"@odata.id": base + user}))
