"""The report of each credential's last use, as the beta endpoint gives it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.support.emulator import RunningEmulator
from tests.support.graph import DYNAMICS, GRAPH, Graph, code, log_in, with_roles

REPORT = "/reports/appCredentialSignInActivities"


def activities(graph: Graph, key_id: str) -> list[dict[str, Any]]:
    """The report's rows of one key."""
    answer = graph.call("GET", f"{REPORT}?$filter=keyId eq '{key_id}'", version="beta")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["value"])


def made(graph: Graph) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """An application with a service principal and a secret."""
    application = graph.application()
    principal = graph.post("/servicePrincipals", {"appId": application["appId"]}).json()
    secret = graph.post(f"/applications/{application['id']}/addPassword", {}).json()
    return application, principal, secret


def test_the_last_log_in_with_a_secret_is_reported(emulator: RunningEmulator) -> None:
    """No row before the first log-in; then one a key: who, which API and when; the last one counts."""
    graph = Graph(emulator)
    application, principal, secret = made(graph)
    assert activities(graph, secret["keyId"]) == []
    one = {"client_id": application["appId"], "client_secret": secret["secretText"]}
    log_in(emulator, **one)
    (first,) = activities(graph, secret["keyId"])
    assert (first["keyType"], first["keyUsage"], first["resourceId"]) == ("clientSecret", "sign", GRAPH)
    assert (first["appId"], first["appObjectId"]) == (application["appId"], application["id"])
    assert (first["servicePrincipalObjectId"], first["credentialOrigin"]) == (principal["id"], "application")
    emulator.clock("+2d")
    log_in(emulator, resource=emulator.org(1), **one)
    (last,) = activities(Graph(emulator), secret["keyId"])
    assert (last["id"], last["resourceId"]) == (first["id"], DYNAMICS)
    before, after = (datetime.fromisoformat(r["signInActivity"]["lastSignInDateTime"]) for r in (first, last))
    assert timedelta(days=2) <= after - before < timedelta(days=2, minutes=1)


def test_a_refused_log_in_is_no_use(emulator: RunningEmulator) -> None:
    """A wrong secret leaves no row."""
    graph = Graph(emulator)
    application, _, secret = made(graph)
    log_in(emulator, client_id=application["appId"], client_secret="wrong")
    assert activities(graph, secret["keyId"]) == []


def test_refusal_last_use_report_without_the_role(emulator: RunningEmulator) -> None:
    """The report wants AuditLog.Read.All (or Directory.Read.All), and v1.0 does not have it."""
    answer = with_roles(emulator, "Application.Read.All").call("GET", REPORT, version="beta")
    assert (answer.status_code, code(answer)) == (403, "Authorization_RequestDenied")
    allowed = with_roles(emulator, "AuditLog.Read.All")
    assert allowed.call("GET", REPORT, version="beta").status_code == 200
    assert allowed.get(REPORT).status_code == 400
