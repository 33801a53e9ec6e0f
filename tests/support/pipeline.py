"""A pipeline service on loopback, as a job sees it: it gives tokens that the emulator's issuer signed."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from emulator.context import Context
from emulator.keys import SigningKey
from emulator.login.federation import assertion, issuer
from tests.support.emulator import RunningEmulator
from tests.support.graph import FULL_APPLICATION, Graph

JOB_TOKEN = "job-token-7f31c0d2"
CONNECTION = "5c1a8e0e-4a3b-4a57-9c3f-0f6c8a1d7b22"
AUDIENCE = "api://AzureADTokenExchange"


class PipelineService:
    """Answers both services' requests for a token; `subject` is what the next token says.

    `seen` are the requests as (method, query); `answers` are statuses to give before anything else.
    """

    def __init__(self, emulator: RunningEmulator, subject: str) -> None:
        """Listen on a free port of loopback."""
        self.emulator, self.subject = emulator, subject
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.answers: list[int] = []
        self.body: Any = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/token?run=7"

    @property
    def github(self) -> dict[str, str]:
        """The variables of a GitHub job with `id-token: write`."""
        names = {"ACTIONS_ID_TOKEN_REQUEST_URL": self.url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": JOB_TOKEN}
        return {"ARM_USE_OIDC": "true", **names}

    @property
    def azure(self) -> dict[str, str]:
        """The variables of an Azure Pipelines step that were mapped into it."""
        names = {"SYSTEM_OIDCREQUESTURI": self.url, "SYSTEM_ACCESSTOKEN": JOB_TOKEN}
        return {"ARM_USE_OIDC": "true", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": CONNECTION, **names}

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, query: dict[str, str], authorization: str) -> tuple[int, Any]:
        """What the real services answer (GitHub: `value`, Azure Pipelines: `oidcToken`)."""
        self.seen.append((method, query))
        if self.answers:
            return self.answers.pop(0), {}
        if authorization != f"Bearer {JOB_TOKEN}":
            return 401, {"message": "not this job's token"}
        if self.body is not None:
            return 200, self.body
        ctx = Context(self.emulator.store, SigningKey(self.emulator.folder / "signing-key.pem"), self.port)
        token = assertion(ctx, self.subject, query.get("audience", AUDIENCE))
        return 200, {"oidcToken": token} if method == "POST" else {"count": len(token), "value": token}

    @property
    def port(self) -> int:
        """The emulator's port: it is in the issuer."""
        return self.emulator.port

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                status, body = service.answer(self.command, query, self.headers.get("Authorization", ""))
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _serve  # noqa: N815  # the names that the server looks for

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


def trust(emulator: RunningEmulator, wanted: str, **changes: Any) -> None:
    """Let the full deployer log in with a token of the emulator's issuer and this subject."""
    ctx = Context(emulator.store, SigningKey(emulator.folder / "signing-key.pem"), emulator.port)
    good = {"name": "pipeline", "issuer": issuer(ctx), "subject": wanted, "audiences": [AUDIENCE]}
    path = f"/applications/{FULL_APPLICATION}/federatedIdentityCredentials"
    made = Graph(emulator).post(path, good | changes)
    assert made.status_code == 201, made.text


def without_secret(env: dict[str, str]) -> dict[str, str]:
    """The emulator's variables without the deployer's secret: nothing stored."""
    return {name: value for name, value in env.items() if not name.endswith("CLIENT_SECRET")}
