"""What every job of the Dataverse half begins with: who asks, what is wanted, what is there."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from connector.dataverse.client import DataverseClient
from connector.dataverse.desired import NO_OPT_IN, NOTHING_KNOWN, Desired, Known, OptIn, desired_of
from connector.dataverse.live import Live, read_live, read_role_privileges, with_team_roles
from connector.dataverse.plan import Plan, find_role
from connector.dataverse.plan_lines import plan_with_lines
from connector.dataverse.resolution import Resolution
from connector.dataverse.tables import table_names
from connector.errors import Problem, SettingsError
from connector.report import Effort
from connector.settings import Settings
from connector.settings.problems import nearest
from connector.stack.outputs import StackOutputs
from connector.wire.session import Session


@dataclass
class Job:
    """One job under way: who asks, what is wanted, and since when.

    `outputs` is None before the first `pulumi up`: only a plan can be made then.
    """

    settings: Settings
    outputs: StackOutputs | None
    session: Session
    known: Known = NOTHING_KNOWN
    opt_in: OptIn = NO_OPT_IN

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self._mark = self.session.counter.mark(self.settings.dynamics_host)
        client_id = self.outputs.client_id if self.outputs else ""
        self.desired: Desired = desired_of(self.settings, client_id)
        self.client = DataverseClient(self.session, self.session.deployer)

    async def read(self, *, teams: bool = False) -> tuple[Live, Plan]:
        """Live state and the plan for it; raises SettingsError for lines that cannot be met.

        `teams` reads the roles that the user has through its teams too, for one request more.
        """
        live = await read_live(self.client, self.desired, self.known)
        live = await self._with_privileges_of_another_id(live)
        if teams:
            live = await with_team_roles(self.client, live)
        plan = plan_with_lines(self.desired, live, self.known, self.opt_in)
        await _check_lines(self.client, plan.resolution, self.settings)
        return live, plan

    async def _with_privileges_of_another_id(self, live: Live) -> Live:
        """Privileges were read beside the role by the id it should have; one known by name has its own."""
        role, _ = find_role(self.desired, live, self.known)
        if role is None or role.id == (self.known.role_id or self.desired.role_id):
            return live
        return replace(live, role_privileges=await read_role_privileges(self.client, role.id))

    def effort(self) -> Effort:
        """What the organization's host has seen since this job began."""
        spent = self.session.counter.since(self._mark, self.settings.dynamics_host)
        return Effort(spent.requests, spent.depth, spent.tokens, time.monotonic() - self.began)


async def _check_lines(client: DataverseClient, resolution: Resolution, settings: Settings) -> None:
    problems = list(resolution.problems)
    if resolution.unknown:
        known = await table_names(client)
        for table in resolution.unknown:
            near = nearest(table, known)
            hint = f"; did you mean {near!r}?" if near else ""
            message = f"the environment has no such table{hint} (or mark the line optional)"
            problems.append(Problem("dataverse.table", table, "", message))
    if problems:
        where = f"the security role of profile {settings.profile.name}"
        raise SettingsError(problems, where=where)


def ids_of(made: Plan) -> dict[str, str]:
    """The ids that a report of the plan carries; what is not there yet has none, the role apart."""
    ids = {"roleId": made.role.id if made.role is not None else made.desired.role_id}
    if made.desired.application_id:
        ids["applicationId"] = made.desired.application_id
    if made.user is not None:
        ids["userId"] = made.user.id
    return ids
