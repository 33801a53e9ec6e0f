"""What `pulumi preview --json` prints: one object with the steps that an update would take.

Shape: apitype PreviewDigest of the engine (steps[].op, .urn, .newState.type, diagnostics[]).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from connector.cli.engine.events import ACTIONS, COMPONENTS, reasons_in
from connector.report import Change
from connector.stack.outputs import UNKNOWN


def read_digest(text: str) -> dict[str, Any]:
    """The digest, with the members that are read here; a preview that printed none has neither."""
    try:
        digest: dict[str, Any] = json.loads(text)
    except ValueError:
        digest = {}
    return {"steps": [], "diagnostics": []} | digest


def changes_in(digest: dict[str, Any]) -> tuple[Change, ...]:
    """The resources that would change."""
    return tuple(one for step in digest["steps"] if (one := _change(step)))


def errors_in(digest: dict[str, Any]) -> str:
    """The errors that the preview met, a line each; empty when it met none."""
    return reasons_in(digest["diagnostics"])


def _change(step: dict[str, Any]) -> Change | None:
    action = ACTIONS.get(step["op"])
    kind = str((step.get("newState") or step.get("oldState") or {}).get("type", ""))
    if action is None or kind.startswith(COMPONENTS):
        return None
    detail = ", ".join(step.get("replaceReasons") or step.get("diffReasons") or ())
    return Change(action, kind.rsplit(":", 1)[-1], step["urn"].rsplit("::", 1)[-1], detail)


_LIMIT = 160


def differences_in(digest: dict[str, Any]) -> tuple[Change, ...]:
    """One line for each property that would change, and for each resource that would be made or go."""
    found = (change for step in digest["steps"] for change in _of_step(step))
    # The engine's order is that of what was ready first.
    return tuple(sorted(found, key=lambda change: (change.kind, change.name, change.detail)))


def _of_step(step: dict[str, Any]) -> Iterator[Change]:
    before, after = step.get("oldState") or {}, step.get("newState") or {}
    kind = str((after or before).get("type", ""))
    action = ACTIONS.get(step["op"])
    if action is None or kind.startswith(COMPONENTS):
        return
    noun, name = kind.rsplit(":", 1)[-1], step["urn"].rsplit("::", 1)[-1]
    reasons = step.get("replaceReasons") or step.get("diffReasons") or ()
    if not reasons:
        yield Change(action, noun, name, _made_of(after.get("inputs") or {}))
    for reason in reasons:
        old, new = _live(before, reason), (after.get("inputs") or {}).get(reason)
        for detail in _lines(reason, _plain(old), _plain(new)):
            yield Change(action, noun, name, detail)


def _live(state: dict[str, Any], name: str) -> Any:
    """A property as it is: the input, or what the resource has where there is none."""
    value = (state.get("inputs") or {}).get(name)
    return (state.get("outputs") or {}).get(name) if value is None else value


def _lines(name: str, old: Any, new: Any) -> Iterator[str]:
    """One line for a property; one for each member or item that differs where one would be too long."""
    whole = f"{name}: {_shown(old)} → {_shown(new)}"
    kinds = {type(value) for value in (old, new) if value is not None}
    if len(whole) <= _LIMIT or kinds not in ({dict}, {list}):
        yield whole
    elif kinds == {dict}:
        old, new = old or {}, new or {}
        for key in sorted({*old, *new}):
            both_nothing = _is_nothing(old.get(key)) and _is_nothing(new.get(key))
            if old.get(key) != new.get(key) and not both_nothing:
                yield from _lines(f"{name}.{key}", old.get(key), new.get(key))
    else:
        yield from _items(name, old or [], new or []) or [f"{name}: the same items in another order"]


def _items(name: str, old: list[Any], new: list[Any]) -> list[str]:
    gone = [f"{name}: {_shown(item)} → nothing" for item in old if item not in new]
    return gone + [f"{name}: nothing → {_shown(item)}" for item in new if item not in old]


def _made_of(inputs: dict[str, Any]) -> str:
    """What a new resource is made of: its inputs, those that a preview does not know left out."""
    known = {key: _shown(value) for key, value in inputs.items() if key != "__defaults" and value}
    if "endDate" in known:
        known["endDate"] = known["endDate"][:10]  # the second differs from preview to preview
    return "; ".join(f"{key}: {text}" for key, text in sorted(known.items()) if UNKNOWN not in text)


def _shown(value: Any) -> str:
    """A value in words; only a single long text is cut, never a list of many."""
    if _is_nothing(value):
        return "nothing"
    if isinstance(value, str):
        return _cut(value)
    return json.dumps(_readable(value), ensure_ascii=False)


def _is_nothing(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _readable(value: Any) -> Any:
    """Without the engine's own notes, each text no longer than can be read."""
    if isinstance(value, dict):
        return {name: _readable(inner) for name, inner in _plain(value).items()}
    if isinstance(value, list):
        return [_readable(inner) for inner in value]
    return _cut(value) if isinstance(value, str) else value


def _cut(text: str) -> str:
    return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "…"


def _plain(value: Any) -> Any:
    """Without the engine's own notes."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if name != "__defaults"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
