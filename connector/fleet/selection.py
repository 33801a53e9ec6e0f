"""Which stacks of a fleet a run is about: some by name, one ring, or one shard of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.errors import Problem, SettingsError
from connector.fleet.model import Fleet, FleetStack
from connector.settings.problems import nearest, shown

_SHARD = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)")


def select(
    fleet: Fleet, *, only: Sequence[str] = (), ring: str | None = None, shard: str | None = None
) -> tuple[FleetStack, ...]:
    """The stacks named (each entry one name, or several with commas), of the ring, of the shard `K/N`.

    Raises SettingsError for a name, ring or shard that there is none of.
    """
    names = [name.strip() for entry in only for name in entry.split(",") if name.strip()]
    problems = [*_unknown(names, [s.name for s in fleet.stacks], "--only", "stack")]
    if only and not names:
        # `--only "$A,$B"` with both unset is a slip, and would be every stack.
        problems.append(Problem("fleet.unknown", "--only", shown(",".join(only)), "names no stack"))
    if ring is not None:
        problems += _unknown([ring], [r.name for r in fleet.rings], "--ring", "ring")
    if problems:
        raise SettingsError(problems, where="the command line")
    chosen = tuple(
        stack
        for stack in fleet.stacks
        if (not names or stack.name in names) and (ring is None or stack.ring == ring)
    )
    if shard is None:
        return chosen
    number, count = _parts(shard)
    return chosen[number - 1 :: count]


def split(stacks: Sequence[FleetStack], count: int) -> tuple[tuple[FleetStack, ...], ...]:
    """So many shards of the stacks, dealt out one by one, so that each holds some of every ring."""
    return tuple(tuple(stacks[number::count]) for number in range(count))


def matrix(stacks: Sequence[FleetStack], shards: int, ring: str | None) -> dict[str, list[dict[str, str]]]:
    """The job matrix of a pipeline: `include` with shard, ring and stacks (names with commas); none empty."""
    count = max(1, min(shards, len(stacks)))
    rows = [
        {"shard": f"{n}/{count}", "ring": ring or "", "stacks": ",".join(one.name for one in part)}
        for n, part in enumerate(split(stacks, count), start=1)
        if part
    ]
    return {"include": rows}


def _parts(shard: str) -> tuple[int, int]:
    found = _SHARD.fullmatch(shard)
    if found is None or int(found[1]) > int(found[2]):
        message = "must be K/N, such as 2/5, with K from 1 to N"
        problem = Problem("fleet.shard", "--shard", shown(shard), message)
        raise SettingsError([problem], where="the command line")
    return int(found[1]), int(found[2])


def _unknown(names: Sequence[str], known: Sequence[str], option: str, kind: str) -> list[Problem]:
    problems = []
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean {near!r}?" if near else ""
            message = f"the fleet has no {kind} of that name{hint}"
            problems.append(Problem("fleet.unknown", option, shown(name), message))
    return problems
