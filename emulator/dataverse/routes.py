"""Routes of the Dataverse Web API (thin: each names a rule)."""

from __future__ import annotations

from collections.abc import Callable

from emulator.context import Call, Reply
from emulator.errors import DataverseError

Rule = Callable[[Call], Reply]


def dataverse_routes() -> list[tuple[str, str, Rule]]:
    """Return (method, path template, rule) for every emulated route."""
    return []


def unknown_dataverse_route(call: Call) -> Reply:
    """Refuse a route that is not emulated as the service refuses an unknown segment."""
    raise DataverseError(f"Resource not found for the segment '{call.request.url.path.rsplit('/', 1)[-1]}'.")
