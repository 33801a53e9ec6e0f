"""A person signs in: the page, the code, the tokens; and every way it is refused."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest

from emulator.seed import CONTOSO
from emulator.seed.directory import ADELE, ALEX, MEGAN
from tests.support.emulator import RunningEmulator
from tests.support.graph import DEFAULT_ROLE, DYNAMICS, GRAPH, Graph

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
REDIRECT = "http://localhost:8400/signed-in"


class SignIn:
    """An application that people sign in to, and the steps of the flow."""

    def __init__(self, emulator: RunningEmulator, graph: Graph) -> None:
        """Register it with consent for both APIs, assignment required, Adele assigned."""
        self.emulator, self.graph, self.at = emulator, graph, CONTOSO
        made = graph.application(web={"redirectUris": ["http://localhost/signed-in"]})
        self.id, self.client_id = made["id"], made["appId"]
        self.secret = graph.post(f"/applications/{self.id}/addPassword", {}).json()["secretText"]
        body = {"appId": self.client_id, "appRoleAssignmentRequired": True}
        self.principal = graph.post("/servicePrincipals", body).json()["id"]
        self.grants = [self.consent(DYNAMICS, "user_impersonation"), self.consent(GRAPH, "openid")]
        self.assign(ADELE)

    def consent(self, api: str, scope: str) -> str:
        """Grant a scope for everybody."""
        body = {
            "clientId": self.principal,
            "resourceId": api,
            "consentType": "AllPrincipals",
            "scope": scope,
        }
        return str(self.graph.post("/oauth2PermissionGrants", body).json()["id"])

    def assign(self, user: str) -> None:
        """Assign a user or group."""
        body = {"principalId": user, "resourceId": self.principal, "appRoleId": DEFAULT_ROLE}
        answer = self.graph.post(f"/servicePrincipals/{self.principal}/appRoleAssignedTo", body)
        assert answer.status_code == 201, answer.text

    def request(self, **changes: str) -> dict[str, str]:
        """The parameters of a good authorization request."""
        good = {
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": f"{self.emulator.org(1)}/user_impersonation openid profile offline_access",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return good | changes

    def page(self, **changes: str) -> httpx.Response:
        """Open the sign-in page."""
        url = f"{self.emulator.authority}/{self.at}/oauth2/v2.0/authorize"
        return self.emulator.http().get(url, params=self.request(**changes))

    def pick(self, user: str, **changes: str) -> httpx.Response:
        """Pick an account on the page."""
        url = f"{self.emulator.authority}/{CONTOSO}/login"
        return self.emulator.http().post(url, data=self.request(**changes) | {"user": user})

    def code(self, user: str = ADELE) -> str:
        """The code that a person's sign-in gives."""
        answer = self.pick(user)
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))["code"]

    def redeem(self, code: str, **changes: str) -> httpx.Response:
        """Redeem a code as the application."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "client_secret": self.secret,
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        }
        return self.emulator.http().post(
            f"{self.emulator.authority}/{self.at}/oauth2/v2.0/token", data=form | changes
        )

    def who_am_i(self, user: str) -> httpx.Response:
        """Ask Dataverse who a signed-in person is."""
        token = self.redeem(self.code(user)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return self.emulator.http().get(f"{self.emulator.org(1)}/api/data/v9.2/WhoAmI", headers=headers)


@pytest.fixture
def flow(emulator: RunningEmulator, graph: Graph) -> SignIn:
    """An application to sign in to."""
    return SignIn(emulator, graph)


def claims(token: str) -> dict[str, Any]:
    """The claims of a token, unchecked."""
    return jwt.decode(token, options={"verify_signature": False})


def test_the_page_names_application_and_people(flow: SignIn) -> None:
    """It shows who may be picked, and that it is a stand-in."""
    page = flow.page()
    assert page.status_code == 200
    for text in ("Pick an account", "Adele Vance", "alex@contoso.example", "Stand-in sign-in page"):
        assert text in page.text


def test_a_person_comes_back_with_a_code_and_the_state(flow: SignIn) -> None:
    """The redirect goes to the port that was asked for: localhost's is ignored when matching."""
    location = flow.pick(ADELE).headers["location"]
    assert location.startswith(f"{REDIRECT}?code=")
    assert dict(parse_qsl(urlsplit(location).query))["state"] == "the-state"


def test_a_code_gives_tokens_for_the_person(flow: SignIn) -> None:
    """The access token is the organization's and carries the scope; the ID token carries the nonce."""
    body = flow.redeem(flow.code()).json()
    access, identity = claims(body["access_token"]), claims(body["id_token"])
    assert (access["aud"], access["scp"], access["oid"]) == (
        flow.emulator.org(1),
        "user_impersonation",
        ADELE,
    )
    assert (identity["aud"], identity["nonce"]) == (flow.client_id, "the-nonce")


def test_dataverse_knows_the_person_and_not_the_application(flow: SignIn) -> None:
    """WhoAmI with a person's token is the person's user."""
    answer = flow.who_am_i(ADELE)
    assert answer.status_code == 200
    user = flow.emulator.store.get(
        "0c0c0c01-0000-4000-8000-000000000001", "systemusers", answer.json()["UserId"]
    )
    assert user is not None
    assert user["fullname"] == "Adele Vance"


def test_a_member_of_an_assigned_group_may_sign_in(flow: SignIn) -> None:
    """Megan comes in through her group."""
    flow.assign("f0000000-0000-4000-8000-000000000001")
    assert flow.pick(MEGAN).status_code == 302


def test_consent_is_asked_for_where_people_may_give_it(flow: SignIn) -> None:
    """Without assignment a person consents on the page, and is not asked again."""
    flow.graph.patch(f"/servicePrincipals/{flow.principal}", {"appRoleAssignmentRequired": False})
    flow.graph.delete(f"/oauth2PermissionGrants/{flow.grants[0]}")
    asked = flow.pick(ALEX)
    assert "Permissions requested" in asked.text
    assert flow.pick(ALEX, consent="accepted").status_code == 302
    assert flow.pick(ALEX).status_code == 302


def test_refusal_sign_in_with_a_wrong_redirect(flow: SignIn) -> None:
    """A path that differs in case is another URI: 50011, on the page and not redirected."""
    page = flow.page(redirect_uri="http://localhost:8400/Signed-in")
    assert page.status_code == 400
    assert "AADSTS50011" in page.text


def test_refusal_sign_in_of_a_person_who_is_not_assigned(flow: SignIn) -> None:
    """Assignment is required and Alex has none: 50105."""
    answer = flow.pick(ALEX)
    assert answer.status_code == 400
    assert "AADSTS50105" in answer.text


def test_refusal_sign_in_without_consent(flow: SignIn) -> None:
    """Where assignment is required user consent is off: 65001."""
    flow.graph.delete(f"/oauth2PermissionGrants/{flow.grants[0]}")
    assert "AADSTS65001" in flow.pick(ADELE).text


def test_refusal_sign_in_of_a_person_without_a_role(flow: SignIn) -> None:
    """Megan is a user of the organization and holds no security role."""
    flow.assign(MEGAN)
    answer = flow.who_am_i(MEGAN)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "0x80042f09")


def test_refusal_sign_in_of_a_person_who_is_no_user(flow: SignIn) -> None:
    """Alex may sign in and is no user of the organization."""
    flow.assign(ALEX)
    assert flow.who_am_i(ALEX).json()["error"]["code"] == "0x80072560"


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"code_verifier": "w" * 64}, 501481),
        ({"redirect_uri": "http://localhost:8401/signed-in"}, 70000),
        ({"code": "1.made-up"}, 70000),
        ({"client_secret": "wrong"}, 7000215),
        ({"client_secret": ""}, 7000218),
    ],
    ids=["PKCE", "redirect", "code", "secret", "no secret"],
)
def test_refusal_to_redeem_a_code(flow: SignIn, changes: dict[str, str], number: int) -> None:
    """Verifier, redirect URI, code and secret must all be right."""
    answer = flow.redeem(**{"code": flow.code()} | changes)
    assert answer.json()["error_codes"] == [number]


def test_refusal_to_redeem_a_code_twice(flow: SignIn) -> None:
    """A code serves once."""
    code = flow.code()
    assert flow.redeem(code).status_code == 200
    assert flow.redeem(code).json()["error_codes"] == [70000]


def test_refusal_to_redeem_a_code_after_ten_minutes(flow: SignIn) -> None:
    """A code ends."""
    code = flow.code()
    flow.emulator.clock("+11m")
    assert flow.redeem(code).json()["error_codes"] == [70008]


def test_refusal_of_a_secret_from_a_public_client(flow: SignIn) -> None:
    """The redirect URI is on the public-client platform and a secret comes: 700025."""
    flow.graph.patch(
        f"/applications/{flow.id}",
        {"web": {"redirectUris": []}, "publicClient": {"redirectUris": ["http://localhost/signed-in"]}},
    )
    assert flow.redeem(flow.code()).json()["error_codes"] == [700025]


@pytest.mark.parametrize("at", ["common", "organizations"])
def test_a_multi_tenant_application_signs_people_in_at_common(flow: SignIn, at: str) -> None:
    """The page and the code's redemption work there; the person is in the application's tenant."""
    flow.at = at
    assert f"/{CONTOSO}/login" in flow.page().text
    body = flow.redeem(flow.code()).json()
    assert claims(body["access_token"])["tid"] == CONTOSO


@pytest.mark.parametrize("at", ["common", "organizations"])
def test_refusal_sign_in_at_common_of_a_single_tenant_application(flow: SignIn, at: str) -> None:
    """50194, on the page and for the code; the tenant's own endpoint takes it."""
    assert flow.graph.patch(f"/applications/{flow.id}", {"signInAudience": "AzureADMyOrg"}).status_code == 204
    code = flow.code()
    flow.at = at
    assert "AADSTS50194" in flow.page().text
    assert flow.redeem(code).json()["error_codes"] == [50194]
    flow.at = CONTOSO
    assert flow.redeem(code).status_code == 200
