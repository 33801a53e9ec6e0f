"""This machine's clock beside a service's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.wire.trace import ahead_of

NOW = datetime(2027, 1, 2, tzinfo=UTC)
BEFORE = timedelta(hours=3)


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Fri, 01 Jan 2027 00:00:00 GMT", timedelta(days=1)),
        ("Sun, 03 Jan 2027 00:00:00 GMT", -timedelta(days=1)),
        ("Fri, 01 Jan 2027 00:00:00", timedelta(days=1)),
        ("yesterday", BEFORE),
        ("", BEFORE),
        (None, BEFORE),
    ],
)
def test_a_date_header_says_how_far_ahead_this_machine_is(date: str | None, ahead: timedelta) -> None:
    """A header that is missing or no date changes nothing."""
    assert ahead_of(date, BEFORE, NOW) == ahead
