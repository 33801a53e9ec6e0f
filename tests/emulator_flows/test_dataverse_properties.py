"""Whatever an organization looks like: after apply the plan is quiet, and nothing foreign was touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, configuration, given, settings
from hypothesis import strategies as st

from connector.dataverse import jobs
from connector.dataverse.desired import OptIn
from connector.errors import DriftError
from tests.emulator_flows.broken import foreign, role_of, user_of
from tests.emulator_flows.conftest import NoSleep, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.dataverse import Dataverse
from tests.support.emulator import PROJECT, RunningEmulator

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")
# What it remembers of earlier runs belongs to no checkout.
configuration.set_hypothesis_home_dir(PROJECT / ".local" / "hypothesis")
EXAMPLES = 150 if os.environ.get("CONNECT_TEST_ALL") else 8
QUIET = {"kept", "foreign", "pending"}
DEPTHS = ("Basic", "Local", "Deep", "Global")


class World:
    """A stack that was applied, and hands that change its organization."""

    def __init__(self, emulator: RunningEmulator) -> None:
        """Start from the seed, with the stack applied."""
        emulator.reset()
        self.stack, self.clock = ConnectedStack(emulator), NoSleep()
        self.dataverse = Dataverse(emulator)
        self.run(jobs.apply)
        self.held = sorted(role_of(self.stack)["privileges"])

    def run(self, job: Callable[..., Any], **options: Any) -> Any:
        """Run a job on the stack."""
        return runner(self.stack, self.clock)(job, **options)

    def user(self, **patch: object) -> None:
        """Change the application user behind everybody's back."""
        if self._has_user():
            self.stack.emulator.edit("systemusers", user_of(self.stack)["systemuserid"], patch)

    def _has_user(self) -> bool:
        users = self.stack.objects("systemusers")
        return any(u.get("applicationid") == self.stack.outputs.client_id for u in users)

    def _has_role(self) -> bool:
        return any(r["name"] == self.stack.settings.role_name for r in self.stack.objects("roles"))

    def privilege(self, number: int, depth: str | None) -> None:
        """Take a privilege from the role, or give it at another depth that it can have."""
        if self._has_role():
            id = self.held[number % len(self.held)]
            row = next(p for p in self.stack.objects("privileges") if p["privilegeid"] == id)
            if depth is None or row[f"canbe{depth.lower()}"]:
                self.stack.emulator.edit("roles", role_of(self.stack)["roleid"], {"privileges": {id: depth}})

    def excess(self, number: int) -> None:
        """Give the role a privilege that nobody asked for."""
        if self._has_role():
            rows = self.stack.objects("privileges")
            id = rows[number % len(rows)]["privilegeid"]
            self.stack.emulator.edit("roles", role_of(self.stack)["roleid"], {"privileges": {id: "Global"}})

    def give(self, name: str) -> None:
        """Give the user a built-in role."""
        if self._has_user():
            self.user(roles=[*user_of(self.stack)["roles"], self.dataverse.built_in(name)])

    def move(self, unit: str) -> None:
        """Move the user as the service does: it loses its roles."""
        self.user(_businessunitid_value=self.dataverse.unit(unit), roles=[])

    def lose(self, what: str) -> None:
        """Delete the user or the role."""
        if what == "user" and self._has_user():
            self.stack.emulator.edit("systemusers", user_of(self.stack)["systemuserid"], delete=True)
        elif what == "role" and self._has_role():
            self.dataverse.delete(f"roles({role_of(self.stack)['roleid']})")

    def namesake(self, _: int) -> None:
        """Somebody else's role of our name, where ours is gone."""
        if not self._has_role():
            self.dataverse.new_role(self.stack.settings.role_name)

    def stranger(self, number: int) -> None:
        """Somebody else's role, and a team that has one."""
        self.dataverse.new_role(f"Stranger {number}")
        team = self.stack.objects("teams")[0]["teamid"]
        self.stack.emulator.edit("teams", team, {"roles": [self.dataverse.built_in("System Customizer")]})


Hand = tuple[str, Any]
numbers = st.integers(0, 500)
hands = st.one_of(
    st.tuples(st.just("privilege"), st.tuples(numbers, st.sampled_from([None, *DEPTHS]))),
    st.tuples(st.just("excess"), numbers),
    st.tuples(st.just("give"), st.sampled_from(["System Customizer", "System Administrator"])),
    st.tuples(st.just("move"), st.sampled_from(["contoso-emea", "contoso-apac"])),
    st.tuples(st.just("lose"), st.sampled_from(["user", "role"])),
    st.tuples(st.just("namesake"), st.just(0)),
    st.tuples(st.just("stranger"), numbers),
    st.tuples(
        st.just("user"),
        st.sampled_from(
            [{"isdisabled": True, "roles": []}, {"roles": []}, {"isdisabled": True, "deletedstate": 1}]
        ),
    ),
)
opt_ins = st.builds(OptIn, st.booleans(), st.booleans())


def _act(world: World, hand: Hand) -> None:
    name, argument = hand
    if name == "user":
        world.user(**argument)
    else:
        getattr(world, name)(*(argument if isinstance(argument, tuple) else (argument,)))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(hands, max_size=6), opt_ins)
def test_after_apply_the_plan_is_quiet_and_nothing_foreign_was_touched(
    emulator: RunningEmulator, made: list[Hand], opt_in: OptIn
) -> None:
    """Only foreign, pending and opt-in items are left; or apply refused, and wrote nothing at all."""
    world = World(emulator)
    for hand in made:
        _act(world, hand)
    before = foreign(world.stack)
    emulator.requests(reset=True)
    refused = None
    try:
        world.run(jobs.apply, opt_in=opt_in)
    except DriftError as error:
        refused = error.code
    assert foreign(world.stack) == before
    if refused:
        assert refused == "dataverse.foreign_role"
        assert {line["method"] for line in world.stack.org_requests()} == {"GET"}
        return
    assert {c.action.value for c in world.run(jobs.plan, opt_in=opt_in).changes} <= QUIET
    plain = world.run(jobs.plan)
    assert plain.result == "unchanged"
    assert {c.action.value for c in plain.changes} <= QUIET


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(hands, max_size=6))
def test_after_remove_nothing_of_ours_is_left_and_nothing_foreign_is_gone(
    emulator: RunningEmulator, made: list[Hand]
) -> None:
    """A role of ours that others hold stays and is reported; all else of ours goes."""
    world = World(emulator)
    for hand in made:
        _act(world, hand)
    before = foreign(world.stack)
    world.run(jobs.remove)
    assert foreign(world.stack) == before
    assert world.run(jobs.remove).result == "nothing"
    assert not world._has_user()
