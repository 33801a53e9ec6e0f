"""Privileges and depths: reading them, ordering them, and those that the platform adds by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connector.dataverse.client import Row

#: From the narrowest to the widest; a wider depth includes the narrower ones.
DEPTHS = ("Basic", "Local", "Deep", "Global")

#: What Dataverse adds to a role unasked: reads of plug-in metadata, and SharePoint. Shown, no drift.
INJECTED = frozenset(
    {
        "prvreadsharepointdata",
        "prvwritesharepointdata",
        "prvcreatesharepointdata",
        "prvreadsharepointdocument",
        "prvreadsdkmessage",
        "prvreadsdkmessageprocessingstep",
        "prvreadsdkmessageprocessingstepimage",
        "prvreadplugintype",
        "prvreadpluginassembly",
    }
)


@dataclass(frozen=True)
class Held:
    """A privilege with the depth at which it is held; `name` may be empty where unread."""

    id: str
    name: str
    depth: str

    def __str__(self) -> str:
        return f"{self.name or self.id} ({self.depth})"


@dataclass(frozen=True)
class WantedPrivilege:
    """A privilege that the role is to hold, and the tables for which it does."""

    id: str
    name: str
    depth: str
    tables: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.depth})"

    def body(self) -> Row:
        """The RolePrivilege of the Web API."""
        return {"PrivilegeId": self.id, "Depth": self.depth}


def rank(depth: str) -> int:
    """How wide a depth is; an unknown one counts as none."""
    return DEPTHS.index(depth) if depth in DEPTHS else -1


def wider(one: str, other: str) -> str:
    """The wider of two depths."""
    return one if rank(one) >= rank(other) else other


def read_held(answer: Row | None) -> dict[str, Held]:
    """RolePrivileges of an answer by privilege id; several entries count with the widest depth."""
    held: dict[str, Held] = {}
    for entry in (answer or {}).get("RolePrivileges", []):
        key = str(entry["PrivilegeId"]).lower()
        depth = _depth_name(entry["Depth"])
        before = held.get(key)
        if before is None or rank(depth) > rank(before.depth):
            held[key] = Held(key, str(entry.get("PrivilegeName") or ""), depth)
    return held


def _depth_name(value: object) -> str:
    text = str(value)
    return DEPTHS[int(text)] if text.isdigit() and int(text) < len(DEPTHS) else text


def union(*parts: Mapping[str, Held]) -> dict[str, Held]:
    """Everything held by any of the parts, each at its widest depth."""
    held: dict[str, Held] = {}
    for part in parts:
        for key, one in part.items():
            if key not in held or rank(one.depth) > rank(held[key].depth):
                held[key] = one
    return held


@dataclass(frozen=True)
class Comparison:
    """Held against wanted: `lacking` is not held at all, `narrow` and `wide` at another depth."""

    lacking: tuple[WantedPrivilege, ...]
    narrow: tuple[tuple[WantedPrivilege, Held], ...]
    wide: tuple[tuple[WantedPrivilege, Held], ...]
    excess: tuple[Held, ...]
    injected: tuple[Held, ...]

    @property
    def equal(self) -> bool:
        """Whether held is exactly wanted, the platform's own additions aside."""
        return not (self.lacking or self.narrow or self.wide or self.excess)

    def missing_text(self) -> tuple[str, ...]:
        """Each missing privilege, and each at too narrow a depth, for people."""
        narrow = (f"{w.name} ({h.depth} instead of {w.depth})" for w, h in self.narrow)
        return (*map(str, self.lacking), *narrow)

    def excess_text(self) -> tuple[str, ...]:
        """Each privilege too many, and each at too wide a depth, for people."""
        wide = (f"{w.name} ({h.depth} instead of {w.depth})" for w, h in self.wide)
        return (*map(str, self.excess), *wide)


def compare(
    wanted: Mapping[str, WantedPrivilege], held: Mapping[str, Held], known: Mapping[str, str]
) -> Comparison:
    """Compare; `known` gives names by privilege id where the service sent none."""
    extra = [_named(one, known) for key, one in held.items() if key not in wanted]
    both = [(wanted[key], held[key]) for key in wanted if key in held]
    return Comparison(
        lacking=_sorted(one for key, one in wanted.items() if key not in held),
        narrow=tuple((w, h) for w, h in both if rank(h.depth) < rank(w.depth)),
        wide=tuple((w, h) for w, h in both if rank(h.depth) > rank(w.depth)),
        excess=tuple(one for one in extra if one.name.lower() not in INJECTED),
        injected=tuple(one for one in extra if one.name.lower() in INJECTED),
    )


def _sorted(wanted: Iterable[WantedPrivilege]) -> tuple[WantedPrivilege, ...]:
    return tuple(sorted(wanted, key=lambda one: one.name.lower()))


def _named(held: Held, known: Mapping[str, str]) -> Held:
    return held if held.name else Held(held.id, known.get(held.id, ""), held.depth)
