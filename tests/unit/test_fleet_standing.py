"""What a record and an application together say of a stack's secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connector.dataverse.reports import PlanReport
from connector.entra.objects import LiveApplication, LiveSecret
from connector.fleet.stack_status import recorded_certificates, recorded_secrets
from connector.records.record import AdoptedSecret, SlotRecord, StackRecord
from connector.records.standing import Standing, needs_of
from connector.report import Action, Cause, Change

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SOON, LATE = NOW + timedelta(days=9), NOW + timedelta(days=170)
RECORD = StackRecord(
    stack="acme",
    slots={"a": SlotRecord(key_id="K1", end_date=LATE, generation=1)},
    adopted_secrets=(AdoptedSecret(key_id="K0", display_name="portal", hint="abc", end_date=LATE),),
)
PLAN = PlanReport("plan", "acme", "unchanged")


def application(*secrets: LiveSecret) -> LiveApplication:
    """An app registration that holds these secrets."""
    return LiveApplication("id", "app", "Acme", frozenset(), "", secrets, (), {})


def test_a_hand_made_secret_that_is_still_there_counts_with_its_live_end() -> None:
    """It ends first, and the slot's secret waits to be typed in instead of it."""
    there = application(LiveSecret("k1", "a-1", end=LATE), LiveSecret("k0", "portal", end=SOON))
    held = recorded_secrets(RECORD, there)
    assert [one.days_left(NOW) for one in held.all] == [170, 9]
    (need,) = needs_of({"a": 1}, held.live, held.adopted, PLAN, (), NOW)
    assert (need.code, need.key) == ("rotation.reconnect", "a-1")


def test_a_hand_made_secret_that_was_removed_is_forgotten() -> None:
    """Somebody retired it: nothing is due, and nothing is wrong."""
    held = recorded_secrets(RECORD, application(LiveSecret("k1", "a-1", end=LATE)))
    assert (held.adopted, held.gone) == ((), ())
    assert needs_of({"a": 1}, held.live, held.adopted, PLAN, (), NOW) == ()


def test_without_an_application_nothing_is_said_of_its_secrets() -> None:
    """That it is gone is another finding; the record's ends stay."""
    held = recorded_secrets(RECORD, None)
    assert (len(held.live), len(held.adopted), held.gone) == (1, 1, ())


def test_certificates_count_by_the_record() -> None:
    """The directory's list of secrets does not hold them."""
    held = recorded_certificates(RECORD)
    assert [one.days_left(NOW) for one in held.all] == [170]


def test_a_solution_that_is_missing_waits_for_a_person() -> None:
    """Nobody but a person installs it."""
    missing = Change(Action.PENDING, "solution", "MarketingData", "at least 6.0")
    plan = PlanReport("plan", "acme", "pending", (missing,))
    (need,) = needs_of({"a": 1}, recorded_secrets(RECORD, application()).live, (), plan, (), NOW)
    assert need.code == "status.pending"
    assert need.message == "solution MarketingData is not there yet: at least 6.0"


def test_a_consent_that_waits_is_a_persons_and_no_drift() -> None:
    """Beside a difference it is not counted; a secret that ends soon goes before both."""
    waits = Cause("entra.consent_pending", "LINK", "somebody who may consent opens LINK", person=True)
    alone = Standing("acme", findings=(waits,)).error(NOW)
    assert alone is not None
    assert (alone.exit_code, alone.code, alone.message) == (20, "entra.consent_pending", waits.message)
    differs = Standing("acme", findings=(Cause("entra.role_missing", "x", "x is gone"), waits)).error(NOW)
    assert differs is not None
    assert (differs.exit_code, differs.code) == (7, "status.drift")
    assert "in 1 place: x is gone" in differs.message
