"""Runs over a fleet: rings in order, the stop rule, the record, and what --resume goes on with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.cli.screen.fleet import counted, in_order, markdown
from connector.errors import ConnectError, SettingsError, worst
from connector.fleet import Fleet
from connector.fleet.model import FleetStack
from connector.fleet.runs import RunRecord, RunState, StackRun, read_run, record_path, resumed, write_run
from connector.fleet.scheduler import Schedule
from tests.unit.fleet_samples import entry, good, read

NAMES = ("c1", "c2", "r1", "r2", "r3", "r4")


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Two stacks in the canary ring, four in the other one, which stops after half of it."""
    stacks = {name: entry(n, ring="canary" if name[0] == "c" else "rest") for n, name in enumerate(NAMES)}
    rings = [{"name": "canary", "stopAfter": 1}, {"name": "rest", "stopAfter": "50%"}]
    return read(tmp_path, good(stacks=stacks, rings=rings))


class Playing:
    """Stacks that end with the codes given; what ran, and how many at once."""

    def __init__(self, record: RunRecord, **codes: int) -> None:
        """Stacks that are not named end with 0."""
        self.record, self.codes = record, codes
        self.ran: list[str] = []
        self.most = 0
        self._now = 0

    async def work(self, stack: FleetStack) -> StackRun:
        """One stack."""
        self.ran.append(stack.name)
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        row = self.record.stacks[stack.name]
        return row.model_copy(update={"state": RunState.DONE, "exit_code": self.codes.get(stack.name, 0)})

    def run(self, fleet: Fleet, *, workers: int = 1, stop_after: str = "") -> None:
        """The whole run; with *stop_after* a person stops it once that stack has ended."""

        def changed(row: StackRun) -> None:
            if row.stack == stop_after:
                schedule.halt("the run was stopped")

        schedule = Schedule(self.record, self.work, workers=workers, changed=changed)
        asyncio.run(schedule.run(fleet.in_rings(fleet.stacks)))


@pytest.fixture
def playing(fleet: Fleet) -> Callable[..., Playing]:
    """A run of a verb over the fleet that has not begun."""
    return lambda verb="deploy", **codes: Playing(RunRecord.begin("agency", verb, fleet.stacks), **codes)


def test_a_ring_ends_before_the_next_begins(fleet: Fleet, playing: Callable[..., Playing]) -> None:
    """However many workers there are, and never more stacks at once than workers."""
    run = playing()
    run.run(fleet, workers=3)
    assert set(run.ran[:2]) == {"c1", "c2"}
    assert len(run.ran) == 6
    assert run.most == 3
    assert run.record.counts() == {"stacks": 6, "succeeded": 6, "noted": 0, "failed": 0, "skipped": 0}


def test_a_failed_stack_hides_no_other(fleet: Fleet, playing: Callable[..., Playing]) -> None:
    """Below the limit of its ring the others run, and the run's code is the highest."""
    run = playing(r1=4)
    run.run(fleet)
    assert len(run.ran) == 6
    assert (run.record.exit_code, run.record.counts()["failed"]) == (4, 1)
    assert in_order(run.record)[0].stack == "r1"


def test_a_ring_that_fails_too_often_stops_the_run(fleet: Fleet, playing: Callable[..., Playing]) -> None:
    """No further stack begins, in this ring or a later one; each that was left out says why."""
    run = playing(c1=1)
    run.run(fleet)
    assert run.ran == ["c1"]
    skipped = [row for row in run.record.stacks.values() if row.state is RunState.SKIPPED]
    assert len(skipped) == 5
    assert all("ring canary stops after 1 failed: c1" in row.reason for row in skipped)
    late = playing(r1=1, r2=3)
    late.run(fleet)
    assert late.ran == ["c1", "c2", "r1", "r2"]


@pytest.mark.parametrize(
    ("verb", "code", "fails"),
    [
        ("deploy", 20, False),
        ("rotate", 21, False),
        ("preview", 7, False),
        ("deploy", 7, True),
        ("verify", 1, True),
        ("preview", 5, True),
    ],
)
def test_what_a_person_has_to_do_is_no_failure(
    fleet: Fleet, playing: Callable[..., Playing], verb: str, code: int, fails: bool
) -> None:
    """20 and 21 never count as failed, nor does a preview that found changes (7); every other code does."""
    run = playing(verb, c1=code)
    run.run(fleet)
    assert (run.record.counts()["failed"] == 1) is fails
    assert run.record.exit_code == code


@pytest.mark.parametrize(
    ("codes", "code"),
    [((20, 1), 1), ((21, 20, 0), 20), ((21, 10), 10), ((0, 21), 21), ((255, 7, 20), 255), ((), 0)],
)
def test_a_failure_comes_before_a_persons_step_and_that_before_an_end(
    codes: tuple[int, ...], code: int
) -> None:
    """Whatever the numbers are: a secret that ends soon hides no stack that failed, nor does Pulumi's 10."""
    assert worst(codes) == code


@pytest.mark.parametrize(("verb", "ran"), [("deploy", 1), ("rotate", 1), ("preview", 6), ("verify", 6)])
def test_only_what_writes_is_stopped_by_a_ring(
    fleet: Fleet, playing: Callable[..., Playing], verb: str, ran: int
) -> None:
    """One tenant that cannot be previewed or proved leaves no other one unseen."""
    run = playing(verb, c1=1)
    run.run(fleet)
    assert (len(run.ran), run.record.exit_code) == (ran, 1)


def test_a_run_that_is_stopped_begins_nothing_more(fleet: Fleet, playing: Callable[..., Playing]) -> None:
    """What is left says that the run was stopped."""
    run = playing()
    run.run(fleet, stop_after="c2")
    assert run.ran == ["c1", "c2"]
    assert run.record.stacks["r4"].reason == "the run was stopped"


def test_a_resumed_run_does_nothing_twice(fleet: Fleet, playing: Callable[..., Playing]) -> None:
    """What is done stays done; what failed, ran, or was left out is run."""
    run = playing(r1=1)
    run.run(fleet, stop_after="r2")
    row = run.record.stacks["r3"]
    row.state, row.pid, row.process = RunState.RUNNING, 4_000_000, "boot namespace 4000000 1"
    left = resumed(run.record, fleet, fleet.stacks)
    assert (left.stacks["r3"].pid, left.stacks["r3"].process) == (row.pid, row.process)
    again = Playing(left)
    again.run(fleet)
    assert again.ran == ["r1", "r3", "r4"]
    assert left.counts()["succeeded"] == 6


def test_a_record_is_read_as_it_was_written(tmp_path: Path, playing: Callable[..., Playing]) -> None:
    """Each shard has one of its own; none, or a broken one, is one clear error."""
    record = playing(c1=1).record
    path = record_path(tmp_path, "agency", "deploy", "2/4")
    assert path.name == "deploy-2-of-4.json"
    with pytest.raises(SettingsError, match="no earlier run"):
        read_run(path)
    write_run(record, path)
    assert read_run(path) == record
    path.write_text("{}")
    with pytest.raises(ConnectError) as caught:
        read_run(path)
    assert caught.value.code == "fleet.record"


def test_a_stack_that_left_the_fleet_cannot_be_resumed(
    fleet: Fleet, tmp_path: Path, playing: Callable[..., Playing]
) -> None:
    """The earlier run was of another fleet.yaml: one says so instead of running a part of it."""
    smaller = read(tmp_path, good(stacks={"c1": entry(1, ring="canary")}))
    with pytest.raises(SettingsError, match="c2, r1") as caught:
        resumed(playing().record, smaller, smaller.stacks)
    assert caught.value.code == "fleet.resume"
    assert list(resumed(playing().record, fleet, fleet.stacks[:2]).stacks) == ["c1", "c2"]


def test_one_page_shows_what_is_of_interest(fleet: Fleet, playing: Callable[..., Playing]) -> None:
    """Stacks without changes are named, the others are there in full, and one without a page says why."""
    run = playing("preview", r1=4)
    run.run(fleet)
    rows = run.record.stacks
    for row in rows.values():
        row.result = "unchanged"
    rows["r1"].result, rows["r1"].error = "error", {"message": "host down"}
    rows["r2"].result = "changes"
    sections = [(rows["r1"], ""), (rows["r2"], "## r2: changes\n"), (rows["c1"], "long"), (rows["c2"], "x")]
    page = markdown(run.record, sections)
    assert "## r1: error\n\nhost down" in page
    assert "## r2: changes" in page
    assert "Nothing to change in 2: c1, c2." in page
    assert "long" not in page
    assert counted(run.record) in page
