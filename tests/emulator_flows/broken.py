"""Runs broken on purpose at one write: the answer lost, the request lost, a refusal, a dead process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from connector import naming
from connector.dataverse import jobs
from connector.errors import ConnectError
from tests.emulator_flows.conftest import NoSleep, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.dataverse import Dataverse
from tests.support.emulator import PROJECT
from tests.support.watched import Watched

ORG = "0c0c0c01-0000-4000-8000-000000000001"
FAULTS = ("reset-after", "reset-before", "500", "500-after", "503")
KILLS = ("kill-before", "kill-after", "interrupt-after")
HOWS = FAULTS + KILLS


@dataclass(frozen=True)
class Story:
    """What stands before, which job runs, and in how many writes it does it when nothing breaks."""

    name: str
    job: str
    writes: int
    before: Callable[[ConnectedStack, NoSleep], None]


def _nothing(stack: ConnectedStack, clock: NoSleep) -> None:
    return None


def _applied(stack: ConnectedStack, clock: NoSleep) -> None:
    runner(stack, clock)(jobs.apply)


def _spoilt(stack: ConnectedStack, clock: NoSleep) -> None:
    """A disabled user without its role, a privilege too many on the role."""
    _applied(stack, clock)
    dataverse = Dataverse(stack.emulator)
    user = user_of(stack)["systemuserid"]
    stack.emulator.edit("systemusers", user, {"isdisabled": True, "roles": []})
    dataverse.add(role_of(stack)["roleid"], prvDeleteAccount="Global")


def _ghostly(stack: ConnectedStack, clock: NoSleep) -> None:
    """The role stands, and the user is a ghost."""
    _applied(stack, clock)
    user = user_of(stack)["systemuserid"]
    stack.emulator.edit("systemusers", user, {"isdisabled": True, "deletedstate": 1, "roles": []})


STORIES = (
    Story("apply from nothing", "apply", 4, _nothing),
    Story("apply over spoilt", "apply", 3, _spoilt),
    Story("apply over a ghost", "apply", 3, _ghostly),
    Story("remove", "remove", 5, _applied),
)


def user_of(stack: ConnectedStack) -> dict[str, Any]:
    """The one row of the application's user."""
    users = [u for u in stack.objects("systemusers") if u.get("applicationid") == stack.outputs.client_id]
    assert len(users) == 1
    return users[0]


def role_of(stack: ConnectedStack) -> dict[str, Any]:
    """The one root role of the stack's name."""
    named = [r for r in stack.objects("roles") if r["name"] == stack.settings.role_name]
    roots = [r for r in named if r["roleid"] == r["_parentrootroleid_value"]]
    assert len(roots) == 1
    return roots[0]


def foreign(stack: ConnectedStack) -> str:
    """Everything in the organization that is not this stack's, as text; a namesake of its role is not."""
    settings = stack.settings
    role_id = naming.role_id(settings.dynamics_host, settings.stack, settings.role_name)
    ours = {stack.outputs.client_id, role_id}
    rows = stack.emulator.dump()[ORG]
    kept = {
        kind: [r for r in rows[kind] if not ours & {r.get("applicationid"), r.get("_parentrootroleid_value")}]
        for kind in ("roles", "systemusers", "teams", "businessunits")
    }
    return json.dumps(kept, sort_keys=True)


def break_run(stack: ConnectedStack, clock: NoSleep, story: Story, nth: int, how: str) -> None:
    """Run the story's job with its nth write broken; what comes of it is the next run's business."""
    if how in KILLS:
        _die(stack, story.job, nth, how)
        return
    stack.emulator.store.db.execute("DELETE FROM faults")
    watched = Watched(stack.emulator.trust, before=_arm(stack, nth, how))
    with suppress(ConnectError):  # one clear error or none, and no other exception
        runner(stack, clock, transport=watched)(getattr(jobs, story.job))
    assert stack.emulator.store.db.execute("SELECT max(seen) FROM faults").fetchone()[0] >= 1


def _arm(stack: ConnectedStack, nth: int, how: str) -> Callable[[httpx.Request], None]:
    """Arm the fault when the nth write is about to leave, for that very path."""
    count = 0

    def before(request: httpx.Request) -> None:
        nonlocal count
        if request.method == "GET" or "/api/data/" not in request.url.path:
            return
        count += 1
        if count == nth:
            stack.emulator.fault(request.method, request.url.path, answer=how)

    return before


def _die(stack: ConnectedStack, job: str, nth: int, how: str) -> None:
    """Run the job in a process that kills itself around its nth write."""
    command = [sys.executable, "-m", "tests.emulator_flows.dying", job, str(nth), how]
    outputs = stack.outputs.model_dump(mode="json", by_alias=True)
    outputs["clientSecret"] = stack.outputs.client_secret.get_secret_value()
    told = {"raw": stack.raw, "outputs": outputs, "env": stack.emulator.env}
    environ = {**os.environ, **stack.emulator.env}
    done = subprocess.run(
        command, cwd=PROJECT, input=json.dumps(told), text=True, capture_output=True, check=False, env=environ
    )
    assert done.returncode == (130 if how == "interrupt-after" else -signal.SIGKILL), done.stderr
