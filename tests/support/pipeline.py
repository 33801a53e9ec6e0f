"""A pipeline service on loopback, as a job sees it: it gives tokens that the emulator's issuer signed."""

from __future__ import annotations

from typing import Any

from emulator.context import Context
from emulator.keys import SigningKey
from emulator.login.federation import assertion, issuer
from tests.support.emulator import RunningEmulator
from tests.support.graph import FULL_APPLICATION, Graph
from tests.support.loopback import Answer, Asked, LoopbackService

JOB_TOKEN = "job-token-7f31c0d2"
CONNECTION = "5c1a8e0e-4a3b-4a57-9c3f-0f6c8a1d7b22"
AUDIENCE = "api://AzureADTokenExchange"


class PipelineService(LoopbackService):
    """Answers both services' requests for a token; `subject` is what the next token says.

    `answers` are statuses to give before anything else, `body` is an answer in place of a token.
    """

    def __init__(self, emulator: RunningEmulator, subject: str) -> None:
        """Begin to listen; the tokens are of *emulator*'s own issuer."""
        super().__init__()
        self.emulator, self.subject = emulator, subject
        self.answers: list[int] = []
        self.body: Any = None
        self.url = f"{self.origin}/token?run=7"

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

    def answer(self, asked: Asked) -> Answer:
        """What the real services answer (GitHub: `value`, Azure Pipelines: `oidcToken`)."""
        if self.answers:
            return Answer(self.answers.pop(0), {})
        if asked.authorization != f"Bearer {JOB_TOKEN}":
            return Answer(401, {"message": "not this job's token"})
        if self.body is not None:
            return Answer(200, self.body)
        token = assertion(_context(self.emulator), self.subject, asked.query.get("audience", AUDIENCE))
        member = "oidcToken" if asked.method == "POST" else "value"
        return Answer(200, {member: token})


def _context(emulator: RunningEmulator) -> Context:
    return Context(emulator.store, SigningKey(emulator.folder / "signing-key.pem"), emulator.port)


def trust(emulator: RunningEmulator, wanted: str, **changes: Any) -> None:
    """Let the full deployer log in with a token of the emulator's issuer and this subject."""
    known = {"issuer": issuer(_context(emulator)), "subject": wanted, "audiences": [AUDIENCE]}
    path = f"/applications/{FULL_APPLICATION}/federatedIdentityCredentials"
    made = Graph(emulator).post(path, {"name": "pipeline"} | known | changes)
    assert made.status_code == 201, made.text


def without_secret(env: dict[str, str]) -> dict[str, str]:
    """The emulator's variables without the deployer's secret: nothing stored."""
    return {name: value for name, value in env.items() if not name.endswith("CLIENT_SECRET")}
