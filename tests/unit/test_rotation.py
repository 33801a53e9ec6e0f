"""Rotation's decisions: what is alive, what a checkout knows, and what the next step is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.errors import DriftError, NoSuchStackError
from connector.stack.due import Step, Thresholds, next_step
from connector.stack.hand_made import HandMade, sorted_out
from connector.stack.secrets import (
    LiveSecret,
    check_deployable,
    live_secrets,
    only_ended,
    plan_begin,
    plan_finish,
    with_next,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def secret(label: str, days: int = 150) -> LiveSecret:
    """A live secret that ends in some days."""
    slot, _, generation = label.partition("-")
    return LiveSecret(slot, int(generation), f"key-{label}", NOW + timedelta(days=days), f"urn::{label}")


A1, B2 = secret("a-1"), secret("b-2")


def row(label: str, **more: Any) -> dict[str, Any]:
    """A secret's resource in an exported state."""
    return {
        "urn": f"urn:pulumi:x::p::azuread:index/applicationPassword:ApplicationPassword::mm-secret-{label}",
        "type": "azuread:index/applicationPassword:ApplicationPassword",
        "id": f"app/password/key-{label}",
        "outputs": {"keyId": f"key-{label}", "endDate": "2026-10-29T00:00:00Z"},
    } | more


def test_live_secrets_are_read_from_the_state_the_oldest_first() -> None:
    """Slot, generation, key id, end and protection; half-made, dying and foreign resources are left out."""
    rows = [
        row("b-2", protect=True),
        row("a-1"),
        row("a-3", id=""),
        row("b-4", delete=True),
        row("c-1"),
        {"type": "pulumi:pulumi:Stack", "urn": "u"},
    ]
    live = live_secrets({"deployment": {"resources": rows}}, "mm")
    assert [(s.label, s.key_id, s.protected) for s in live] == [
        ("a-1", "key-a-1", False),
        ("b-2", "key-b-2", True),
    ]
    assert live[0].days_left(NOW) == 150
    assert live_secrets({"deployment": None}, "mm") == ()


def test_generations_count_on_over_both_slots() -> None:
    """a-1, b-2, a-3: the newest is the one with the highest number."""
    assert with_next({"a": 1}) == {"a": 1, "b": 2}
    assert with_next({"b": 2}) == {"a": 3, "b": 2}


@pytest.mark.parametrize(
    ("wanted", "live"),
    [
        ({"a": 1}, ()),
        ({"a": 1}, (A1,)),
        ({"a": 1, "b": 2}, (A1,)),
        ({"a": 1, "b": 2}, (A1, B2)),
        ({"b": 2}, (B2,)),
    ],
)
def test_settings_that_know_the_state_may_be_deployed(
    wanted: dict[str, int], live: tuple[LiveSecret, ...]
) -> None:
    """Nothing deployed, the same slots, or one more that was committed first."""
    check_deployable(wanted, live, "s")


@pytest.mark.parametrize(
    ("wanted", "live", "code", "word"),
    [
        ({"a": 1}, (A1, B2), "rotation.stale", "b-2"),
        ({"a": 1}, (B2,), "rotation.stale", "b-2"),
        ({"a": 1, "b": 2}, (B2,), "rotation.stale", "a-1"),
        ({"b": 2}, (A1, B2), "rotation.unretired", "a-1"),
        ({"b": 2}, (A1,), "rotation.unretired", "a-1"),
    ],
)
def test_settings_that_would_lose_a_secret_are_refused(
    wanted: dict[str, int], live: tuple[LiveSecret, ...], code: str, word: str
) -> None:
    """An older checkout, a retired slot, and a slot taken out by hand: each is named, with exit 7."""
    with pytest.raises(DriftError, match=word) as caught:
        check_deployable(wanted, live, "s")
    assert (caught.value.code, caught.value.exit_code) == (code, 7)


@pytest.mark.parametrize(
    ("wanted", "live", "slots", "label", "make", "resumed"),
    [
        ({"a": 1}, (A1,), {"a": 1, "b": 2}, "b-2", True, False),
        ({"b": 2}, (B2,), {"a": 3, "b": 2}, "a-3", True, False),
        ({"a": 1, "b": 2}, (A1,), {"a": 1, "b": 2}, "b-2", True, True),
        ({"a": 1, "b": 2}, (A1, B2), {"a": 1, "b": 2}, "b-2", False, True),
        ({"a": 1}, (A1, B2), {"a": 1, "b": 2}, "b-2", False, True),
    ],
)
def test_begin_goes_to_two_slots_from_wherever_it_was_left(
    wanted: dict[str, int],
    live: tuple[LiveSecret, ...],
    slots: dict[str, int],
    label: str,
    make: bool,
    resumed: bool,
) -> None:
    """Anew, from a commit that came first, after a kill, and from a checkout that was reset."""
    step = plan_begin(wanted, live, "s")
    assert (dict(step.slots), step.label, step.make, step.resumed) == (slots, label, make, resumed)


def test_begin_refuses_a_checkout_that_knows_a_retired_secret() -> None:
    """Rotating on from old settings would count generations twice."""
    with pytest.raises(DriftError, match="older than its state"):
        plan_begin({"a": 1, "b": 2}, (B2,), "s")
    with pytest.raises(NoSuchStackError):
        plan_begin({"a": 1}, (), "s")


def test_finish_retires_the_older_secret_alone() -> None:
    """From both slots, or from settings that name the new one only (committed first, or killed)."""
    for wanted in ({"a": 1, "b": 2}, {"b": 2}):
        step = plan_finish(wanted, (A1, B2), "s")
        assert step is not None
        assert (dict(step.slots), step.old, step.new) == ({"b": 2}, A1, B2)
    assert plan_finish({"b": 2}, (B2,), "s") is None
    gone = plan_finish({"a": 1, "b": 2}, (B2,), "s")
    assert gone is not None
    assert gone.old is None


@pytest.mark.parametrize(
    ("wanted", "live"),
    [({"a": 1}, (A1, B2)), ({"a": 1, "b": 2}, (A1,)), ({"a": 1}, (B2,)), ({"b": 2}, (A1,))],
)
def test_finish_refuses_where_the_newest_secret_is_unknown_or_not_there(
    wanted: dict[str, int], live: tuple[LiveSecret, ...]
) -> None:
    """Never the only secret, and never from settings that would name neither."""
    with pytest.raises(DriftError):
        plan_finish(wanted, live, "s")


@pytest.mark.parametrize(
    ("wanted", "live", "step", "soon"),
    [
        ({"a": 1}, (), Step.DEPLOY, False),
        ({"a": 1}, (secret("a-1", 61),), Step.NOTHING, False),
        ({"a": 1}, (secret("a-1", 60),), Step.BEGIN, False),
        ({"a": 1}, (secret("a-1", 30),), Step.BEGIN, True),
        ({"a": 1, "b": 2}, (A1,), Step.BEGIN, False),
        ({"a": 1}, (B2,), Step.WRITE_SLOTS, False),
        ({"a": 1, "b": 2}, (secret("a-1", 40), B2), Step.RECONNECT, False),
        ({"a": 1, "b": 2}, (secret("a-1", 30), B2), Step.RECONNECT, True),
        ({"a": 1}, (secret("a-1", 40), B2), Step.RECONNECT, False),
        ({"a": 1, "b": 2}, (secret("a-1", -2), B2), Step.FINISH, False),
        ({"a": 1, "b": 2}, (secret("a-1", 40), secret("b-2", 20)), Step.RECONNECT, True),
        ({"a": 1, "b": 2}, (secret("a-1", 40), secret("b-2", -2)), Step.BEGIN, True),
        ({"a": 1, "b": 2}, (secret("a-1", -9), secret("b-2", -2)), Step.BEGIN, True),
    ],
)
def test_the_next_step_follows_from_settings_state_and_date(
    wanted: dict[str, int], live: tuple[LiveSecret, ...], step: Step, soon: bool
) -> None:
    """Begin 60 days before the end, warn 30 days before, retire by itself only what has ended."""
    due = next_step(wanted, live, NOW, Thresholds.for_lifetime(180))
    assert (due.step, due.soon) == (step, soon)


def by_hand(days: int, name: str = "portal") -> HandMade:
    """A hand-made secret that ends in some days."""
    return HandMade(f"key-{name}", name, "abc", NOW + timedelta(days=days))


def test_begin_counts_a_stacks_first_secret_as_the_new_one() -> None:
    """On an adopted application: made where there is none, taken as it is where deploy has made it."""
    first = plan_begin({"a": 1}, (), "s", adopted=True)
    assert (first.label, first.make, first.first) == ("a-1", True, True)
    there = plan_begin({"a": 1}, (A1,), "s", adopted=True)
    assert (there.label, there.make, dict(there.slots)) == ("a-1", False, {"a": 1})


def test_finish_takes_hand_made_secrets_along() -> None:
    """Beside an old slot, or alone; without them one slot is all there is."""
    hand_made = (by_hand(100),)
    both = plan_finish({"a": 1, "b": 2}, (A1, B2), "s", hand_made)
    assert both is not None
    assert [one.label for one in both.retired] == ["a-1", "hand-made: portal/abc"]
    alone = plan_finish({"b": 2}, (B2,), "s", hand_made)
    assert alone is not None
    assert (alone.old, alone.hand_made, dict(alone.slots)) == (None, hand_made, {"b": 2})


def test_without_a_person_only_ended_secrets_go() -> None:
    """A slot that has not ended stays, with its setting; so does a hand-made secret."""
    live, old, ended = (A1, B2), by_hand(3), by_hand(-1, "ended")
    step = only_ended(plan_finish({"a": 1, "b": 2}, live, "s", (ended, old)), live, NOW)
    assert step is not None
    assert (step.old, step.hand_made, dict(step.slots)) == (None, (ended,), {"a": 1, "b": 2})
    dead = secret("a-1", -2)
    gone = only_ended(plan_finish({"a": 1, "b": 2}, (dead, B2), "s", (old,)), (dead, B2), NOW)
    assert gone is not None
    assert (gone.old, gone.hand_made, dict(gone.slots)) == (dead, (), {"b": 2})


def test_of_three_secrets_the_oldest_goes_and_two_slots_are_left() -> None:
    """Settings written by hand may have made a third beside two protected ones."""
    step = plan_finish({"a": 3, "b": 2}, (A1, B2, secret("a-3", 170)), "s")
    assert step is not None
    assert (step.old, step.new.label, dict(step.slots)) == (A1, "a-3", {"a": 3, "b": 2})


@pytest.mark.parametrize(
    ("wanted", "live", "days", "step", "soon"),
    [
        ({"a": 1}, (), (100,), Step.DEPLOY, False),
        ({"a": 1}, (), (30,), Step.DEPLOY, True),
        ({"a": 1}, (A1,), (100,), Step.RECONNECT, False),
        ({"a": 1}, (A1,), (100, 30), Step.RECONNECT, True),
        ({"a": 1}, (A1,), (100, -1), Step.FINISH, False),
        ({"a": 1}, (secret("a-1", 10),), (100,), Step.RECONNECT, True),
        ({"a": 1, "b": 2}, (A1,), (100,), Step.BEGIN, False),
        ({"a": 1}, (secret("a-1", -2),), (100,), Step.BEGIN, True),
    ],
)
def test_hand_made_secrets_count_as_old_ones(
    wanted: dict[str, int], live: tuple[LiveSecret, ...], days: tuple[int, ...], step: Step, soon: bool
) -> None:
    """The stack's own secret waits to be typed in; their ends count for what is soon, ended ones go."""
    hand_made = tuple(by_hand(left, str(left)) for left in days)
    due = next_step(wanted, live, NOW, Thresholds.for_lifetime(180), hand_made)
    assert (due.step, due.soon) == (step, soon)


def test_only_recorded_key_ids_are_adopted() -> None:
    """What a slot holds is neither; everything else that the record does not name is foreign."""
    mine, later, slot = by_hand(5, "mine"), by_hand(9, "later"), HandMade("key-a-1", "a-1")
    found = sorted_out([slot, later, mine], {"KEY-MINE"}, {"key-a-1"})
    assert (found.adopted, [one.label for one in found.foreign]) == ((mine,), ["foreign: later/abc"])
    assert found.present == {"key-mine", "key-later", "key-a-1"}


def test_thresholds_shrink_with_the_lifetime() -> None:
    """A secret of 30 days is not due on its first day; what was asked for counts as it is."""
    assert Thresholds.for_lifetime(30) == Thresholds(10, 5)
    assert Thresholds.for_lifetime(30, begin=25, soon=20) == Thresholds(25, 20)
