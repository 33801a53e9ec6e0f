"""What the jobs of the Dataverse half report: the shared shape, and what each adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.dataverse.matrix import MatrixRow
from connector.errors import ConnectError, DriftError, PersonNeededError, ProofFailedError
from connector.report import Cause, Report, Verdict


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
        """ProofFailedError (1) with the one cause; PersonNeededError (20) when inconclusive."""
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
