"""This machine's clock beside a service's: the `Date` of an answer says how far ours is ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def ahead_of(date: str | None, before: timedelta, now: datetime | None = None) -> timedelta:
    """How far this machine is ahead of a `Date` header (RFC 9110); *before* where there is none to read."""
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return before
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (now or datetime.now(UTC)) - known
