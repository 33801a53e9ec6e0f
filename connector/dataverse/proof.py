"""The proof's own course: it logs in as the application while the deployer still reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector.dataverse import evidence as verify
from connector.dataverse.causes import STANDING, evidence_causes, live_causes
from connector.dataverse.client import DataverseClient
from connector.dataverse.context import Job, ids_of
from connector.dataverse.live import Live
from connector.dataverse.plan import Plan
from connector.dataverse.reports import ProofReport
from connector.dataverse.rows import UserRow
from connector.deadlines import FRESH_SECRET
from connector.report import Cause, PrivilegeCount, Verdict
from connector.settings import Settings
from connector.stack.outputs import StackOutputs
from connector.wire.rounds import Started, cancel, join, start

#: More causes from elsewhere (the directory), read beside the Dataverse proof.
MoreChecks = Callable[[], Awaitable[list[Cause]]]
NOBODY = "00000000-0000-0000-0000-000000000000"


class Proof:
    """A proof whose login and directory reads run beside the deployer's work from the start."""

    def __init__(
        self, job: Job, outputs: StackOutputs, more: MoreChecks | None, fresh: bool | None
    ) -> None:
        self.job = job
        identity = job.session.application(outputs)
        self.app = DataverseClient(job.session, identity)
        patience = job.session.patience
        is_fresh = _is_fresh(job.settings, outputs) if fresh is None else fresh
        deadline = patience.until(patience.fresh_secret)
        self.token: Started[str] = start(verify.log_in(identity, self.app.scope, deadline, fresh=is_fresh))
        self.more: Started[list[Cause]] = start(_more(more))

    async def finish(
        self, live: Live, made: Plan, user: UserRow | None, *, applied: bool = False
    ) -> ProofReport:
        """The verdict; `applied` says that live state has been mended since it was read."""
        causes = live_causes(made, live, user)
        if applied:
            causes = [cause for cause in causes if cause.code in STANDING]
        mendable = user is not None and not causes
        evidence = await self._evidence(made, user, mendable=mendable, taken_away=applied and made.takes_away)
        own = evidence_causes(made, evidence, user)
        await join(self.more)
        found = _ranked(causes, own, evidence)
        report = self._report(made, user, evidence, [*found, *self.more.result()])
        return replace(report, changes=()) if applied else report

    async def _evidence(
        self, made: Plan, user: UserRow | None, *, mendable: bool, taken_away: bool
    ) -> verify.Evidence:
        user_id = user.id if user else NOBODY
        prober = verify.Prober(self.app, self.job.client, user_id)
        evidence = await prober.gather(self.token)
        if mendable:
            evidence = await prober.settle(made, evidence, taken_away=taken_away)
        return evidence

    def _report(
        self, made: Plan, user: UserRow | None, evidence: verify.Evidence, causes: list[Cause]
    ) -> ProofReport:
        first = causes[0] if causes else None
        verdict = Verdict.PROVED if first is None else Verdict.FAILED
        if first is not None and (first.key in verify.INCONCLUSIVE or first.person):
            verdict = Verdict.INCONCLUSIVE
        ids = ids_of(made) | {"organizationId": evidence.organization_id}
        if user is not None:
            ids["userId"] = user.id
        return ProofReport(
            "verify",
            self.job.settings.stack,
            verdict.value,
            made.changes,
            _held_count(made, evidence),
            self.job.effort(),
            ids,
            verdict=verdict,
            cause=first,
            request_ids=self._request_ids(),
            others=tuple(causes[1:]),
        )

    def _request_ids(self) -> dict[str, str]:
        """Of the log-in and of WhoAmI, where they got an answer."""
        who = self.app.request_ids.get("WhoAmI")
        return self.job.session.login_ids | ({"whoAmI": who} if who else {})

    async def close(self) -> None:
        """Stop what still runs."""
        await cancel(self.token, self.more)


def _ranked(causes: list[Cause], own: list[Cause], evidence: verify.Evidence) -> list[Cause]:
    """A login refused is the reason for all else; otherwise live state explains the evidence."""
    if evidence.login is not None:
        return [*own, *causes]
    return causes if causes else own


async def _more(checks: MoreChecks | None) -> list[Cause]:
    return await checks() if checks else []


def _is_fresh(settings: Settings, outputs: StackOutputs) -> bool:
    """Whether the secret was made minutes ago: its end date less its lifetime says when."""
    end = outputs.client_secret_end_date
    if end is None:
        return True
    moment = end if end.tzinfo else end.replace(tzinfo=UTC)
    made = moment - timedelta(days=settings.secret.lifetime_days)
    return abs(datetime.now(UTC) - made) < FRESH_SECRET


def _held_count(made: Plan, evidence: verify.Evidence) -> PrivilegeCount:
    comparison = verify.compare_evidence(made, evidence)
    wanted = len(made.resolution.wanted)
    held = wanted - len(comparison.lacking) - len(comparison.narrow)
    return PrivilegeCount(wanted, held, comparison.missing_text(), comparison.excess_text())
