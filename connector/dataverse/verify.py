"""The proof: what the application itself can do in Dynamics, compared with what is wanted."""

from __future__ import annotations

from dataclasses import dataclass

from connector.dataverse.caller import read_user_privileges
from connector.dataverse.client import NO_USER, DataverseClient
from connector.dataverse.live import Live, UserRow
from connector.dataverse.plan import Plan, solution_ok
from connector.dataverse.privileges import Comparison, Held, compare, union
from connector.dataverse.reports import Cause
from connector.errors import ConnectError, LoginError, RefusedError
from connector.identity import Identity
from connector.patience import Deadline
from connector.rounds import Started, cancel, join, start

WRONG_SECRET, NO_SUCH_APPLICATION = "AADSTS7000215", "AADSTS700016"
CONDITIONAL_ACCESS = "AADSTS53003"
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


def live_causes(plan: Plan, live: Live, user: UserRow | None) -> list[Cause]:
    """What live state, read by the deployer, already shows to be wrong; the first is the reason."""
    desired = plan.desired
    causes: list[Cause] = []
    if user is None:
        causes.append(
            Cause(
                "dataverse.user_missing",
                desired.application_id,
                f"no application user stands for {desired.application_id} in this environment; run apply",
            )
        )
    elif user.disabled:
        text = f"the application user {user.name or user.id} is disabled; run apply"
        causes.append(Cause("dataverse.user_disabled", user.id, text))
    if not solution_ok(desired, live) and desired.solution:
        found = live.solution_version or "not imported"
        text = (
            f"the solution {desired.solution.unique_name} is {found} and "
            f"{desired.solution.minimum_version} or later is needed; import it and run apply"
        )
        causes.append(Cause("dataverse.solution", desired.solution.unique_name, text))
    causes.extend(_role_causes(plan, user))
    return causes


def _role_causes(plan: Plan, user: UserRow | None) -> list[Cause]:
    name = plan.desired.role_name
    if plan.role is None:
        text = f"the security role {name!r} does not exist; run apply"
        return [Cause("dataverse.role_missing", name, text)]
    causes: list[Cause] = []
    if user is not None and not plan.assigned:
        text = f"the security role {name!r} is not assigned to the application user; run apply"
        causes.append(Cause("dataverse.role_unassigned", name, text))
    return causes + privilege_causes(plan.comparison, f"the security role {name!r}")


def privilege_causes(comparison: Comparison, holder: str) -> list[Cause]:
    """Causes out of a comparison: what is missing first, then what is too much."""
    causes: list[Cause] = []
    missing, excess = comparison.missing_text(), comparison.excess_text()
    if missing:
        text = f"{holder} lacks {_listed(missing)}; run apply"
        causes.append(Cause("dataverse.privilege_missing", missing[0].split(" ")[0], text))
    if excess:
        text = f"{holder} has more than is wanted: {_listed(excess)}"
        causes.append(Cause("dataverse.privilege_excess", excess[0].split(" ")[0], text))
    return causes


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more


def evidence_causes(plan: Plan, evidence: Evidence, user: UserRow | None) -> list[Cause]:
    """What the application's own calls show to be wrong."""
    error: ConnectError | None = evidence.login or evidence.refused
    if error is not None:
        key = error.key or ""
        if isinstance(error, RefusedError) and error.service_code == NO_USER:
            return [Cause("dataverse.user_missing", plan.desired.application_id, error.message)]
        if isinstance(error, RefusedError) and error.service_code == NO_ROLES:
            return [Cause("dataverse.role_unassigned", plan.desired.role_name, error.message)]
        code = "login.refused" if evidence.login else "dataverse.refused"
        return [Cause(code, key, error.message)]
    if user is not None and evidence.user_id != user.id:
        text = f"the application acts as user {evidence.user_id} and not as {user.id}"
        return [Cause("dataverse.other_user", evidence.user_id, text)]
    comparison = compare_evidence(plan, evidence)
    return privilege_causes(comparison, f"the application{_source(comparison, evidence)}")


def _source(comparison: Comparison, evidence: Evidence) -> str:
    teams = evidence.teams or {}
    through = [one for one in comparison.excess if one.id in teams]
    return " (through a team)" if through and len(through) == len(comparison.excess) else ""
