"""What the control verbs do to the state file."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from emulator.seed.many import there
from emulator.store import Document, Store

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class ControlError(Exception):
    """A control verb that cannot be carried out; the message says why and what there is."""


def requests(store: Store, *, reset: bool = False) -> list[dict[str, Any]]:
    """Return the request log: time, duration, service, method, path, query, status, client id, host."""
    lines = [_line(row) for row in store.db.execute("SELECT * FROM log ORDER BY number")]
    if reset:
        store.db.execute("DELETE FROM log")
    return lines


def _line(row: Any) -> dict[str, Any]:
    return {
        "time": datetime.fromtimestamp(row["started"], UTC).isoformat(),
        "started": row["started"],
        "ended": row["ended"],
        "service": row["service"],
        "host": row["host"],
        "method": row["method"],
        "path": row["path"],
        "query": row["query"],
        "status": row["status"],
        "client_id": row["client_id"],
        "emulated": bool(row["emulated"]),
    }


def dump(store: Store) -> dict[str, dict[str, list[Document]]]:
    """Return all objects as scope → kind → list; the scope is a tenant or organization id."""
    return store.everything()


def merge(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def tenants(store: Store) -> list[dict[str, Any]]:
    """Return the numbered tenants: name, tenant id, organization id, URL, and the deployer's client id."""
    port = store.meta("port")
    return [
        {
            "name": one.tenant.name,
            "tenantId": one.tenant.id,
            "organizationId": one.organization.id,
            "dynamicsUrl": f"https://{one.organization.address}:{port}",
            "deployerId": one.deployer,
        }
        for one in there(store)
    ]


def edit(
    store: Store, kind: str, id: str, patch: str | None, *, delete: bool, scope: str | None = None
) -> None:
    """Change or delete one object; *scope* is its tenant or organization, where several have such an id.

    Raises ControlError when it is not there or the patch is no JSON object.
    """
    if scope is None:
        scope = _only_scope(store, kind, id)
    elif store.get(scope, kind, id) is None:
        raise ControlError(f"edit {kind} {id}: no such object in {scope}")
    if delete:
        store.delete(scope, kind, id)
        return
    try:
        change = json.loads(patch or "")
    except ValueError as error:
        raise ControlError(f"edit {kind} {id}: the patch is not JSON ({error})") from error
    if not isinstance(change, dict):
        raise ControlError(f"edit {kind} {id}: the patch must be a JSON object")
    store.put(scope, kind, id, merge(store.get(scope, kind, id), change))


def _only_scope(store: Store, kind: str, id: str) -> str:
    scopes = store.scopes_of(kind, id)
    if len(scopes) == 1:
        return scopes[0]
    kinds = sorted({k for scope in store.everything().values() for k in scope})
    if kind not in kinds:
        raise ControlError(f"edit: no kind {kind}; there are {', '.join(kinds)}")
    raise ControlError(f"edit {kind} {id}: {'found in several scopes' if scopes else 'no such object'}")


def move_clock(store: Store, shift: str) -> None:
    """Move the clock by +N or -N of d, h, m, s, or put it right with 'reset'."""
    if shift == "reset":
        store.set_meta("clock_offset", "0")
        return
    found = re.fullmatch(r"([+-])(\d+)([smhd])", shift)
    if not found:
        raise ControlError(f"clock {shift}: write +30d, -2h, +15m, +40s or reset")
    sign, number, unit = found.groups()
    seconds = int(number) * _UNITS[unit] * (1 if sign == "+" else -1)
    store.set_meta("clock_offset", str(float(store.meta("clock_offset", "0")) + seconds))
