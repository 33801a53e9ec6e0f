"""Reading Retry-After: seconds, fractions of seconds (Graph sends them), or an HTTP date."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, never negative; None when the header is absent or says nothing readable."""
    if value is None:
        return None
    try:
        seconds = float(value.strip())
    except ValueError:
        return _until(value, now or datetime.now(UTC))
    return max(0.0, seconds) if seconds < float("inf") else None


def _until(value: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
