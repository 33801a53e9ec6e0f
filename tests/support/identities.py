"""The pipeline's identities on the emulator: made by the administrator, then logged in as."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from connector.bootstrap.job import Plans, carry_out, survey
from connector.bootstrap.model import Who
from connector.bootstrap.rights import NO_CHOICE, Choices, wanted_of
from connector.bootstrap.subjects import Pipeline, github_subject, trusts_of
from connector.settings import Settings, load_settings
from connector.wire.session import Session
from emulator.context import Context
from emulator.keys import SigningKey
from emulator.login.federation import assertion, issuer
from emulator.seed import CONTOSO
from tests.emulator_flows.conftest import NoSleep
from tests.support.emulator import PROJECT, RunningEmulator

REPOSITORY = "acme/tenants"
SUBJECTS = {
    Who.READER: github_subject(REPOSITORY, "environment:review"),
    Who.WRITER: github_subject(REPOSITORY, "environment:production"),
}


def context(emulator: RunningEmulator) -> Context:
    """The running emulator as its own rules see it."""
    return Context(emulator.store, SigningKey(emulator.folder / "signing-key.pem"), emulator.port)


class PipelineSetup:
    """A stack that is nowhere deployed yet, and its pipeline; `options` are those of the verb."""

    def __init__(self, emulator: RunningEmulator, *, org: int = 1, **settings: Any) -> None:
        """Settings in tenant contoso."""
        self.emulator, self.ctx = emulator, context(emulator)
        raw = {
            "profile": "marketo-measure",
            "tenantId": CONTOSO,
            "dynamicsUrl": emulator.org(org),
            "cloud": "emulator",
        }
        self.settings: Settings = load_settings(raw | settings, stack="dev", project_dir=PROJECT)
        self.pipeline = Pipeline(github=REPOSITORY, github_issuer=issuer(self.ctx))

    def session(self, work: Callable[[Session], Awaitable[Any]], env: Mapping[str, str] | None = None) -> Any:
        """Run work as the full deployer, or as another environment says."""

        async def run() -> Any:
            environ = env or self.emulator.env
            async with Session(self.settings, environ=environ, patience=NoSleep().patience()) as session:
                return await work(session)

        return asyncio.run(run())

    def plan(
        self,
        env: Mapping[str, str] | None = None,
        choices: Choices = NO_CHOICE,
        **changes: Any,
    ) -> tuple[Plans, ...]:
        """What `bootstrap --plan` finds."""
        return tuple(self.session(lambda s: self._survey(s, choices, changes), env))

    def make(
        self,
        env: Mapping[str, str] | None = None,
        choices: Choices = NO_CHOICE,
        **changes: Any,
    ) -> dict[Who, Plans]:
        """Make both; the plans with their ids, by identity."""

        async def work(session: Session) -> tuple[Plans, ...]:
            plans = await self._survey(session, choices, changes)
            return await carry_out(session, plans, lambda _: None)

        return {one.wanted.who: one for one in self.session(work, env)}

    async def _survey(
        self, session: Session, choices: Choices, changes: Mapping[str, Any]
    ) -> tuple[Plans, ...]:
        pipeline = dataclasses.replace(self.pipeline, **changes)
        trusts = trusts_of(pipeline)
        return await survey(session, wanted_of(self.settings, trusts, choices))

    def environment(self, plans: Plans, subject: str | None = None) -> dict[str, str]:
        """The variables of a job that logs in as an identity with a token of the pipeline's issuer."""
        token = assertion(self.ctx, subject or SUBJECTS[plans.wanted.who], "api://AzureADTokenExchange")
        hidden = {"ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "ARM_CLIENT_ID", "AZURE_CLIENT_ID"}
        kept = {name: value for name, value in self.emulator.env.items() if name not in hidden}
        return kept | {"ARM_CLIENT_ID": plans.app_id, "ARM_OIDC_TOKEN": token}
