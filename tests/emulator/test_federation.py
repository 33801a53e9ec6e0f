"""Federated identity credentials: kept as Graph keeps them, and logging in by them."""

from __future__ import annotations

import base64
import sys
from typing import Any

import httpx
import pytest
from azure.identity import ClientAssertionCredential

from emulator.context import Context
from emulator.keys import SigningKey
from emulator.login.federation import assertion, issuer
from emulator.seed import CONTOSO, FULL_DEPLOYER
from tests.support.certificate import Certificate
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.graph import FULL_APPLICATION, Graph

SUBJECT = "repo:acme/tenants:ref:refs/heads/main"
AUDIENCE = "api://AzureADTokenExchange"
PATH = f"/applications/{FULL_APPLICATION}/federatedIdentityCredentials"
TOKEN_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def context(emulator: RunningEmulator) -> Context:
    """The running emulator as its own rules see it."""
    return Context(emulator.store, SigningKey(emulator.folder / "signing-key.pem"), emulator.port)


def credential(emulator: RunningEmulator, **changes: Any) -> dict[str, Any]:
    """A good credential for the emulator's own issuer."""
    good = {
        "name": "pipeline",
        "issuer": issuer(context(emulator)),
        "subject": SUBJECT,
        "audiences": [AUDIENCE],
    }
    return good | changes


def log_in(emulator: RunningEmulator, token: str) -> httpx.Response:
    """Ask for a Graph token with an assertion."""
    form = {
        "grant_type": "client_credentials",
        "client_id": FULL_DEPLOYER,
        "client_assertion_type": TOKEN_TYPE,
        "client_assertion": token,
        "scope": f"{emulator.authority}/.default",
    }
    return emulator.http().post(f"{emulator.authority}/{CONTOSO}/oauth2/v2.0/token", data=form)


def test_a_credential_is_made_read_changed_and_deleted(emulator: RunningEmulator, graph: Graph) -> None:
    """Create, list, read by id and name, change the subject, delete."""
    made = graph.post(PATH, credential(emulator))
    assert made.status_code == 201
    id = made.json()["id"]
    assert [one["name"] for one in graph.get(PATH).json()["value"]] == ["pipeline"]
    assert graph.patch(f"{PATH}/{id}", {"subject": "other"}).status_code == 204
    assert graph.get(f"{PATH}/pipeline").json()["subject"] == "other"
    assert graph.delete(f"{PATH}/{id}").status_code == 204
    assert graph.get(f"{PATH}/{id}").status_code == 404


def test_a_token_of_the_issuer_logs_in(emulator: RunningEmulator, graph: Graph) -> None:
    """Issuer, subject and audience match: the application gets its token, without any secret."""
    graph.post(PATH, credential(emulator))
    answer = log_in(emulator, assertion(context(emulator), SUBJECT, AUDIENCE))
    assert answer.status_code == 200, answer.text
    assert answer.json()["access_token"]


def test_azure_identity_logs_in_with_the_token_that_the_emulator_prints(
    emulator: RunningEmulator, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m emulator assertion` plays the pipeline's token issuer for a client we did not write."""
    import subprocess

    graph.post(PATH, credential(emulator))
    command = [sys.executable, "-m", "emulator", "assertion", "--subject", SUBJECT]
    place = ["--port", str(emulator.port), "--dir", str(emulator.folder)]
    printed = subprocess.run([*command, *place], cwd=PROJECT, capture_output=True, text=True, check=True)
    with ClientAssertionCredential(
        CONTOSO,
        FULL_DEPLOYER,
        lambda: printed.stdout.strip(),  # noqa: PLW0108  # the SDK wants a callable
        authority=emulator.authority,
        disable_instance_discovery=True,
        connection_verify=str(emulator.ca),
    ) as login:
        assert login.get_token(f"{emulator.authority}/.default").token


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"issuer": "https://token.actions.example"}, 70021),
        ({"subject": "repo:acme/tenants:pull_request"}, 700213),
        ({"audiences": ["api://other"]}, 700212),
    ],
    ids=["issuer", "subject", "audience"],
)
def test_refusal_federated_token_that_matches_no_credential(
    emulator: RunningEmulator, graph: Graph, changes: dict[str, Any], number: int
) -> None:
    """A letter that differs in issuer, subject or audience is refused with its own number."""
    graph.post(PATH, credential(emulator, **changes))
    answer = log_in(emulator, assertion(context(emulator), SUBJECT, AUDIENCE))
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [number])


def test_refusal_federated_token_past_its_time(emulator: RunningEmulator, graph: Graph) -> None:
    """An issuer's token lives five minutes."""
    graph.post(PATH, credential(emulator))
    token = assertion(context(emulator), SUBJECT, AUDIENCE)
    emulator.clock("+10m")
    assert log_in(emulator, token).json()["error_codes"] == [700027]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "ab"}, "3 to 120"),
        ({"audiences": ["a", "b"]}, "exactly one"),
        ({"audiences": []}, "exactly one"),
        ({"subject": "x" * 601}, "1 to 600"),
        ({"issuer": ""}, "1 to 600"),
        ({"subject": "repo:acme/*"}, "Wildcards"),
        ({"id": "x"}, "read-only"),
        ({"colour": "red"}, "does not exist as a declared property"),
    ],
)
def test_refusal_federated_credential_that_breaks_a_rule(
    emulator: RunningEmulator, graph: Graph, changes: dict[str, Any], words: str
) -> None:
    """Name, audience, lengths and wildcards are checked when it is made."""
    answer = graph.post(PATH, credential(emulator, **changes))
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_refusal_federated_credential_twice(emulator: RunningEmulator, graph: Graph) -> None:
    """Issuer and subject are unique together, and so is the name."""
    graph.post(PATH, credential(emulator))
    assert graph.post(PATH, credential(emulator, name="again")).status_code == 400
    assert graph.post(PATH, credential(emulator, subject="other")).status_code == 400


def test_refusal_a_twenty_first_federated_credential(emulator: RunningEmulator, graph: Graph) -> None:
    """Twenty for each application."""
    for n in range(20):
        made = graph.post(PATH, credential(emulator, name=f"pipe{n}", subject=f"s{n}"))
        assert made.status_code == 201
    assert graph.post(PATH, credential(emulator, name="one-more", subject="s")).status_code == 400


def test_a_federated_credential_is_changed_with_its_own_id_in_the_body(graph: Graph) -> None:
    """The azuread provider sends it along; another one is refused, for ids are read-only."""
    path = f"/applications/{graph.application()['id']}/federatedIdentityCredentials"
    trust = {"name": "ours", "issuer": "https://issuer.example", "subject": "a", "audiences": [AUDIENCE]}
    made = graph.post(path, trust).json()
    assert graph.patch(f"{path}/{made['id']}", {"id": made["id"], "subject": "b"}).status_code == 204
    assert graph.get(f"{path}/{made['id']}").json()["subject"] == "b"
    assert graph.patch(f"{path}/{made['id']}", {"id": "another", "subject": "c"}).status_code == 400


def test_refusal_to_rename_a_federated_credential(emulator: RunningEmulator, graph: Graph) -> None:
    """The name never changes."""
    graph.post(PATH, credential(emulator))
    assert graph.patch(f"{PATH}/pipeline", {"name": "renamed"}).status_code == 400


def test_an_application_may_be_patched_with_its_own_id_in_the_body(graph: Graph) -> None:
    """The azuread provider sends the id along when it adds a certificate; another id is refused."""
    made = graph.application()
    assert graph.patch(f"/applications/{made['id']}", {"id": made["id"], "notes": "n"}).status_code == 204
    other = graph.patch(f"/applications/{made['id']}", {"id": FULL_APPLICATION})
    assert other.status_code == 400


def test_a_certificate_may_come_in_pem(graph: Graph) -> None:
    """The azuread provider sends base64 of the PEM text; it is kept as the DER that it holds."""
    certificate, made = Certificate(), graph.application()
    entry = {"type": "AsymmetricX509Cert", "usage": "Verify"}
    pem = entry | {"key": base64.b64encode(certificate.public).decode()}
    assert graph.patch(f"/applications/{made['id']}", {"keyCredentials": [pem]}).status_code == 204
    (kept,) = graph.emulator.store.get(CONTOSO, "applications", made["id"])["keyCredentials"]
    assert kept["key"] == base64.b64encode(certificate.der).decode()
