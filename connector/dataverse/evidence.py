"""The proof: what the application itself can do in Dynamics, compared with what is wanted."""

from __future__ import annotations

from dataclasses import dataclass

from connector.dataverse.caller import read_user_privileges
from connector.dataverse.client import NO_USER, DataverseClient
from connector.dataverse.plan import Plan
from connector.dataverse.privileges import Comparison, Held, compare, union
from connector.deadlines import Deadline
from connector.errors import LoginError, RefusedError
from connector.wire.login import KEY_VARIABLE, TOKEN_VARIABLE, Identity
from connector.wire.rounds import Started, cancel, join, start

WRONG_SECRET, NO_SUCH_APPLICATION = "AADSTS7000215", "AADSTS700016"
CONDITIONAL_ACCESS = "AADSTS53003"
#: Why a proof could not be made here, without saying that the connection is bad.
INCONCLUSIVE = frozenset({CONDITIONAL_ACCESS, KEY_VARIABLE, TOKEN_VARIABLE})
NO_ROLES = "0x80042f09"
MAY_NOT = "0x80040220"


@dataclass(frozen=True)
class Evidence:
    """What the application was seen to be and hold; `login` is why it could not even log in."""

    user_id: str = ""
    organization_id: str = ""
    own: dict[str, Held] | None = None
    teams: dict[str, Held] | None = None
    login: LoginError | None = None
    refused: RefusedError | None = None

    @property
    def held(self) -> dict[str, Held]:
        """Everything held, by own roles and through teams."""
        return union(self.own or {}, self.teams or {})


async def log_in(identity: Identity, scope: str, deadline: Deadline, *, fresh: bool) -> str:
    """A token of the application; a secret just made is given time to spread."""
    while True:
        try:
            return await identity.token(scope)
        except LoginError as error:
            spreads = fresh and error.key in (WRONG_SECRET, NO_SUCH_APPLICATION)
            if not spreads or not await deadline.pause():
                raise
            identity.forget()


@dataclass(frozen=True)
class Prober:
    """Asks as the application; where it may not read its own privileges, as the deployer."""

    app: DataverseClient
    deployer: DataverseClient
    user_id: str

    async def gather(self, token: Started[str]) -> Evidence:
        """WhoAmI and privileges; refusals are evidence too."""
        try:
            await join(token)
        except LoginError as error:
            return Evidence(login=error)
        who = start(self.app.get("WhoAmI"))
        held = start(read_user_privileges(self.app, self.user_id))
        try:
            await join(who, held)
            answer, (own, teams) = who.result(), held.result()
        except RefusedError as error:
            await cancel(who, held)
            if error.service_code != MAY_NOT:
                return Evidence(refused=error)
            answer = await self.app.get("WhoAmI")
            own, teams = await read_user_privileges(self.deployer, self.user_id)
        organization = str(answer.get("OrganizationId", "")).lower()
        return Evidence(str(answer["UserId"]).lower(), organization, own, teams)

    async def settle(self, plan: Plan, evidence: Evidence, *, taken_away: bool) -> Evidence:
        """Read again while what is held lags behind what the role holds, until the deadline.

        Called only where role and assignment are known to be right: the service caches
        permissions for some seconds. Too much is a lag only where something was just taken away.
        """
        patience = self.app.session.patience
        deadline = patience.until(patience.permissions)
        while _lags(plan, evidence, taken_away=taken_away) and await deadline.pause():
            evidence = await self.gather(start(self.app.identity.token(self.app.scope)))
        return evidence


def _lags(plan: Plan, evidence: Evidence, *, taken_away: bool) -> bool:
    if evidence.login is not None:
        return False
    if evidence.refused is not None:
        return evidence.refused.service_code in (NO_USER, NO_ROLES, MAY_NOT)
    comparison = compare_evidence(plan, evidence)
    return bool(comparison.missing_text()) or (taken_away and not comparison.equal)


def compare_evidence(plan: Plan, evidence: Evidence) -> Comparison:
    """What the application holds against what is wanted."""
    return compare(plan.resolution.wanted, evidence.held, {})
