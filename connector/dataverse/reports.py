"""What the verbs report, in the shape that all of them share (docs/schemas)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from connector.dataverse.matrix import MatrixRow
from connector.errors import ConnectError, DriftError, PersonNeededError, ProofFailedError
from connector.report import WRITES, Action, Change


@dataclass(frozen=True)
class PrivilegeCount:
    """How many privileges are wanted and held, and which are missing or too many, by name."""

    wanted: int = 0
    held: int = 0
    missing: tuple[str, ...] = ()
    excess: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The `privileges` object."""
        return {
            "wanted": self.wanted,
            "held": self.held,
            "missing": list(self.missing),
            "excess": list(self.excess),
        }


@dataclass(frozen=True)
class Effort:
    """Requests to the organization's host, rounds among them, tokens asked for, and seconds."""

    requests: int = 0
    rounds: int = 0
    tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """Base of the reports."""

    verb: str
    stack: str
    result: str
    changes: tuple[Change, ...] = ()
    privileges: PrivilegeCount = PrivilegeCount()
    effort: Effort = Effort()
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def error(self) -> ConnectError | None:
        """What a verb ends with, or None when all is well."""
        return None

    @property
    def changed(self) -> bool:
        """Whether something was written."""
        return any(change.action in WRITES for change in self.changes)

    def to_json(self) -> dict[str, Any]:
        """The shared JSON shape; never a secret."""
        return {
            "verb": self.verb,
            "stack": self.stack,
            "result": self.result,
            "changes": [change.to_json() for change in self.changes],
            "privileges": self.privileges.to_json(),
            "requests": self.effort.requests,
            "rounds": self.effort.rounds,
            "seconds": round(self.effort.seconds, 3),
            "ids": dict(self.ids),
            "error": self.error.to_json() if self.error else None,
        }


@dataclass(frozen=True)
class PlanReport(Report):
    """What `apply` would do; result `changes`, `unchanged`, or `refused` (a role that is not ours differs).

    `matrix` is the role as it will be, `forbidden` what must never be held; `wanted_hash` and
    `read_hash` tell whether a later run wants and finds the same. `caller_lacks` are privileges
    without which this caller could not apply it; whoever applies may be another.
    """

    matrix: tuple[MatrixRow, ...] = ()
    forbidden: tuple[str, ...] = ()
    caller_lacks: tuple[str, ...] = ()
    wanted_hash: str = ""
    read_hash: str = ""
    refusal: ConnectError | None = None

    def to_json(self) -> dict[str, Any]:
        """The shared shape, with the role's matrix and what was refused."""
        refused = self.refusal.to_json() if self.refusal else None
        rows = [row.to_json() for row in self.matrix]
        more = {"matrix": rows, "forbidden": list(self.forbidden), "refused": refused}
        return {**super().to_json(), **more, "callerLacks": list(self.caller_lacks)}


@dataclass(frozen=True)
class ApplyReport(Report):
    """What was made: result `changed`, `unchanged` or `pending` (a solution is not there yet).

    `ids` holds roleId (adoptedRoleId where it is not ours), userId, applicationIdUri and, where
    something was adopted, `adopted`. `by` names who applied, `matrix` the role as it is now.
    """

    by: str = ""
    matrix: tuple[MatrixRow, ...] = ()


@dataclass(frozen=True)
class RemoveReport(Report):
    """What was taken away: result `removed` or `nothing`."""


class Verdict(StrEnum):
    """What a proof came to."""

    PROVED = "proved"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Cause:
    """Why a proof failed: a stable code, the object concerned, and a sentence with what to do.

    `person` says that nothing is wrong and a person's step is awaited.
    """

    code: str
    key: str
    message: str
    person: bool = False


@dataclass(frozen=True)
class ProofReport(Report):
    """Whether the new secret opens Dynamics with exactly the rights wanted.

    `cause` is the one cause named; `others` are further findings, in order of rank.
    `request_ids` name the log-in (`token`, `tokenCorrelation`) and `whoAmI` in the services' own logs.
    """

    verdict: Verdict = Verdict.FAILED
    cause: Cause | None = None
    others: tuple[Cause, ...] = ()
    request_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def error(self) -> ConnectError | None:
        """ProofFailedError (1) with the one cause; PersonNeededError (10) when inconclusive."""
        if self.cause is None:
            return None
        kind = PersonNeededError if self.verdict is Verdict.INCONCLUSIVE else ProofFailedError
        return kind(self.cause.message, code=self.cause.code, key=self.cause.key)

    def to_json(self) -> dict[str, Any]:
        """The shared shape, with further findings."""
        others = [{"code": c.code, "key": c.key, "message": c.message} for c in self.others]
        return {**super().to_json(), "others": others}


def foreign_role(name: str, missing: tuple[str, ...], excess: tuple[str, ...]) -> DriftError:
    """The refusal to work with a role of our name that is not ours."""
    parts = []
    if missing:
        parts.append(f"lacks {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}")
    if excess:
        parts.append(f"has too much: {', '.join(excess[:5])}{' …' if len(excess) > 5 else ''}")
    message = (
        f"a security role {name!r} exists that this stack did not make, and it "
        f"{' and '.join(parts)}; it is left as it is: rename it, or set dataverse.role"
    )
    return DriftError(message, code="dataverse.foreign_role", key=name)


__all__ = [
    "Action",
    "ApplyReport",
    "Cause",
    "Change",
    "Effort",
    "PlanReport",
    "PrivilegeCount",
    "ProofReport",
    "RemoveReport",
    "Report",
    "Verdict",
    "foreign_role",
    "replace",
]
