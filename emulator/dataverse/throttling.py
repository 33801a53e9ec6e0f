"""The service protection limits, when switched on: three codes, and a memory for Retry-After.

The organization's `throttle` = {"code", "retryAfter", "calls"} refuses that many calls; a client
that comes back before its Retry-After (seconds) has passed is refused again and not counted.
Source: powerapps-docs, api-limits.
"""

from __future__ import annotations

from emulator.context import Reply
from emulator.dataverse.caller import Caller
from emulator.errors import dataverse_body

_TEXTS = {
    "0x80072322": "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
    "0x80072321": (
        "Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds over time "
        "window of 300 seconds. Decrease number of concurrent requests or reduce the duration of requests "
        "and try again later."
    ),
    "0x80072326": "Number of concurrent requests exceeded the limit of 52.",
}


def throttled(caller: Caller) -> Reply | None:
    """The refusal of this call, or None."""
    knob = caller.organization.get("throttle")
    if not knob:
        return None
    now = caller.call.ctx.now()
    early = now < knob.get("until", 0)
    if not early and knob["calls"] <= 0:
        return None
    if not early:
        knob = {**knob, "calls": knob["calls"] - 1, "until": now + float(knob["retryAfter"])}
        caller.store.put(
            caller.scope, "organizations", caller.scope, {**caller.organization, "throttle": knob}
        )
    body = dataverse_body(knob["code"], _TEXTS[knob["code"]])
    return Reply(429, body, {"Retry-After": str(knob["retryAfter"])})
