"""What every job of the Dataverse half begins with: who asks, what is wanted, what is there."""

from __future__ import annotations

import time
from dataclasses import dataclass

from connector.dataverse.client import DataverseClient
from connector.dataverse.desired import Desired, Resolution, desired_of
from connector.dataverse.live import Live, read_live, table_names
from connector.dataverse.plan import Plan, make_plan
from connector.dataverse.reports import Effort
from connector.errors import Problem, SettingsError
from connector.session import Session
from connector.settings import Settings
from connector.settings.problems import nearest
from connector.stack_outputs import StackOutputs


@dataclass
class Job:
    """One job under way: who asks, what is wanted, and since when."""

    settings: Settings
    outputs: StackOutputs
    session: Session
    recorded_role_id: str | None

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self._mark = self.session.counter.mark(self.settings.dynamics_host)
        self.desired: Desired = desired_of(self.settings, self.outputs.client_id)
        self.client = DataverseClient(self.session, self.session.deployer)

    async def read(self) -> tuple[Live, Plan]:
        """Live state and the plan for it; raises SettingsError for lines that cannot be met."""
        live = await read_live(self.client, self.desired)
        plan = make_plan(self.desired, live, recorded_role_id=self.recorded_role_id)
        await _check_lines(self.client, plan.resolution, self.settings)
        return live, plan

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
    """The ids that a report of the plan carries."""
    ids = {"applicationId": made.desired.application_id}
    ids["roleId"] = made.role.id if made.role is not None else made.desired.role_id
    if made.user is not None:
        ids["userId"] = made.user.id
    return ids
